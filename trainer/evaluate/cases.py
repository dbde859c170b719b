"""From a row back to the finding that it is about, with candidates verified anew.

A row whose finding or candidates are no longer those that the rules give is stale: it says
nothing about what users see, and is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from codi_hook import registry
from codi_hook.fixes.verify import verify
from codi_hook.frozen import dataclass
from codi_hook.lint import lint
from codi_hook.model import Candidate, Document, Rule, Verified
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.rows import Explain, Rank

LETTERS_LEAST = 2  # fewer candidates cannot be ranked


@dataclass(frozen=True)
class Case:
    """A row and the finding that it means. `item` of an Explain row has the one candidate."""

    row: Rank | Explain
    item: Verified


@dataclass(frozen=True)
class Page:
    """The cases of one Dockerfile."""

    document: Document
    rank: tuple[Case, ...]
    explain: tuple[Case, ...]


def pages(rank: Iterable[Rank], explain: Iterable[Explain], stale: Counter[str]) -> Iterator[Page]:
    """The cases file by file; files whose outlines agree come together. Adds to `stale`."""
    rows: list[Rank | Explain] = sorted(
        [*rank, *explain], key=lambda row: (row["file"], row["text"], row["span"], row["id"])
    )
    for text, group in groupby(rows, key=lambda row: row["text"]):
        yield _page(text, list(group), stale)


def _page(text: str, rows: Sequence[Rank | Explain], stale: Counter[str]) -> Page:
    document = parse(Source(text.encode("utf-8")))
    found: dict[str, list[Verified]] = {}
    ranked: list[Case] = []
    explained: list[Case] = []
    for row in rows:
        code = row["rule"]
        if code not in found:
            found[code] = [] if document.problems else _verified(document, code)
        here = [v for v in found[code] if _span(v) == list(row["span"])]
        if row["task"] == "rank":
            item = _offered(row, here)
            case = ranked
        else:
            item = _explained(row, here)
            case = explained
        if isinstance(item, str):
            stale[f"{row['task']}: {item}"] += 1
        else:
            case.append(Case(row, item))
    return Page(document, tuple(ranked), tuple(explained))


def _verified(document: Document, code: str) -> list[Verified]:
    """The findings of one rule. Every rule that is on by default may veto a candidate, and the
    rule itself may."""
    try:
        rule = registry.find(code)
    except KeyError:
        return []
    findings = lint(document, (rule,), ignores=False)
    return list(verify(document, findings, vetoing(rule)))


def vetoing(rule: Rule) -> tuple[Rule, ...]:
    return tuple(one for one in registry.rules() if one.default or one is rule)


def _span(item: Verified) -> list[int]:
    return [item.finding.span.start, item.finding.span.end]


def _offered(row: Rank, here: Sequence[Verified]) -> Verified | str:
    wanted = [(choice["id"], choice["applicability"]) for choice in row["candidates"]]
    if len(wanted) < LETTERS_LEAST or not 0 <= row["label"] < len(wanted):
        return "nothing to rank"
    for item in here:
        if [(one.id, one.applicability.value) for one in item.candidates] == wanted:
            return item
    return "other candidates" if here else "no such finding"


def _explained(row: Explain, here: Sequence[Verified]) -> Verified | str:
    wanted = [one[0] for one in row["reasons"]]
    if not 0 <= row["label"] < len(wanted):
        return "nothing to choose"
    for item in here:
        for candidate in item.candidates:
            if candidate.id == row["candidate"]["id"] and _reasons(candidate) == wanted:
                return Verified(item.finding, (candidate,))
    return "other reasons" if here else "no such finding"


def _reasons(candidate: Candidate) -> list[str]:
    return [reason.id for reason in candidate.reasons]
