"""COPY --from the stage that it stands in.

Why it matters: a stage cannot be its own source, since it is not finished while it is built:
BuildKit reports a circular dependency and stops.

Which alternative: where files of the build context are meant, `--from` goes. Where those of an
earlier stage are, its name comes in its place. To copy within the stage, RUN has `cp`.

Why the fixes are unsafe: each of them copies from somewhere else, and which of them is meant is
not in the file. None of them can break a build that worked, for this one does not.

When to ignore: never.

Evidence: none in 16,167 public Dockerfiles, for hadolint as for this rule; a build shows it at
once.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Flag, Instruction, Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import cased, remove_flag
from codi_hook.source import Span

_plain = pattern(r"[\w@%+=:,./-]+\Z").match


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        own = stage.name_argument.value if stage.name_argument is not None else None
        for item in stage.of("COPY") if own else ():
            flag = item.flag("from")
            if flag is not None and flag.value == own and flag.value_span is not None:
                yield Finding(flag.value_span, (stage, item, flag))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject[0]
    item: Instruction = finding.subject[1]
    flag: Flag = finding.subject[2]
    earlier = [one for one in finding.document.stages[: stage.index] if one.name != stage.name]
    named = [one.name_argument.value for one in earlier if one.name_argument is not None]
    if named:
        yield Candidate(
            "earlier-stage",
            f"Copy from the stage {named[-1]}",
            (Edit(finding.span, named[-1]),),
            Applicability.UNSAFE,
            (
                Reason("finished", f"{named[-1]} is finished when this stage begins"),
                Reason("nearest", "it is the stage above this one"),
            ),
        )
    yield Candidate(
        "from-context",
        "Copy from the build context",
        (remove_flag(item, flag),),
        Applicability.UNSAFE,
        (
            Reason("default", "without --from, COPY takes files of the build context"),
            Reason("must-exist", "they must be there, and not be kept out by .dockerignore"),
        ),
    )
    text = _as_cp(item)
    if text is not None:
        yield Candidate(
            "copy-by-run",
            "Copy within the stage with RUN cp",
            (Edit(Span(item.span.start, item.span.end), text),),
            Applicability.UNSAFE,
            (
                Reason("same-files", "the files of the stage are there for cp to copy"),
                Reason("twice", "the copy takes its room a second time, ln -s takes none"),
            ),
        )


def _as_cp(item: Instruction) -> str | None:
    """RUN cp for a COPY of plain words with absolute sources and no other flag."""
    words = item.values
    if len(item.flags) != 1 or item.heredocs or item.comments or not all(map(_plain, words)):
        return None
    if not all(word.startswith("/") for word in words):
        return None
    return f"{cased(item, 'RUN')} cp -a {' '.join(words)}"


RULE = Rule(
    "DL3023",
    "copy-from-itself",
    Severity.ERROR,
    "COPY --from cannot name its own stage",
    check,
    candidates,
    triggers=("COPY",),
    reads=("FROM",),
    templates=(
        "earlier-stage: unsafe",
        "from-context: unsafe",
        "copy-by-run: unsafe",
    ),
)
