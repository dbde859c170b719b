"""COPY to a relative path before any WORKDIR.

Why it matters: the files land in the folder that the base image happens to set, which the
reader does not see and the next base may change.

Which alternative: an absolute destination says where the files go in the line that puts them
there. A WORKDIR above says it once for all lines that follow; where the stage sets one further
down, moving it up is usually what was meant.

Why the fixes are safe: where an official image's own WORKDIR is known, the same path written in
full gives the same layer. Where it is not known, a path under `/` is only shown: it would be a
guess. Where the destination changes, the fix is `unsafe`.

When to ignore: where the base image documents its WORKDIR and is yours.

Evidence: in 27.6 of 1,000 public Dockerfiles. hadolint and this rule agree on 730 of the 733
places that hadolint reports in 16,167 public Dockerfiles, and this rule has no other; the three
are in a stage whose parent, named in other capitals, has a WORKDIR.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
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
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import destination, is_absolute, is_windows, of_base


def check(document: Document) -> Iterator[Finding]:
    placed: set[int] = set()  # stages that know their folder when they end
    for stage in document.stages:
        known = stage.parent is not None and stage.parent.index in placed
        for item in stage.instructions:
            if item.keyword == "WORKDIR":
                known = True
            elif item.keyword == "COPY" and not known and item.arguments:
                path = unquoted(item.arguments[-1].value).lstrip("\"'")  # "$HOME"/app
                if not is_absolute(path, windows="\\" in path and is_windows(document, item)):
                    yield Finding(item.arguments[-1].span, item)
        if known:
            placed.add(stage.index)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    stage = document.stage_of(item)
    path = unquoted(item.arguments[-1].value)
    if stage is None or is_windows(document, item) or any(c in path for c in "\\'\"~"):
        return
    base = of_base(stage)
    if base:
        yield from _absolute(finding, path, base)
    later = _later_workdir(stage, item)
    if later:
        yield Candidate(
            "workdir-above",
            f"Set WORKDIR {later} before it",
            (insert_before(item, f"{cased(item, 'WORKDIR')} {later}"),),
            Applicability.UNSAFE,
            (
                Reason("later-workdir", f"the stage works in {later} further down"),
                Reason("may-move", f"{path} is then a path under {unquoted(later)}"),
            ),
        )
    elif base:
        yield Candidate(
            "base-workdir",
            f"Say WORKDIR {base} before it",
            (insert_before(item, f"{cased(item, 'WORKDIR')} {base}"),),
            Applicability.SAFE,
            (
                Reason("same-folder", f"{stage.image.text} works in {base} already"),
                Reason("said-once", "one line then tells where all that follows happens"),
            ),
        )
    if not base:
        yield from _absolute(finding, path, base)


def _absolute(finding: Finding, path: str, base: str | None) -> Iterator[Candidate]:
    target = destination(path, base or "/")
    if target is None:
        return
    reasons = [Reason("visible", "the line itself then says where the files go")]
    if base:
        reasons.insert(0, Reason("same-place", f"the base image works in {base}, so nothing moves"))
    else:
        reasons.append(Reason("may-move", "they move if the base image works in another folder"))
    yield Candidate(
        "absolute-destination",
        f"Copy to {target}",
        (_destination(finding.subject, target),),
        Applicability.SAFE if base else Applicability.DISPLAY,
        tuple(reasons),
    )


def _destination(item: Instruction, target: str) -> Edit:
    last = item.arguments[-1]
    quote = item.source.text(last.span)[:1]
    quote = quote if quote in "'\"" else ""
    return Edit(last.span, f"{quote}{target}{quote}")


def _later_workdir(stage: Stage, item: Instruction) -> str | None:
    """The first absolute WORKDIR further down, as written, if it holds no variable."""
    for later in stage.of("WORKDIR"):
        if later.span.start > item.span.start and later.arguments:
            path = later.arguments[0].value
            return path if unquoted(path).startswith("/") and "$" not in path else None
    return None


RULE = Rule(
    "DL3045",
    "relative-copy-destination",
    Severity.WARNING,
    "COPY to a relative path needs a WORKDIR before it",
    check,
    candidates,
    triggers=("COPY",),
    local=True,
    templates=(
        "absolute-destination: safe, display",
        "base-workdir: safe",
        "workdir-above: unsafe",
    ),
)
