"""What ShellCheck says of a script, and how that is kept as text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

# Codes about the first line, which is ours, and about files that a build has and we have not.
# hadolint leaves them out, too, except SC1008, SC1071 and SC2239, which it reports of the line
# that it puts there itself.
LEFT_OUT = frozenset({1008, 1071, 1090, 1091, 1128, 2096, 2148, 2187, 2239})
LEVELS = ("style", "info", "warning", "error")


class Replacement(NamedTuple):
    """Put `text` in place of a range; lines and columns count from 1, the end is exclusive.

    `order` says which of several at one place comes first; `before` is True where the text
    belongs to what ends there rather than to what begins.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    order: int
    before: bool


class Comment(NamedTuple):
    """One remark. `fix` is empty where ShellCheck has none."""

    line: int
    column: int
    end_line: int
    end_column: int
    level: str
    code: int
    message: str
    fix: tuple[Replacement, ...] = ()


Comments = tuple[Comment, ...]


class Malformed(ValueError):
    """The text is not what ShellCheck prints."""


def parse(output: bytes, count: int) -> list[Comments]:
    """The comments of each of `count` scripts, whose files are called "0", "1", …, in
    ShellCheck's order. Raises `Malformed`."""
    found: list[list[Comment]] = [[] for _ in range(count)]
    try:
        for item in json.loads(output)["comments"]:
            comment = _comment(item)
            if comment.code not in LEFT_OUT:
                found[int(item["file"])].append(comment)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise Malformed(str(error)) from None
    return [tuple(items) for items in found]


def _comment(item: dict[str, Any]) -> Comment:
    level = item["level"]
    if level not in LEVELS:
        raise Malformed(f"level {level!r}")
    replacements = (item.get("fix") or {}).get("replacements", ())
    return Comment(
        *_place(item), level, int(item["code"]), str(item["message"]),
        tuple([_replacement(entry) for entry in replacements]),
    )  # fmt: skip


def _place(item: dict[str, Any]) -> tuple[int, int, int, int]:
    return int(item["line"]), int(item["column"]), int(item["endLine"]), int(item["endColumn"])


def _replacement(item: dict[str, Any]) -> Replacement:
    before = item.get("insertionPoint") == "beforeStart"
    return Replacement(
        *_place(item), str(item["replacement"]), int(item.get("precedence", 0)), before
    )


def dumps(comments: Comments) -> str:
    """The text that stands for the comments in the cache."""
    return json.dumps(comments, separators=(",", ":")) if comments else ""


def loads(text: str) -> Comments:
    """The inverse. Raises `Malformed`."""
    if not text:
        return ()
    try:
        found = json.loads(text)
        if not isinstance(found, list):
            raise Malformed("not a list")
        return tuple([_loaded(item) for item in found])
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(str(error)) from None


def _loaded(item: Iterable[Any]) -> Comment:
    *fields, fix = item
    comment = Comment._make([*fields, tuple([Replacement._make(entry) for entry in fix])])
    if not (isinstance(comment.line, int) and isinstance(comment.code, int)):
        raise Malformed("not a comment")
    return comment
