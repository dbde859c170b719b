"""A relative WORKDIR.

Why it matters: a relative path is added to the WORKDIR before it, and the first one to the
folder that the base image happens to set. A new base, or a line moved, and everything lands
somewhere else.

Which alternative: the full path of the folder that the instruction means today keeps the image
as it is. A path directly under `/` is what most authors of `WORKDIR app` had in mind.

Why the fixes are safe: BuildKit joins the path to the WORKDIR in effect, and the safe fix writes
down that very result; it is offered only where the WORKDIR in effect is in the file, or is that
of an official image. Where that one holds a variable, which may have another value by then, it is
`unsafe`. Everything else moves the folder and is `unsafe` too.

When to ignore: in an image that is made to be built on, where the base's folder is meant.

Evidence: hadolint and this rule agree on all 157 places in 16,167 public Dockerfiles (in 7.9 of
1,000 files).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, is_absolute, is_windows, join


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword != "WORKDIR" or not item.arguments:
            continue
        path = unquoted(item.arguments[0].value)
        if not is_absolute(path, windows="\\" in path and is_windows(document, item)):
            yield Finding(item.arguments[0].span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    written = item.arguments[0].value
    path = unquoted(written)
    if any(char in path for char in "\\`%'\""):
        return
    if path.startswith("~"):
        yield from _home(finding, path)
        return
    current = effective(finding.document, item)
    resolved = join(current, path) if current else None
    if resolved and not is_windows(finding.document, item):
        yield Candidate(
            "resolve-workdir",
            f"Write {resolved} in full",
            (_path(item, resolved),),
            Applicability.SAFE if "$" not in (current or "") else Applicability.UNSAFE,
            (
                Reason("same-folder", f"{path} under {current} is {resolved} already"),
                Reason("stays-put", "the folder no longer moves when a WORKDIR above it changes"),
            ),
        )
    rooted = join("/", path)
    if rooted and rooted != resolved and rooted != "/":
        yield Candidate(
            "leading-slash",
            f"Use {rooted} directly under the root",
            (_path(item, rooted),),
            Applicability.UNSAFE,
            (
                Reason("own-folder", f"{rooted} does not depend on what the base image sets"),
                Reason("may-move", f"files are then in {rooted}, wherever they were before"),
            ),
        )


def _home(finding: Finding, path: str) -> Iterator[Candidate]:
    user = user_at(finding.document, finding.subject)
    if not path.startswith("~/") or not (user is None or is_root(user)):
        return
    yield Candidate(
        "home-of-root",
        f"Write /root{path[1:]}, the home of root",
        (_path(finding.subject, f"/root{path[1:]}"),),
        Applicability.UNSAFE,
        (
            Reason("no-tilde", "WORKDIR does not know ~ and makes a folder of that name"),
            Reason("root-home", "no USER was set before, so the home meant is that of root"),
        ),
    )


def _path(item: Instruction, path: str) -> Edit:
    """The path in the quotes in which it was written; with a blank it needs some."""
    written = item.arguments[0].value
    quote = written[0] if written[0] in "'\"" else ""
    if "$" in path and quote:
        quote = '"'
    return Edit(item.arguments[0].span, f"{quote}{path}{quote}")


RULE = Rule(
    "DL3000",
    "workdir-absolute",
    Severity.ERROR,
    "Use an absolute path for WORKDIR",
    check,
    candidates,
    aliases=("WorkdirRelativePath",),
    triggers=("WORKDIR",),
    local=True,
    templates=(
        "resolve-workdir: safe, unsafe",
        "leading-slash: unsafe",
        "home-of-root: unsafe",
    ),
)
