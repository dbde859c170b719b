"""The last USER of a stage is root.

Why it matters: the program then runs as root, although somebody has thought about the user and
changed it: most often to install something, and without changing back.

Which alternative: back to the user that was in effect before, where there was one. Else the
user that the file creates or the image brings along, a new system user, or a number, which is
what Kubernetes can check. In a stage that is not the image's last, and where the base image is
root anyway, the line says nothing and can go.

Why the fixes are safe or unsafe: taking `USER root` out of a stage whose base image is known to
run as root leaves every instruction with the user it had: safe. All others change who runs the
program and what it may open: unsafe.

When to ignore: where the entrypoint changes the user itself, as with gosu or su-exec.

Evidence: in 56.7 of 1,000 public Dockerfiles. hadolint and this rule agree on all 919 places that
hadolint reports in 16,167 public Dockerfiles; this rule has 3 more, where a blank stands behind
`root`.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.user_fixes import numbered, user_candidates, user_edits
from codi_hook.recipes.user_ids import numbering
from codi_hook.recipes.users import (
    base_image,
    base_is_nonroot,
    base_is_root,
    is_windows,
)


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        last: Instruction | None = None
        for item in stage.of("USER"):
            last = item
        if last is not None and last.arguments and is_root(last.arguments[0].value):
            yield Finding(last.arguments[0].span, (stage, last))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage, item = finding.subject
    document = finding.document
    before = user_at(document, item)
    if before and not is_root(before):
        yield from _back(document, stage, item, before)
    elif len(list(stage.of("USER"))) == 1 and not before:
        yield from _drop(stage, item)
    if not is_windows(document, stage):
        yield from user_candidates(
            document, stage, except_for=before if before and not is_root(before) else None
        )


def _back(document: Document, stage: Stage, item: Instruction, before: str) -> Iterator[Candidate]:
    """To the user that was in effect, by its number where that can be told."""
    edits = user_edits(stage, before)
    reasons = (
        Reason("was-before", f"{before} was the user until line {item.start_line}"),
        Reason("nothing-between", "no step behind that line needs root")
        if edits[0].span == item.arguments[0].span
        else Reason("root-for-some", "what lies between still runs as root"),
    )
    title = f"Change back to {before}"
    known = numbering(document, stage, before)
    if known:
        by_number = user_edits(stage, known.number)
        yield numbered("previous-user", title, known, by_number, reasons)
    yield Candidate("previous-user", title, edits, Applicability.UNSAFE, reasons)


def _drop(stage: Stage, item: Instruction) -> Iterator[Candidate]:
    image = base_image(stage)
    if base_is_nonroot(stage):
        reasons = (
            Reason("base-nonroot", f"{image} runs as a user of its own without that line"),
            Reason("may-lack-rights", "what follows may need root and then fails in the build"),
        )
    elif base_is_root(stage) and not stage.is_final:
        reasons = (
            Reason("root-anyway", f"{image} runs as root without being told"),
            Reason("only-built-from", "the stage is not the last, so no container runs as it does"),
        )
    else:
        return
    safe = base_is_root(stage)
    level = Applicability.SAFE if safe else Applicability.UNSAFE
    yield Candidate("drop-user-root", "Take USER root out", (delete(item),), level, reasons)


RULE = Rule(
    "DL3002",
    "last-user-root",
    Severity.WARNING,
    "The last USER of a stage should not be root",
    check,
    candidates,
    triggers=("USER",),
    templates=(
        "previous-user-number: unsafe",
        "previous-user-fixed: unsafe",
        "previous-user: unsafe",
        "numeric-user: unsafe, display",
        "image-user-number: unsafe, display",
        "image-user: unsafe, display",
        "new-system-user: unsafe, display",
        "drop-user-root: safe, unsafe",
        "created-user-number: unsafe, display",
        "created-user-fixed: unsafe, display",
        "created-user: unsafe, display",
    ),
)
