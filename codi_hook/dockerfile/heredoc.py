"""Which here-documents an instruction's line announces.

BuildKit splits the line with a small shell lexer that keeps quotes and leaves variables alone
(frontend/dockerfile/shell/lex.go), then looks at every word for ``[fd]<<[-]name``; since 0.22
blanks may stand before the name. Where the lexer fails (an open quote, a malformed ``${…}``)
there are no heredocs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from codi_hook.patterns import pattern
from codi_hook.source import decode

_heredoc = pattern(r"(\d*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_opening = pattern(r"<<[ \t\r]*")
_name = pattern(r"\d+|[@*#?$!-]|\w+")
_plain_reference = pattern(r"\$\{(?:\d+|[@*#?$!-]|\w+)\}")
_DEEPEST = 100  # nested ${…}; a real file has at most two


class Announced(NamedTuple):
    """A heredoc word: delimiter without quotes, and its range in the logical line (bytes)."""

    name: str
    expand: bool
    strip_tabs: bool
    descriptor: int
    start: int
    end: int


class _Malformed(ValueError):
    pass


def announced(line: bytes) -> list[Announced]:
    """The heredocs of a logical line, in order."""
    if b"<<" not in line:
        return []
    text = decode(line)
    found = []
    try:
        spans = _words(text)
    except _Malformed:
        return []
    for start, end in spans:
        match = _heredoc.match(text[start:end])
        if match is None or not match[3]:
            continue
        name = _unquoted(match[3])
        if name is None:
            continue
        at = len(text[:start].encode("utf-8", "surrogateescape"))
        stop = at + len(text[start:end].encode("utf-8", "surrogateescape"))
        descriptor = int(match[1]) if match[1] and len(match[1]) < 20 else 0
        found.append(Announced(name, name == match[3], bool(match[2]), descriptor, at, stop))
    return found


def _words(text: str) -> list[tuple[int, int]]:
    """Ranges of the words; white space inside an unquoted ``${…}`` separates too."""
    spans: list[tuple[int, int]] = []
    start, at = -1, 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            if start >= 0:
                spans.append((start, at))
            start, at = -1, at + 1
            continue
        if start < 0:
            start = at
        opening = _opening.match(text, at)
        if opening is not None:
            at = opening.end()
            continue
        stop = _dollar(text, at, 0) if char == "$" else _piece(text, at, 0)
        if char in '$"' and "${" in _plain_reference.sub("", text[at:stop]):
            start = at  # BuildKit forgets the word so far at a ${…} that holds a word itself
        if char == "$":
            for space in re.finditer(r"\s+", text[at:stop]):
                if start >= 0 and start < at + space.start():
                    spans.append((start, at + space.start()))
                start = at + space.end()
        at = stop
    if start >= 0:
        spans.append((start, len(text)))
    return spans


def _piece(text: str, at: int, depth: int) -> int:
    """End of the quoted string, escape or plain character at `at`."""
    char = text[at]
    if char == "'":
        stop = text.find("'", at + 1)
        if stop < 0:
            raise _Malformed
        return stop + 1
    if char == '"':
        at += 1
        while at < len(text):
            if text[at] == '"':
                return at + 1
            if text[at] == "$":
                at = _dollar(text, at, depth)
            elif text[at] == "\\" and text[at + 1 : at + 2] in ('"', "$", "\\"):
                at += 2
            else:
                at += 1
        raise _Malformed
    return min(at + 2, len(text)) if char == "\\" else at + 1


def _dollar(text: str, at: int, depth: int) -> int:
    """End of the variable reference at `at`."""
    if depth > _DEEPEST:
        raise _Malformed
    at += 1
    if text[at : at + 1] != "{":
        name = _name.match(text, at)
        return name.end() if name else at
    at += 1
    if text[at : at + 1] in ("", "{", "}", ":"):
        raise _Malformed
    name = _name.match(text, at)
    at = name.end() if name else at
    modifier = text[at : at + 1]
    if modifier == "}":
        return at + 1
    if modifier == ":":
        if text[at + 1 : at + 2] in ("#", "%"):
            raise _Malformed
        return _until(text, at + 2, "}", depth)
    if modifier and modifier in "+-?#%":
        return _until(text, at + 1, "}", depth)
    if modifier == "/":
        at += 2 if text[at + 1 : at + 2] == "/" else 1
        return _until(text, _until(text, at, "/", depth), "}", depth)
    raise _Malformed


def _until(text: str, at: int, stop: str, depth: int) -> int:
    while at < len(text):
        if text[at] == stop:
            return at + 1
        at = _dollar(text, at, depth + 1) if text[at] == "$" else _piece(text, at, depth + 1)
    raise _Malformed


def _unquoted(word: str) -> str | None:
    """The word without quotes and escapes, or None if nothing or more than a word is left."""
    out: list[str] = []
    at = 0
    while at < len(word):
        char = word[at]
        if char in "'\"":
            stop = _piece(word, at, 0)
            inner = word[at + 1 : stop - 1]
            out.append(re.sub(r'\\(["$\\])', r"\1", inner) if char == '"' else inner)
            at = stop
        elif char == "\\":
            out.append(word[at + 1 : at + 2])
            at += 2
        else:
            out.append(char)
            at += 1
    return "".join(out) or None
