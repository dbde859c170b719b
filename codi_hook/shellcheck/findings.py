"""ShellCheck's comments as findings in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass, field
from codi_hook.model import Document, Finding, Severity
from codi_hook.patterns import pattern
from codi_hook.shellcheck.comments import Comment, Comments
from codi_hook.shellcheck.family import rule_of
from codi_hook.shellcheck.snippets import Snippet, snippets
from codi_hook.source import Span

Ask = Callable[[str], "Comments | None"]
_directive = pattern(r"shellcheck\s+(?:.*\s)?disable=([\w,-]+)", re.IGNORECASE).match
_code = pattern(r"(?:SC)?(\d{4})(?:-(?:SC)?(\d{4}))?\Z", re.IGNORECASE).match
_blanks = pattern(rb"  |\t").search
_SPACES = 2291  # blanks between words, which a continuation line has by nature


@dataclass(frozen=True, eq=False)
class Subject:
    """What a finding is about: one of the comments on a script, from `start` to `end` of it."""

    snippet: Snippet
    comments: Comments
    comment: Comment
    start: int
    end: int
    memo: dict[str, object] = field(default_factory=dict, repr=False)


def sources(document: Document, faithful: bool, forgetful: bool = False) -> list[str]:
    """The scripts of a document, as ShellCheck is asked about them."""
    return [snippet.source for snippet in snippets(document, faithful, forgetful)]


def findings(
    document: Document,
    ask: Ask,
    *,
    faithful: bool = False,
    forgetful: bool = False,
    last: bool = False,
    directives: bool = True,
) -> Iterator[Finding]:
    """What ShellCheck says of the RUNs of a document.

    `ask` gives the comments on a script; `faithful` and `forgetful` are as for `snippets`. `last`
    leaves of several comments on one RUN the last, which is the one that hadolint reports.
    `directives` honours ``# shellcheck disable=…`` above and inside an instruction.
    """
    silent = _disabled(document) if directives and document.comments else {}
    for snippet in snippets(document, faithful, forgetful):
        comments = ask(snippet.source) or ()
        placed = list(_placed(document, snippet, comments))
        for finding in placed[-1:] if last else placed:
            codes = silent.get(id(snippet.instruction), ())
            if not any(low <= finding.subject.comment.code <= high for low, high in codes):
                yield finding


def _placed(document: Document, snippet: Snippet, comments: Comments) -> Iterator[Finding]:
    for comment in comments:
        start = snippet.index(comment.line, comment.column)
        end = snippet.index(comment.end_line, comment.end_column)
        if start is None or end is None:
            continue
        span = _span(snippet, start, end)
        if comment.code == _SPACES and not _repeated(snippet.text.source.bytes(span)):
            continue
        yield Finding(
            span,
            Subject(snippet, comments, comment, start, end),
            comment.message.rstrip("."),
            rule_of(comment.code),
            document,
            Severity[comment.level.upper()],
        )


def _repeated(written: bytes) -> bool:
    """False where blanks are repeated only around the end of a line: that is layout."""
    lines = written.split(b"\n")
    return len(lines) == 1 or any(_blanks(line.strip(b" \t\r\\")) for line in lines)


def _span(snippet: Snippet, start: int, end: int) -> Span:
    """The bytes of the range; at least one, so that a reader has something to look at."""
    size = len(snippet.script)
    if end <= start:
        start, end = (start, start + 1) if start < size else (size - 1, size)
    return snippet.text.span(snippet.offset(start), snippet.offset(end))


def _disabled(document: Document) -> dict[int, list[tuple[int, int]]]:
    """Ranges of codes by the RUN that a comment above it, or inside it, silences them in."""
    found: dict[int, list[tuple[int, int]]] = {}
    for item in document.instructions:
        inner = item.trigger or item
        ranges = list(_ranges(item))
        if inner.keyword == "RUN" and ranges:
            found[id(inner)] = ranges
    return found


def _ranges(item: Instruction) -> Iterator[tuple[int, int]]:
    inside = item.comments or (item.trigger.comments if item.trigger else ())
    for comment in (*item.leading, *inside):
        match = _directive(comment.text)
        for name in match[1].split(",") if match else ():
            if name.lower() == "all":
                yield 0, 9999
            elif code := _code(name):
                yield int(code[1]), int(code[2] or code[1])
