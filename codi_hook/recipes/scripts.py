"""Edits on the shell of a RUN that keep its layout: words, flags, commands in a chain."""

from __future__ import annotations

from codi_hook.model import Edit
from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.source import Source, Span

# Between two commands of a chain: blanks, continuations and the operator, nothing else.
_CHAIN_GAP = pattern(r"(?:[ \t]|[\\`][ \t]*\r?\n)*&&(?:[ \t]|[\\`][ \t]*\r?\n)*\Z")
_list_gap = pattern(r"(?:[ \t]|[\\`][ \t]*\r?\n|;|&&|\r?\n)*\Z").match
_READABLE = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})
_NEVER_LAST = frozenset({"exit", "exec", "return"})  # what is put behind them does not run


_errexit = pattern(r"-[a-zA-Z]*e[a-zA-Z]*\Z|errexit\Z").match


def insert_after_word(word: Word, text: str) -> Edit:
    """Add ``text`` as a word of its own behind `word`. `drop_word` is the inverse."""
    return Edit(Span(word.span.end, word.span.end), f" {text}")


def drop_word(source: Source, word: Word) -> Edit:
    """Take a word and the blanks behind it away (those before it if it ends the line).

    The inverse of `insert_after_word`. A continuation stays where it is.
    """
    data, base = source.data, source.base
    start, end = word.span
    while data[end - base : end - base + 1] in (b" ", b"\t"):
        end += 1
    if data[end - base : end - base + 1] in (b"", b"\n", b"\r"):
        end = word.span.end
        while data[start - base - 1 : start - base] in (b" ", b"\t"):
            start -= 1
    return Edit(Span(start, end), "")


def editable(script: Script | None) -> bool:
    """True for a script whose commands are known and that parsed without an error."""
    return script is not None and script.dialect in _READABLE and script.error is None


def joiner(script: Script) -> str:
    """How this script joins commands with ``&&``: as it did last, else " && "."""
    source = script.instruction.source
    for left, right in reversed(list(zip(script.statements, script.statements[1:], strict=False))):
        gap = source.text(Span(left.span.end, right.span.start))
        if _CHAIN_GAP.match(gap):
            return gap
    return " && "


def append_command(script: Script, text: str) -> Edit | None:
    """Run `text` after the script, only if it succeeded: joined with ``&&`` in the script's own
    layout. None where that cannot be done by adding text. `remove_command` is the inverse."""
    if not editable(script) or not script.statements:
        return None
    last = script.statements[-1]
    if last.operator == "&" or any(
        redirect.operator.startswith("<<") for c in last.commands for redirect in c.redirects
    ):
        return None
    if last.commands and last.commands[-1].name in _NEVER_LAST:
        return None
    heredoc = script.instruction.heredocs
    inside = bool(heredoc) and heredoc[0].content_span.contains(last.span)
    # A line of its own in a heredoc would hide that the line before it failed, but for set -e.
    a_line = inside and stops_on_error(script)
    join = script.instruction.source.newline if a_line else joiner(script)
    return Edit(Span(last.span.end, last.span.end), join + text)


def append_after(script: Script, command: Command, text: str) -> Edit | None:
    """Run `text` directly behind the command, joined as the next command is. None where the
    command is not a statement of the script's own list."""
    if not editable(script):
        return None
    statements = script.statements
    index = next((at for at, one in enumerate(statements) if command in one.commands), None)
    if index is None or not statements[index].simple or statements[index].commands[-1] != command:
        return None
    this = statements[index]
    if index + 1 == len(statements):
        before = statements[index - 1].operator if index else "&&"
        return append_command(script, text) if before != "||" else None
    around = (statements[index - 1].operator if index else "", this.operator)
    if "||" in around or any(one.operator.startswith("<<") for one in command.redirects):
        return None
    gap = command.instruction.source.text(Span(this.span.end, statements[index + 1].span.start))
    if this.operator not in ("&&", ";", "\n"):
        return None
    if not _list_gap(gap) or (this.operator != "&&" and not stops_on_error(script)):
        gap = joiner(script)
    return Edit(Span(this.span.end, this.span.end), gap + text)


def stops_on_error(script: Script) -> bool:
    """True where ``set -e``, in any spelling, is one of the script's own commands."""
    return any(
        command.name == "set"
        and not command.context
        and any(_errexit(word.value or "") for word in command.args)
        for command in script.commands
    )


def prepend_command(script: Script, text: str) -> Edit | None:
    """Run `text` before the script; what follows runs only if it succeeds."""
    if not editable(script) or not script.statements:
        return None
    first = script.statements[0]
    return Edit(Span(first.span.start, first.span.start), text + joiner(script))


def remove_command(script: Script, command: Command) -> Edit | None:
    """Take a simple command that always succeeds out of a top-level ``&&`` or ``;`` chain, with
    the operator that joins it. None where the command stands alone, in a pipeline or in a compound
    command, and where its status hides a failure before it."""
    if not editable(script):
        return None
    statements = script.statements
    for index, statement in enumerate(statements):
        if not statement.simple or statement.commands != (command,):
            continue
        if index + 1 < len(statements) and statement.operator in ("&&", ";"):
            joined = statements[index - 1].operator if index else ";"
            if joined not in ("&&", ";"):
                return None
            if joined == "&&" and statement.operator == ";":  # what follows runs in any case
                return Edit(Span(statements[index - 1].span.end, statement.span.end), "")
            return Edit(Span(statement.span.start, statements[index + 1].span.start), "")
        joined = statements[index - 1].operator if index else ""
        kept = joined == "&&" or (joined == ";" and stops_on_error(script))
        if kept and not statement.operator:
            return Edit(Span(statements[index - 1].span.end, statement.span.end), "")
    return None


def follows(script: Script, command: Command, later: Command) -> bool:
    """True where `later` comes after `command` in the same script."""
    return later.instruction is command.instruction and later.position > command.position
