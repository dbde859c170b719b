"""Heredocs that a shell runs: by which shell, and whether it stops at a failure."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import stops_on_error
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.wrappers import SHELLS

_stops = pattern(r"-[a-zA-Z]*e[a-zA-Z]*\Z|-?errexit\Z").match
# ``#!/usr/bin/env bash -e``: (env) (bash) (-e)
shebang = pattern(r"#!\s*(?:\S*/)?(env\s+)?(\w+)([^\r\n]*)").match
# What does not fail, or sets something up for what comes behind it.
_HARMLESS = frozenset(("echo", "printf", "export", "set", ":", "true", "umask", "shopt", "unset"))


def shell_of(script: Script | None) -> Command | None:
    """The shell that the heredoc is given to: bash of ``RUN bash <<EOF``."""
    first = script.commands[0] if script is not None and script.commands else None
    if first is None or first.name not in SHELLS or script is None:
        return None
    return first if any("heredoc" in one.context for one in script.commands) else None


def unguarded(document: Document, item: Instruction, script: Script) -> Command | None:
    """The first command of the heredoc whose failure nobody notices."""
    if any(_stops(word) for word in document.shell_of(item)) or stops_on_error(script):
        return None
    inside = item.heredocs[0].content_span
    match = shebang(item.source.text(inside).lstrip())
    if match and any(_stops(word) for word in match[3].split()):
        return None
    shell = shell_of(script)
    if shell is not None:
        return None if any(_stops(word.text) for word in shell.args) else _in_shell(script)
    for statement in script.statements[:-1]:
        if inside.contains(statement.span) and statement.operator in (";", "\n"):
            for command in statement.commands[-1:]:
                if _may_fail(command):
                    return command
    return None


def _in_shell(script: Script) -> Command | None:
    """The same for what a shell called by name reads: its commands are not statements here."""
    plain = [one for one in script.commands if one.context == ("heredoc",)]
    if any(one.name == "set" and any(_stops(word.text) for word in one.args) for one in plain):
        return None
    for command in plain[:-1]:
        if command.after in (";", "\n") and _may_fail(command) and command.wrapper is None:
            return command
    return None


def _may_fail(command: Command) -> bool:
    return command.name not in _HARMLESS and "function" not in command.context
