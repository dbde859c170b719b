"""Emptying a package manager's cache within the RUN that fills it."""

from __future__ import annotations

from codi_hook.model import Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import append_command, joiner
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

_RUNTIMES = frozenset({"node", "nodejs", "node_modules", ".nvm", "php"})
_separator = pattern(r"[/*\"']+")
# What yarn 1 has and its successors do not: they refuse an option that they do not know.
_YARN_1 = (
    "--production", "--prod", "--pure-lockfile", "--ignore-engines", "--ignore-scripts",
    "--ignore-optional", "--ignore-platform", "--network-timeout",
    "--prefer-offline", "--no-progress", "--no-bin-links", "--modules-folder",
)  # fmt: skip


def clean_edit(script: Script, found: Call, clean: str) -> Edit | None:
    """Run `clean` behind the script, or, where a later command may take the manager away again,
    directly behind its last call. None where neither can be done."""
    command = found.command
    text = _spelled(command, clean)
    if text is None or command.wrapper or command.context:
        return None
    later = script.commands[command.position + 1 :]
    gone = next((one.position for one in later if may_remove(one, found.name)), None)
    if gone is None:
        return append_command(script, text)
    calls = [one for one in (command, *later) if _is_call(one, found)]
    last = calls[-1]
    statement = next((one for one in script.statements if one.commands == (last,)), None)
    if last.position > gone or statement is None or statement.operator != "&&":
        return None
    if not statement.simple:
        return None
    return Edit(Span(statement.span.end, statement.span.end), joiner(script) + text)


def is_yarn_1(found: Call) -> bool:
    """True where the call is one that only yarn 1 understands. Later versions may run a project
    from what is in their cache."""
    return found.verb.startswith("global") or found.has_flag(*_YARN_1)


def _spelled(command: Command, clean: str) -> str | None:
    """`clean` with the program named as the call names it: it need not be on the PATH."""
    program, _, rest = clean.partition(" ")
    text = command.word.text
    if program == "rm" or text == program or not command.name.startswith(program):
        return clean
    if "/" in text and not text.startswith(("/", "$")):
        return None  # the folder may be another one by then
    return f"{text} {rest}"


def _is_call(command: Command, found: Call) -> bool:
    other = call(command)
    return other is not None and other.manager is found.manager


def may_remove(command: Command, name: str) -> bool:
    """True for what may take the package manager, or what it runs on, off the system."""
    other = call(command)
    if other is not None and other.action == "remove":
        return other.manager.system or any(name in word.text for word in other.packages)
    if command.name != "rm":
        return False
    parts = {part for word in command.args for part in _separator.split(word.text)}
    return not _RUNTIMES.isdisjoint(parts) or any(part.startswith(name) for part in parts)
