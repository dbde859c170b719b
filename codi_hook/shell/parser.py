"""The script of an instruction: `parse_script(instruction, dialect) -> Script`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codi_hook.frozen import replace
from codi_hook.shell.ast import Script, Word
from codi_hook.shell.quoting import unescaped
from codi_hook.shell.reuse import KNOWN
from codi_hook.shell.text import Text, logical, verbatim
from codi_hook.shell.wrappers import script_word
from codi_hook.source import Span

if TYPE_CHECKING:
    from codi_hook.dockerfile.ast import Argument, Heredoc, Instruction

READABLE = frozenset({"sh", "bash", "ash", "dash", "ksh", "mksh", "zsh"})
OPAQUE = frozenset({"powershell", "cmd", "opaque"})


def parse_script(instruction: Instruction, dialect: str = "sh") -> Script:
    """What an instruction runs: RUN, CMD, ENTRYPOINT or HEALTHCHECK, in either form.

    `dialect` is that of the shell form: one of `Script.dialect`. Never raises: a script that
    is not shell has an `error`, one that cannot be read is "opaque". Kept on the instruction.
    """
    key = ("script", dialect)
    script: Script | None = instruction.memo.get(key)
    if script is None:
        script = _read_before(instruction, dialect) or _parse(instruction, dialect)
        instruction.memo[key] = script
    return script


def _read_before(instruction: Instruction, dialect: str) -> Script | None:
    """The script as another dialect's reader has left it: all of them are read by one grammar.

    Not with a here-document, whose first line may name the shell itself.
    """
    if dialect not in READABLE or instruction.heredocs:
        return None
    for other in READABLE:
        script: Script | None = instruction.memo.get(("script", other))
        if script is not None:
            named_by_caller = script.dialect == other
            return replace(script, dialect=dialect) if named_by_caller else script
    return None


def _parse(instruction: Instruction, dialect: str) -> Script:
    arguments = instruction.arguments
    if instruction.keyword == "HEALTHCHECK":
        arguments = arguments[1:]
    if instruction.form == "json":
        return _exec_form(instruction, arguments)
    if dialect not in READABLE:
        return Script(instruction, dialect if dialect in OPAQUE else "opaque", ())
    span = instruction.body_span
    if instruction.keyword == "HEALTHCHECK":
        if not arguments:
            return Script(instruction, dialect, ())
        span = Span(arguments[0].span.start, arguments[-1].span.end)
    text = logical(instruction.source, span, instruction.segments)
    heredocs = instruction.heredocs
    if len(heredocs) == 1 and text.data.strip() == instruction.source.bytes(heredocs[0].word_span):
        text = verbatim(instruction.source, heredocs[0].content_span)
        dialect = _shebang(text.data) or dialect
        if dialect == "opaque":
            return Script(instruction, dialect, ())
        heredocs = ()
    return _read(instruction, dialect, text, heredocs)


def _read(
    instruction: Instruction, dialect: str, text: Text, heredocs: tuple[Heredoc, ...]
) -> Script:
    from codi_hook.shell.walk import TooDeep, Walk

    places: list[tuple[int, Heredoc]] = []
    if heredocs:
        text, places = _blanked(text, heredocs)
    walk = Walk(instruction, instruction.memo.get(KNOWN))
    try:
        walk.run(text, places)
    except TooDeep as deep:
        return Script(instruction, "opaque", (), error=deep.span)
    return walk.result(dialect)


def _exec_form(instruction: Instruction, arguments: tuple[Argument, ...]) -> Script:
    if not arguments:
        return Script(instruction, "exec", ())
    from codi_hook.shell.walk import TooDeep, Walk

    source = instruction.source
    span = Span(arguments[0].span.start, arguments[-1].span.end)
    words = tuple(Word(source.text(item.span), item.span, item.value) for item in arguments)
    walk = Walk(instruction)
    _, last, _ = walk.add(words, span, ((), "", ""))
    at = script_word(last.name, last.words)
    if at:
        literal = last.words[at].span
        inner = Span(literal.start + 1, literal.end - 1)
        text = unescaped(logical(source, inner, instruction.segments))
        try:
            walk.script(text, ("sh -c",), [])
            walk.drain()
        except TooDeep as deep:
            return Script(instruction, "opaque", (), error=deep.span)
    walk.close_statement(span, "", True)
    return walk.result("exec")


def _blanked(text: Text, heredocs: tuple[Heredoc, ...]) -> tuple[Text, list[tuple[int, Heredoc]]]:
    """Take the heredocs that Docker reads out of the line: their contents are not in it."""
    data = bytearray(text.data)
    places = []
    for heredoc in heredocs:
        start = text.find(heredoc.word_span.start)
        end = text.find(heredoc.word_span.end - 1) + 1
        data[start:end] = b" " * (end - start)
        places.append((start, heredoc))
    return text.with_data(bytes(data)), places


def _shebang(data: bytes) -> str:
    """The dialect that the first line asks for, or nothing where it does not."""
    if not data.startswith(b"#!"):
        return ""
    words = data[2:].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    names = [word.rpartition("/")[2] for word in words if not word.startswith("-")]
    if names and names[0] == "env":
        names = names[1:]
    return names[0] if names and names[0] in READABLE else "opaque"
