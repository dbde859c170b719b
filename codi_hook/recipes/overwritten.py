"""Instructions of which only the last in a stage has an effect: CMD, ENTRYPOINT, HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason
from codi_hook.recipes.instructions import delete


@dataclass(frozen=True)
class Pair:
    """An instruction, and the one before it in the same stage."""

    earlier: Instruction
    later: Instruction
    is_last: bool


def overwritten(document: Document, keyword: str) -> Iterator[Finding]:
    """A finding for each such instruction that overwrites one of the same stage."""
    for stage in document.stages:
        found = list(stage.of(keyword))
        for earlier, later in pairwise(found):
            yield Finding(later.keyword_span, Pair(earlier, later, later is found[-1]))


def keep_one(pair: Pair, runs: str) -> Iterator[Candidate]:
    """Keep the later, which changes nothing, or the earlier, as long as one of them counts.

    `runs` says what the instruction decides: "what the container runs".
    """
    earlier, later = pair.earlier, pair.later
    yield Candidate(
        "drop-earlier",
        f"Take the {earlier.keyword} of line {earlier.start_line} out",
        (delete(earlier),),
        Applicability.SAFE,
        (
            Reason("no-effect", f"the {later.keyword} of line {later.start_line} overwrites it"),
            Reason("one-place", f"one line then says {runs}"),
        ),
    )
    if pair.is_last:
        yield Candidate(
            "drop-later",
            f"Keep the {earlier.keyword} of line {earlier.start_line}",
            (delete(later),),
            Applicability.UNSAFE,
            (
                Reason("first-meant", f"{short(earlier)} is then {runs}"),
                Reason("changes-command", f"{short(later)} no longer runs"),
            ),
        )


def short(item: Instruction) -> str:
    """The body of an instruction for a reason: one line, not too long."""
    text = " ".join(item.source.text(item.body_span).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
