"""Shell form as exec form: which commands need no shell, and what the JSON array is."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Command, Script, Statement, Word
from codi_hook.source import decode, encode

# What only a shell can run, or what changes the shell itself.
BUILTINS = frozenset((
    ".", ":", "alias", "bg", "builtin", "cd", "command", "declare", "eval", "exec", "exit",
    "export", "fg", "hash", "jobs", "let", "local", "popd", "pushd", "read", "readonly", "return",
    "set", "shift", "shopt", "source", "times", "trap", "type", "typeset", "ulimit", "umask",
    "unalias", "unset", "wait",
))  # fmt: skip
_glob = pattern(r"[*?\[{]").search
_token = pattern(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|[“”„]([^“”„]*)[“”„]|([^\s,\[\]"'“”„]+))\s*(,|$)?"""
)


def plain_words(script: Script | None) -> list[str] | None:
    """The words of a script that is one command and needs no shell, else None.

    A leading ``exec`` is left out: it has no meaning where there is no shell.
    """
    command = only_command(script)
    if command is None or command.assignments or command.redirects:
        return None
    words = [_literal(word) for word in command.words]
    if None in words or command.words[0].text in BUILTINS:
        return None
    return [word for word in words if word is not None]


def only_command(script: Script | None) -> Command | None:
    """The one simple command that the script is, that behind ``exec`` if there is one."""
    statement = _only_statement(script)
    if statement is None or not statement.simple or not statement.commands:
        return None
    command = statement.commands[0]
    if command.pipeline is not None or command.context:
        return None
    if command.name == "exec" and not command.redirects and not command.assignments:
        inner = next((one for one in statement.commands if one.wrapper is command), None)
        if inner is None or len(command.words) < 2 or inner.word.span != command.words[1].span:
            return None
        return inner
    return command


def _only_statement(script: Script | None) -> Statement | None:
    if not editable(script) or script is None or len(script.statements) != 1:
        return None
    return None if script.statements[0].operator else script.statements[0]


def last_simple(script: Script | None) -> Command | None:
    """The command that ``exec`` may be put before: the last of the list, external and simple."""
    if not editable(script) or script is None or not script.statements:
        return None
    last = script.statements[-1]
    if last.operator or not last.simple or not last.commands:
        return None
    command = last.commands[0]
    if not command.words:
        return None
    if command.pipeline is not None or command.context or command.assignments:
        return None
    if command.name in BUILTINS or not command.name or _glob(command.words[0].text):
        return None
    before = script.statements[:-1]
    if any(one.operator in ("&", "||") for one in before):
        return None  # what runs beside it, or instead of it, outlives or needs the shell
    if any(one.name in ("trap", "alias", "wait") for one in script.commands):
        return None
    return command


def _literal(word: Word) -> str | None:
    text = word.text
    if word.value is None or text.startswith("~") or "\\\n" in text or "\n" in text:
        return None
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    if not quoted and _glob(text):
        return None
    return word.value


def repaired(instruction: Instruction) -> list[str] | None:
    """The words of an array that is almost JSON: single or curly quotes, commas too many or too
    few, no quotes at all. None where it cannot be told."""
    text = " ".join(instruction.arguments[-1].value.split()) if instruction.arguments else ""
    if not text.startswith("[") or text.count("[") != 1 or not _ends(text):
        return None
    inner = text[1:].rstrip("] ")
    words, at = [], 0
    while at < len(inner):
        match = _token.match(inner, at)
        if match is None or "$" in match[0] or "\\" in match[0]:
            return None
        words.append(next(group for group in match.groups()[:4] if group is not None))
        at = match.end()
    return words or None


def _ends(text: str) -> bool:
    return text.count("]") <= 1 and (text.endswith("]") or "]" not in text)


def with_exec(item: Instruction, command: Command) -> str:
    """The shell form's text with ``exec`` before the command."""
    written = encode(item.arguments[-1].value)
    at = _logical(item, command.span.start) - _logical(item, item.body_span.start)
    return decode(written[:at] + b"exec " + written[at:])


def _logical(item: Instruction, offset: int) -> int:
    """Where the byte stands on the line that results when continuations are taken out."""
    for logical, start, length in item.segments:
        if start <= offset <= start + length:
            return logical + offset - start
    return 0


def entrypoint_of(document: Document, item: Instruction) -> Instruction | None:
    """The ENTRYPOINT in exec form that CMD is handed to, if the file sets it."""
    stage = document.stage_of(item)
    if stage is None or item.keyword != "CMD":
        return None
    found = next((one for part in stage.lineage() for one in part.of("ENTRYPOINT")), None)
    return found if found is not None and found.form == "json" and found.arguments else None
