"""The lexical layer within one logical line: words, flags, JSON arrays.

Follows BuildKit's line_parsers.go and split_command.go, bugs included where they decide what
the builder sees. All offsets are into the bytes handed in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from codi_hook.dockerfile.lines import SPACE, skip_space
from codi_hook.source import decode

if TYPE_CHECKING:
    from json import JSONDecoder


class Token(NamedTuple):
    value: str
    start: int
    end: int


_blanks = re.compile(rb"[\t\v\f\r ]+")  # what separates fields: not all that is white space
_trailing_space = re.compile(SPACE + rb"+\Z")
_json_string = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_surrogate = re.compile("[\ud800-\udfff]")


# What nearly all arrays are: strings of printable ASCII without an escape.
_plain_array = re.compile(rb'\[[ \t]*(?:"[ !#-\[\]-~]*"[ \t]*(?:,[ \t]*"[ !#-\[\]-~]*"[ \t]*)*)?\]')


@lru_cache(maxsize=1)
def _json_decoder() -> JSONDecoder:
    from json import JSONDecoder
    from math import isfinite

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    def number(text: str) -> float:
        if not isfinite(value := float(text)):
            refuse(text)
        return value

    return JSONDecoder(parse_constant=refuse, parse_float=number, parse_int=number)


class MixedArray(ValueError):
    """A JSON array that holds something other than strings: an error for every instruction."""


def trim(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The range without leading and trailing white space."""
    start = skip_space(text, start, end)
    if start < end and (text[end - 1] <= 32 or text[end - 1] >= 128):
        tail = _trailing_space.search(text, start, end)
        if tail is not None:
            end = tail.start()
    return start, end


def fields(text: bytes, start: int, end: int) -> list[Token]:
    """Split at runs of blanks; a leading run gives an empty first field, as Go's Split does."""
    tokens = []
    at = start
    for gap in _blanks.finditer(text, start, end):
        tokens.append(Token(decode(text[at : gap.start()]), at, gap.start()))
        at = gap.end()
    tokens.append(Token(decode(text[at:end]), at, end))
    return tokens


def first_field(text: bytes, start: int, end: int) -> tuple[int, int]:
    """End of the first field and start of what follows it (`end`, `end` if nothing does)."""
    gap = _blanks.search(text, start, end)
    return (gap.start(), gap.end()) if gap else (end, end)


@lru_cache(maxsize=2)
def _word(escape: bytes) -> re.Pattern[bytes]:
    token = re.escape(escape)
    return re.compile(
        SPACE + rb"+|(?P<word>(?:" + token + rb"."
        rb"|'[^']*(?:'|\Z)"
        rb'|"(?:' + token + rb'.|[^"' + token + rb'])*(?:"|(?=' + token + rb"?\Z))"
        rb"|(?!" + SPACE + rb")[^'\"" + token + rb"])+)",
        re.DOTALL,
    )


def words(text: bytes, start: int, end: int, escape: bytes) -> list[Token]:
    """Words with their quotes and escapes kept; a lone escape at the very end is dropped."""
    body = text[start:end]
    return [
        Token(decode(match[0]), start + match.start(), start + match.end())
        for match in _word(escape).finditer(body)
        if match.lastgroup
    ]


def flags(text: bytes, start: int, end: int) -> tuple[list[Token], int]:
    """The leading ``--flag`` words and the offset where the rest begins.

    Quotes and backslashes are removed from the values whatever the escape directive says, and a
    byte beyond ASCII counts as one Latin-1 character: both as BuildKit does.
    """
    found: list[Token] = []
    at = start
    while True:
        while at < end and chr(text[at]).isspace() and text[at] not in b"\x1c\x1d\x1e\x1f":
            at += 1
        if text[at : at + 2] != b"--" or at + 1 >= end:
            return found, at
        value, stop, seen = _flag(text, at, end)
        if value == "--":
            return found, stop
        if value or seen:
            found.append(Token(value, at, stop))
        at = stop


def _flag(text: bytes, at: int, end: int) -> tuple[str, int, bool]:
    """Value and end of the flag word at `at`, and whether it had quotes."""
    out: list[str] = []
    quote, quoted = 0, False
    while at < end:
        char = text[at]
        if not quote and chr(char).isspace() and char not in b"\x1c\x1d\x1e\x1f":
            break
        if char == quote:
            quote = 0
        elif not quote and char in b"'\"":
            quote, quoted = char, True
        elif char == 92:  # backslash
            if at + 1 < end:
                at += 1
                out.append(chr(text[at]))
        else:
            out.append(chr(char))
        at += 1
    value = "".join(out)
    if not value.isascii():  # bring it to the form in which the rest of the file is decoded
        value = value.encode("utf-8").decode("utf-8")
    return value, at, quoted


def json_array(text: bytes, start: int, end: int) -> list[Token] | None:
    """The strings of a JSON array, each with the range of its literal, or None if it is none.

    An array with something behind it is none; until version 0.15 BuildKit ignored the rest.
    Raises `MixedArray` for a well-formed array with other elements.
    """
    start = skip_space(text, start, end)
    if text[start : start + 1] != b"[":
        return None
    spans = [match.span() for match in _json_string.finditer(text, start, end)]
    if _plain_array.fullmatch(text, start, end):
        return [Token(text[a + 1 : b - 1].decode(), a, b) for a, b in spans]
    body = text[start:end].decode("utf-8", "replace")
    try:
        values, stop = _json_decoder().raw_decode(body)
    except RecursionError:
        raise MixedArray from None
    except ValueError:
        return None
    if not all(isinstance(value, str) for value in values):
        raise MixedArray
    if body[stop:].strip(" \t\r\n"):
        return None
    return [
        Token(_surrogate.sub("\ufffd", value), *span)
        for value, span in zip(values, spans, strict=False)
    ]
