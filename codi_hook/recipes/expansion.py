"""Variables in the words that BuildKit itself expands: ``$x``, ``${x}``, ``${x:-word}`` …

The rules are those of the Dockerfile reference: single quotes keep ``$``, double quotes do not,
the escape character takes the meaning of what follows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.frozen import dataclass
from codi_hook.source import Span

_SPECIAL = frozenset("@*#?-$!0")
_EXPANDED_FLAGS = frozenset({"chown", "chmod", "checksum", "mount"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable in a text. `start` and `end` are of the whole, braces included; `operator` is
    "" or what follows the name in braces (":-", "+", "#" …), `word` the text behind it.
    `quoted` says that it stands between double quotes, `braced` that it is ``${…}``."""

    name: str
    start: int
    end: int
    operator: str = ""
    word: str = ""
    quoted: bool = False
    braced: bool = False


def references(text: str, escape: str = "\\", quotes: bool = True) -> list[Reference]:
    """The references in the text, in order, those in the words of others included.

    `quotes=False` is for here-documents, where quotes mean themselves.
    """
    found: list[Reference] = []
    if "$" in text:
        _scan(text, 0, "", escape, quotes, found)
    found.sort(key=lambda reference: reference.start)
    return found


def _scan(text: str, at: int, stop: str, escape: str, quotes: bool, found: list[Reference]) -> int:
    """Read up to an unquoted `stop` or the end; gives the offset of `stop`, or the length."""
    double = False
    while at < len(text):
        char = text[at]
        if char == stop and not double:
            return at
        if char == escape:
            at += 2
        elif char == "$":
            at = _dollar(text, at, escape, quotes, double, found)
        elif quotes and char == "'" and not double:
            at = (text.find("'", at + 1) + 1) or len(text)
        else:
            double ^= quotes and char == '"'
            at += 1
    return min(at, len(text))


def _dollar(
    text: str, start: int, escape: str, quotes: bool, quoted: bool, found: list[Reference]
) -> int:
    braced = text[start + 1 : start + 2] == "{"
    begin = start + 1 + braced
    end = _name_end(text, begin)
    name = text[begin:end]
    if not name:
        return start + 1
    if not braced:
        found.append(Reference(name, start, end, quoted=quoted))
        return end
    operator = text[end : end + 1]
    if operator == ":":
        operator = text[end : end + 2]
    if operator == "}" or not operator:
        stop = min(end + 1, len(text))
        found.append(Reference(name, start, stop, quoted=quoted, braced=True))
        return end + 1
    begin = end + len(operator)
    end = _scan(text, begin, "}", escape, quotes, found)
    found.append(Reference(name, start, end + 1, operator, text[begin:end], quoted, True))
    return end + 1


def _name_end(text: str, start: int) -> int:
    """Where the name that begins at `start` ends; `start` itself where there is none."""
    first = text[start : start + 1]
    if first in _SPECIAL:
        return start + 1
    digits = first.isdigit()
    at = start
    while at < len(text) and (text[at].isdigit() if digits else _in_name(text[at])):
        at += 1
    return at


def _in_name(char: str) -> bool:
    return char == "_" or char.isalnum()


def place(instruction: Instruction, argument: Argument, start: int, end: int) -> Span:
    """The bytes of a part of the argument's value; the whole argument where JSON hides it."""
    source, value = instruction.source, argument.value
    written = source.text(argument.span)
    if written == value:
        return _within(argument.span.start, value, start, end)
    if instruction.form == "json":
        at = written.find(value[start:end])
        return (
            argument.span if at < 0 else _within(argument.span.start, written, at, at + end - start)
        )
    logical = _logical(instruction, argument.span.start) + len(_bytes(value[:start]))
    first = _byte(instruction, logical)
    return Span(first, _byte(instruction, logical + len(_bytes(value[start:end])) - 1) + 1)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _within(base: int, text: str, start: int, end: int) -> Span:
    first = base + len(_bytes(text[:start]))
    return Span(first, first + len(_bytes(text[start:end])))


def _logical(instruction: Instruction, offset: int) -> int:
    for logical, byte, length in instruction.segments:
        if byte <= offset < byte + length:
            return logical + offset - byte
    return 0


def _byte(instruction: Instruction, logical: int) -> int:
    for start, byte, length in reversed(instruction.segments):
        if start <= logical:
            return byte + min(logical - start, length)
    return instruction.span.start


def expanded_words(item: Instruction) -> Iterator[Argument]:
    """The words of the instruction in which the builder fills variables in, in its order."""
    keyword = item.keyword
    if keyword in ("ADD", "COPY", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"):
        yield from item.arguments
    elif keyword in ("ENV", "LABEL"):
        for pair in item.pairs:
            yield pair.key
            if pair.value is not None:
                yield pair.value
    if keyword in ("ADD", "COPY", "RUN"):
        for flag in item.flags:
            if flag.value is not None and flag.value_span and flag.name in _EXPANDED_FLAGS:
                yield Argument(flag.value, flag.value_span)


def expanded_documents(item: Instruction) -> Iterator[Argument]:
    """The here-documents of COPY and ADD in which variables are filled in."""
    if item.keyword in ("ADD", "COPY"):
        for heredoc in item.heredocs:
            if heredoc.expand:
                yield Argument(item.source.text(heredoc.content_span), heredoc.content_span)
