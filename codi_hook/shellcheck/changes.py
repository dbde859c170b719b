"""A change of a script, and the edit of the Dockerfile that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from codi_hook.model import Applicability, Edit, Reason
from codi_hook.shellcheck.comments import Comment
from codi_hook.shellcheck.snippets import Snippet, program
from codi_hook.source import Span


class Change(NamedTuple):
    """Put `text` in place of the characters from `start` to `end` of a snippet's script.

    `before`: an insertion that belongs to what ends there, and goes before a continuation.
    """

    start: int
    end: int
    text: str
    before: bool = False


class Way(NamedTuple):
    """A way out that changes the script: what a candidate is made of."""

    id: str
    title: str
    changes: list[Change]
    reasons: tuple[Reason, ...]
    applicability: Applicability = Applicability.UNSAFE


def of_fix(snippet: Snippet, comment: Comment) -> list[Change]:
    """What ShellCheck itself would change; empty where it would change nothing of the script."""
    found = []
    for item in sorted(comment.fix, key=lambda item: (item.line, item.column, item.order)):
        start = snippet.index(item.line, item.column)
        end = snippet.index(item.end_line, item.end_column)
        if start is None or end is None or end < start:
            return []
        found.append(Change(start, end, item.text, item.before))
    return found


def edits(snippet: Snippet, changes: Iterable[Change]) -> tuple[Edit, ...] | None:
    """The edits of the file; None where a change goes across what only the file has: a
    continuation, an escape."""
    if snippet.inner:
        return None
    found = []
    for change in changes:
        span = _span(snippet, change)
        if span is None:
            return None
        found.append(Edit(span, change.text))
    return tuple(found)


def _span(snippet: Snippet, change: Change) -> Span | None:
    text = snippet.text
    start, end = snippet.offset(change.start), snippet.offset(change.end)
    if start < end:
        span = text.span(start, end)
        return span if text.source.bytes(span) == text.data[start:end] else None
    if change.before and start:
        at = text.span(start - 1, start).end
    elif start < len(text.data):
        at = text.span(start, start + 1).start
    else:
        return None
    return Span(at, at)


def changed(snippet: Snippet, changes: Sequence[Change], dialect: str = "") -> str:
    """The program that ShellCheck is to judge afterwards."""
    script = snippet.script
    for change in sorted(changes, reverse=True):
        script = script[: change.start] + change.text + script[change.end :]
    return program(script, dialect or snippet.dialect, snippet.names)
