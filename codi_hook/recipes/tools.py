"""Which programs a step can count on."""

from __future__ import annotations

from codi_hook.model import Document
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.managers import Call, call


def installed_before(document: Document, command: Command, package: str) -> bool:
    """True where a package manager installs `package` ahead of `command`, in the same stage or
    in one that it is built on."""
    return install_of(document, command, package) is not None


def install_of(document: Document, command: Command, package: str) -> tuple[Call, Word] | None:
    """The first call ahead of `command` that installs `package`, and the word that names it."""
    stage = document.stage_of(command.instruction)
    for member in reversed(list(stage.lineage())) if stage else ():
        for item in member.of("RUN"):
            script = document.script(item)
            for other in script.commands if script else ():
                if other is command:
                    return None
                found = call(other)
                if found is None or found.action != "install":
                    continue
                for word in found.packages:
                    if word.text.split("=")[0] == package:
                        return found, word
    return None


_THROUGH = frozenset({"exec", "time", "command", "builtin"})  # of the shell, no program between


def is_direct(command: Command) -> bool:
    """True for a command that the step's own shell runs by its bare name: not through sudo, env
    or xargs, not in the text of ``sh -c``, not by its path."""
    if "sh -c" in command.context or command.word.value != command.name:
        return False
    return command.wrapper is None or command.wrapper.name in _THROUGH
