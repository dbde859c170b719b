"""Which programs a step can count on."""

from __future__ import annotations

from codi_hook.model import Document
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import call


def installed_before(document: Document, command: Command, package: str) -> bool:
    """True where a package manager installs `package` ahead of `command`, in the same stage or
    in one that it is built on."""
    stage = document.stage_of(command.instruction)
    for member in reversed(list(stage.lineage())) if stage else ():
        for item in member.of("RUN"):
            script = document.script(item)
            for other in script.commands if script else ():
                if other is command:
                    return False
                found = call(other)
                if found is None or found.action != "install":
                    continue
                if any(word.text.split("=")[0] == package for word in found.packages):
                    return True
    return False
