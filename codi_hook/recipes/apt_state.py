"""Whether apt has package lists where a command runs, as far as the file shows."""

from __future__ import annotations

from codi_hook.dockerfile import Stage
from codi_hook.model import Document
from codi_hook.recipes.apt_lists import LISTS
from codi_hook.recipes.cleaning import removes
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.layers import preceding, runs_a_file
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.users import base_is_root
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call

_MAY_UPDATE = frozenset({
    "add-apt-repository", "apt-add-repository", "apt-file", "apt-key", "eatmydata", "apt-fast",
    "install_packages", "install_clean", "docker-php-ext-install", "install-php-extensions",
})  # fmt: skip


def has_lists(document: Document, script: Script, found: Call) -> bool | None:
    """Whether there are lists for the call; None where that is not known."""
    ahead = tuple(one for one in script.commands if one.position < found.command.position)
    if _after(ahead, None):
        return True  # the step has updated by itself
    item = script.instruction
    stage = document.stage_of(item)
    state = _at_start(document, stage) if stage else None
    for other in preceding(document, item):
        if other.keyword == "RUN":
            run = document.script(other)
            mounted = covers(kept_out(other), LISTS)
            if run is None or run.error is not None or run.dialect == "opaque":
                state = None
            elif not mounted:
                state = _after(run.commands, state)
        elif other.keyword in ("COPY", "ADD") and "apt" in other.arguments[-1].value:
            state = None
    return _after(ahead, state)


def _at_start(document: Document, stage: Stage) -> bool | None:
    """False for an official image of the Debian family; None for any other."""
    root = list(stage.lineage())[-1]
    return False if base_is_root(root) and family(document, root) == DEBIAN else None


def _after(commands: tuple[Command, ...], state: bool | None) -> bool | None:
    for command in commands:
        called = call(command)
        if called is not None and called.manager.family == "apt":
            if called.action == "update-index":
                state = True
            elif called.verb in ("distclean", "dist-clean"):
                state = False
        elif removes(command, LISTS):
            state = False
        elif state is False and (
            command.name in _MAY_UPDATE or (called is None and runs_a_file(command))
        ):
            state = None
    return state
