"""COPY of several sources to a path without a slash at its end.

Why it matters: several files can only go into a folder, and the slash is what says that the
destination is one. Without it builders differ: some stop, some write one file over the other
where the folder does not exist yet.

Which alternative: the slash. A variable may end with one already; a second one does no harm.

Why the fix is safe or unsafe: `.` and `./` are the same folder, and so is a path behind an ENV of
the file that ends with a slash: safe. Elsewhere the path may have been meant as a file: `unsafe`.

When to ignore: never.

Evidence: rare. hadolint and this rule agree on both places in 16,167 public Dockerfiles; in both
the destination is a variable that holds a folder.
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
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import environment
from codi_hook.recipes.values import unquoted
from codi_hook.source import Span

_variable = pattern(r"\$(?:(\w+)|\{(\w+)\})\Z").match


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword == "COPY" and len(item.arguments) > 2:
            last = item.arguments[-1]
            if not unquoted(last.value).endswith("/"):
                yield Finding(last.span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    last = item.arguments[-1]
    written = item.source.text(last.span)
    target = unquoted(last.value)
    if "\\" in target or not target:
        return
    same = target == "." or _is_folder(finding.document, item, target)
    end = last.span.end - (written[-1] in "\"'")
    yield Candidate(
        "add-slash",
        f"Copy into the folder {target}/",
        (Edit(Span(end, end), "/"),),
        Applicability.SAFE if same else Applicability.UNSAFE,
        (
            Reason("same-folder", f"{target} is that very folder already")
            if same
            else Reason("folder", f"{len(item.arguments) - 1} sources fit into a folder only"),
            Reason("every-builder", "with the slash every builder makes the folder and fills it"),
        ),
    )


def _is_folder(document: Document, item: Instruction, target: str) -> bool:
    """True for a variable that an ENV of the file sets to a path with a slash at its end."""
    match = _variable(target)
    if match is None:
        return False
    fixed = any(
        pair.key.value == (match[1] or match[2]) for env in document.of("ENV") for pair in env.pairs
    )
    return fixed and environment(document, item).get(match[1] or match[2], "").endswith("/")


RULE = Rule(
    "DL3021",
    "copy-many-to-folder",
    Severity.ERROR,
    "COPY of several sources needs a destination that ends with /",
    check,
    candidates,
    triggers=("COPY",),
    local=True,
    templates=("add-slash: safe, unsafe",),
)
