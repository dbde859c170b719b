"""An inline ignore switches a rule off where a project does not want that.

Why it matters: a comment that silences a rule is easy to write and is seldom looked at again.
Where exceptions have to be agreed on, they belong into the configuration, in one place and with
a history of their own.

Which alternative: the comment goes and what it hid is repaired; or the exception moves to the
configuration.

Why the fixes are unsafe: the image is the same to the byte, but what the comment hid is reported
again, and a pipeline may fail by it.

Comments for the whole file (`global ignore=`) and for the shell (`hadolint shell=`) are not
reported; those of this tool and of hadolint are. The rule cannot silence itself.

When to ignore: the rule is off unless it is selected, because inline ignores with a reason are
good practice in most projects.

Evidence: 14 such comments in 16,167 public Dockerfiles, about one in 1,000.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Comment
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
from codi_hook.recipes.instructions import line_end, line_start
from codi_hook.source import Span

_ignore = pattern(
    r"(?:hadolint|codi-hook)\s+ignore\s*=\s*(\w+(?:[,\s-]+\w+)*)", re.IGNORECASE
).match


def check(document: Document) -> Iterator[Finding]:
    for comment in document.comments:
        match = None if comment.inside else _ignore(comment.text.strip())
        if match:
            message = f"An inline ignore switches off {match[1]}"
            yield Finding(comment.span, (comment, match[1]), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    comment, codes = finding.subject
    yield Candidate(
        "drop-ignore",
        "Take the comment out",
        (_line(finding.document, comment),),
        Applicability.UNSAFE,
        (
            Reason("seen-again", f"what {codes} says of this place is then seen again"),
            Reason("same-image", "comments are not part of the image"),
        ),
    )
    yield Candidate(
        "ignore-in-configuration",
        f"Move the exception to the configuration: ignore {codes} there, with a reason",
        (),
        Applicability.DISPLAY,
        (
            Reason("one-place", "all exceptions of the project then stand in one place"),
            Reason("wider", f"there {codes} is off for all files, and not at one place alone"),
        ),
    )


def _line(document: Document, comment: Comment) -> Edit:
    start = line_start(document.source, comment.span.start)
    return Edit(Span(start, line_end(document.source, comment.span.end)), "")


RULE = Rule(
    "DL1001",
    "no-inline-ignore",
    Severity.WARNING,
    "An inline ignore switches a rule off",
    check,
    candidates,
    default=False,
    hadolint=False,
    templates=(
        "drop-ignore: unsafe",
        "ignore-in-configuration: display",
    ),
)
