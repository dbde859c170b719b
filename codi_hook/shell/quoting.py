"""What quotes and escapes stand for in a shell word."""

from __future__ import annotations

import re
from collections.abc import Callable

from codi_hook.patterns import pattern
from codi_hook.shell.text import Builder, Text

_special = pattern(rb"[\\'\"$`]").search
_in_double = pattern(rb"[\\\"$`]").search
_starts_expansion = pattern(rb"[\w{(@*#?!$-]").match
_expansion_edge = pattern(rb"[\\'\"`(){}]").search
_ansi = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"e": b"\x1b", b"0": b"\0"}

Emit = Callable[[int, int, "bytes | None"], None]


def value(data: bytes, start: int, end: int) -> bytes | None:
    """The word in a range of `data` without its quotes; None if it holds an expansion."""
    if not _special(data, start, end):
        return data[start:end]
    parts: list[bytes] = []

    def emit(low: int, high: int, replaced: bytes | None) -> None:
        parts.append(data[low:high] if replaced is None else replaced)

    return b"".join(parts) if _scan(data, start, end, emit, stop=True) else None


def unquoted(text: Text, start: int, end: int) -> tuple[Text, bool]:
    """The same as a text of its own, and whether it is literal. Expansions stay as written."""
    builder = Builder(text)

    def emit(low: int, high: int, replaced: bytes | None) -> None:
        if replaced is None:
            builder.copy(low, high)
        else:
            builder.replace(low, high, replaced)

    literal = _scan(text.data, start, end, emit, stop=False)
    return builder.text(), literal


def _scan(data: bytes, at: int, end: int, emit: Emit, *, stop: bool) -> bool:
    """Emit the pieces of a word: (start, end, replacement or None). True if it is literal."""
    literal = True
    while at < end:
        match = _special(data, at, end)
        if match is None:
            emit(at, end, None)
            break
        low = match.start()
        if low > at:
            emit(at, low, None)
        char = data[low]
        if char == 92:  # a backslash
            _escape(data, low, end, emit, None)
            at = low + 2
        elif char == 39:
            at = _single(data, low, end, emit)
        elif char == 34:
            at, known = _double(data, low + 1, end, emit, stop=stop)
            literal = literal and known
        elif char == 36 and data[low + 1 : low + 2] == b"'" and low + 1 < end:
            at = _dollar_single(data, low, end, emit)
        elif char == 36 and data[low + 1 : low + 2] == b'"' and low + 1 < end:
            at = low + 1
        else:
            at, known = _expansion(data, low, end, emit, stop=stop)
            literal = literal and known
        if stop and not literal:
            return False
    return literal


def _escape(data: bytes, at: int, end: int, emit: Emit, only: bytes | None) -> None:
    char = data[at + 1 : min(at + 2, end)]
    if not char or (only is not None and char not in only):
        emit(at, min(at + 2, end), None)
    else:
        emit(at, at + 2, b"" if char == b"\n" else char)


def _single(data: bytes, at: int, end: int, emit: Emit) -> int:
    close = data.find(b"'", at + 1, end)
    if close < 0:
        close = end
    emit(at + 1, close, None)
    return close + 1


def _double(data: bytes, at: int, end: int, emit: Emit, *, stop: bool) -> tuple[int, bool]:
    literal = True
    while at < end:
        match = _in_double(data, at, end)
        if match is None:
            emit(at, end, None)
            return end, literal
        low = match.start()
        if low > at:
            emit(at, low, None)
        char = data[low]
        if char == 34:
            return low + 1, literal
        if char == 92:
            _escape(data, low, end, emit, b'$`"\\\n')
            at = low + 2
        else:
            at, known = _expansion(data, low, end, emit, stop=stop)
            literal = literal and known
            if stop and not literal:
                return at, False
    return end, literal


def _dollar_single(data: bytes, at: int, end: int, emit: Emit) -> int:
    at += 2
    while at < end:
        char = data[at : at + 1]
        if char == b"'":
            return at + 1
        if char == b"\\":
            escaped = data[at + 1 : min(at + 2, end)]
            emit(at, min(at + 2, end), _ansi.get(escaped, escaped))
            at += 2
        else:
            emit(at, at + 1, None)
            at += 1
    return end


def _expansion(data: bytes, at: int, end: int, emit: Emit, *, stop: bool) -> tuple[int, bool]:
    """Emit what a dollar or a backquote starts; a lone dollar is a literal."""
    if data[at] == 36 and (at + 1 >= end or not _starts_expansion(data, at + 1)):
        emit(at, at + 1, None)
        return at + 1, True
    if stop:
        return end, False
    after = _expansion_end(data, at, end)
    emit(at, after, None)
    return after, False


def _expansion_end(data: bytes, at: int, end: int) -> int:
    if data[at] == 96:
        closing = at + 1
        while closing < end and data[closing] != 96:
            closing += 2 if data[closing] == 92 else 1
        return min(closing + 1, end)
    if data[at + 1] not in b"({":
        return at + 2
    stack = [b")" if data[at + 1] == 40 else b"}"]
    at += 2
    while stack and at < end:
        match = _expansion_edge(data, at, end)
        if match is None:
            return end
        at, char, top = match.end(), match[0], stack[-1]
        if char == b"\\":
            at += 1
        elif char == top:
            stack.pop()
        elif top == b'"':
            if char in b"({" and data[at - 2 : at - 1] == b"$":
                stack.append(b")" if char == b"(" else b"}")
        elif char == b"'" and top == b")":
            close = data.find(b"'", at, end)
            at = end if close < 0 else close + 1
        elif char == b'"':
            stack.append(b'"')
        elif char in b"({":
            stack.append(b")" if char == b"(" else b"}")
    return min(at, end)


_json_escape = pattern(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u[0-9a-fA-F]{4}|\\(.)",
    re.DOTALL,
)
_json = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


def unescaped(text: Text) -> Text:
    """The inside of a JSON string with its escapes resolved."""
    if b"\\" not in text.data:
        return text
    builder = Builder(text)
    at = 0
    for match in _json_escape.finditer(text.data):
        builder.copy(at, match.start())
        at = match.end()
        builder.replace(match.start(), at, _unescape(match))
    builder.copy(at, len(text.data))
    return builder.text()


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return _json.get(match[1], match[1])
    units = bytes.fromhex(match[0].decode().replace("\\u", ""))
    return units.decode("utf-16-be", "replace").encode()
