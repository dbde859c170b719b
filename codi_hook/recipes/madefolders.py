"""Folders that a RUN makes, and the WORKDIR that would make them."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.recipes.folders import target
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import flags, operands

_PLAIN = frozenset({"-p", "--parents", "-v", "--verbose"})


def made(document: Document, item: Instruction, script: Script, command: Command) -> str | None:
    """The one folder that a plain mkdir makes, absolute; None for any other command."""
    if command.name != "mkdir" or command.context or command.wrapper or command.redirects:
        return None
    words = operands(command)
    if len(words) != 1 or any(one.name not in _PLAIN for one in flags(command)):
        return None
    if any(one.name in ("cd", "pushd") for one in script.commands[: command.position]):
        return None
    text = unquoted(words[0].text).rstrip("/")
    if not text or any(sign in text for sign in "*?{[~`(") or text.startswith("'"):
        return None
    base = effective(document, item)
    if not base and not text.startswith("/"):
        return None
    folder = join(base or "/", text)
    later = [one for one in script.commands if one.position > command.position]
    if any(one.name not in ("cd", "mkdir") and _uses(one, text, folder) for one in later):
        return None  # it is needed before WORKDIR comes
    return None if any(one.name == "cd" for one in later[:-1]) else folder


def _uses(command: Command, text: str, folder: str | None) -> bool:
    return any(text in word.text or (folder or text) in word.text for word in command.words)


def named_by(document: Document, item: Instruction) -> str | None:
    """The folder of a WORKDIR, absolute; None for another instruction."""
    if item.keyword != "WORKDIR" or not item.arguments:
        return None
    path = unquoted(item.arguments[0].value).rstrip("/")
    base = effective(document, item)
    return path if path.startswith("/") else (join(base, path) if base else None)


def lost_cd(document: Document, item: Instruction, script: Script, folder: str) -> Command | None:
    """The cd into the folder that is the RUN's last command."""
    last = script.statements[-1].commands
    if len(last) != 1 or last[0].name != "cd" or len(script.statements) < 2:
        return None
    if any(one.name in ("cd", "pushd") for one in script.commands[:-1]) or last[0].context:
        return None
    path = target(last[0])
    base = effective(document, item)
    if path is None or not (path.startswith("/") or base):
        return None
    return last[0] if (join(base or "/", path.rstrip("/") or "/")) == folder else None
