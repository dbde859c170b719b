"""Edits on whole instructions: put one in, take one out, change keyword, flag or form."""

from __future__ import annotations

from codi_hook.dockerfile import Flag, Instruction, Pair
from codi_hook.dockerfile.ast import Argument
from codi_hook.model import Edit
from codi_hook.source import Source, Span


def line_start(source: Source, offset: int) -> int:
    """Offset of the first byte of the line that holds `offset`."""
    return source.base + source.data.rfind(b"\n", 0, offset - source.base) + 1


def line_end(source: Source, offset: int) -> int:
    """Offset behind the line ending of the line that holds `offset`."""
    newline = source.data.find(b"\n", offset - source.base)
    return source.base + (len(source.data) if newline < 0 else newline + 1)


def insert_before(instruction: Instruction, text: str) -> Edit:
    """A new line (or lines, joined by "\\n") before the instruction and its leading comments."""
    source = instruction.source
    first = instruction.leading[0].span.start if _attached(instruction) else instruction.span.start
    at = line_start(source, first)
    return Edit(Span(at, at), text.replace("\n", source.newline) + source.newline)


def _attached(instruction: Instruction) -> bool:
    """True where comment lines stand directly above: they belong to the instruction."""
    if not instruction.leading:
        return False
    source = instruction.source
    first = instruction.leading[0].span.start
    between = source.bytes(Span(first, instruction.span.start))
    return (
        all(line.lstrip().startswith(b"#") for line in between.splitlines() if line.strip())
        and (b"\n\n" not in between.replace(b"\r", b""))
        and instruction.leading[0].text.partition("=")[0].strip().lower()
        not in (
            "syntax",
            "escape",
            "check",
        )
    )


def insert_after(instruction: Instruction, text: str) -> Edit:
    """A new line (or lines) after the instruction, its heredocs included. Behind these an empty
    line comes first: hadolint cannot read an instruction that follows them directly."""
    source = instruction.source
    newline = source.newline
    at = line_end(source, instruction.span.end)
    text = text.replace("\n", newline)
    if instruction.heredocs:
        text = newline + text
    tail = Span(instruction.body_span.end, instruction.span.end)
    if source.bytes(tail).strip() in (b"\\", b"`"):  # a continuation that the file ends with
        return Edit(tail, newline + text)
    if source.data[at - source.base - 1 : at - source.base] != b"\n":
        return Edit(Span(at, at), newline + text)
    return Edit(Span(at, at), text + newline)


def delete(instruction: Instruction) -> Edit:
    """Take the instruction's lines out, line ending included; comments above it stay."""
    source = instruction.source
    start = line_start(source, instruction.span.start)
    return Edit(Span(start, line_end(source, instruction.span.end)), "")


def without_argument(instruction: Instruction, argument: Argument) -> Edit:
    """The instruction without the word; the whole of it goes where it has no other."""
    parts = instruction.arguments
    at = next(index for index, one in enumerate(parts) if one is argument)
    if len(parts) == 1:
        return delete(instruction)
    if at:
        return Edit(Span(parts[at - 1].span.end, argument.span.end), "")
    return Edit(Span(argument.span.start, parts[1].span.start), "")


def cased(instruction: Instruction, keyword: str) -> str:
    """`keyword` in the case in which the instruction's own keyword is written."""
    written = instruction.source.text(instruction.keyword_span)
    return keyword.lower() if written.islower() else keyword


def set_keyword(instruction: Instruction, keyword: str) -> Edit:
    return Edit(instruction.keyword_span, cased(instruction, keyword))


def add_flag(instruction: Instruction, flag: str) -> Edit:
    """Add ``--flag`` directly behind the keyword. `remove_flag` is the inverse."""
    at = instruction.keyword_span.end
    return Edit(Span(at, at), f" {flag}")


def remove_flag(instruction: Instruction, flag: Flag) -> Edit:
    """Take a flag and the blanks before it away. The inverse of `add_flag`."""
    source, start = instruction.source, flag.span.start
    data = source.data
    while data[start - source.base - 1 : start - source.base] in (b" ", b"\t"):
        start -= 1
    return Edit(Span(start, flag.span.end), "")


def exec_form(words: list[str]) -> str:
    """A JSON array as Dockerfiles write it: one line, a blank behind the comma."""
    plain = "".join(words)
    if plain.isascii() and plain.isprintable() and '"' not in plain and "\\" not in plain:
        return "[" + ", ".join([f'"{word}"' for word in words]) + "]"
    from json import dumps  # rarely needed, and slow to load

    return dumps(words, ensure_ascii=False)


def replace_body(instruction: Instruction, text: str) -> Edit:
    """Put `text` in place of everything behind keyword and flags."""
    return Edit(instruction.body_span, text)


def body_is_one_line(instruction: Instruction) -> bool:
    """True where the body has neither continuation nor heredoc, so that replacing it as text
    loses no comment and no line."""
    return not instruction.heredocs and len(instruction.segments) == 1


def without_pair(item: Instruction, pair: Pair) -> Edit:
    """The ENV, ARG or LABEL without the pair; the whole instruction goes where it has no other."""
    if len(item.pairs) == 1:
        return delete(item)
    at = item.pairs.index(pair)
    if at + 1 < len(item.pairs):
        return Edit(Span(pair.span.start, item.pairs[at + 1].span.start), "")
    return Edit(Span(item.pairs[at - 1].span.end, pair.span.end), "")
