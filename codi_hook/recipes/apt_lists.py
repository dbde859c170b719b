"""Whether a layer keeps the package lists of apt."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document, Edit
from codi_hook.recipes.cleaning import removed
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.scripts import append_command, prepend_command
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import call

LISTS = "/var/lib/apt/lists"
CLEAN = f"rm -rf {LISTS}/*"
_DISTCLEAN = frozenset({"distclean", "dist-clean"})


def is_kept(document: Document, item: Instruction) -> bool:
    """True where the layer is part of the image or of a stage that another is built on."""
    stage = document.stage_of(item)
    if stage is None or item not in stage.instructions:  # a trigger runs where we cannot look
        return True
    return stage.is_final or any(other.parent is stage for other in document.stages)


def cleaned(script: Script | None, item: Instruction, update: Command) -> bool:
    if script is None or covers(kept_out(item), LISTS):
        return True
    if removed(script, LISTS, update.position):
        return True
    return any(
        found.verb in _DISTCLEAN
        for command in script.commands[update.position :]
        if (found := call(command)) is not None and found.manager.family == "apt"
    )


def by_wrapper(script: Script) -> bool:
    """True where sudo or its like runs the package manager: what is added would need it too."""
    return any(command.wrapper and call(command) for command in script.commands)


def update_again(
    document: Document, script: Script, relying: list[Script], alone: bool
) -> tuple[Edit, ...]:
    """Move the update into each RUN that installs from its lists, and clean there. `alone` says
    that the script does nothing else, so that it goes. Empty where that cannot be done."""
    item = script.instruction
    first = delete(item) if alone else append_command(script, CLEAN)
    if first is None or item not in document.instructions or by_wrapper(script):
        return ()
    edits = [first]
    for other in relying:
        if other.instruction not in document.instructions or by_wrapper(other):
            return ()
        before = prepend_command(other, "apt-get update")
        after = append_command(other, CLEAN)
        if before is None or after is None:
            return ()
        edits.append(before)
        if not removed(other, LISTS):
            edits.append(after)
    return tuple(edits)
