"""Whether apt has package lists where a command runs, as far as the file shows."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.recipes.apt_lists import LISTS
from codi_hook.recipes.cleaning import removes
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.layers import runs_a_file
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.users import base_is_root
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import Call, call

MAY_UPDATE = frozenset({
    "add-apt-repository", "apt-add-repository", "apt-file", "apt-key", "eatmydata", "apt-fast",
    "install_packages", "install_clean", "docker-php-ext-install", "install-php-extensions",
})  # fmt: skip


def without_lists(document: Document) -> Iterator[Call]:
    """The first install of each RUN that has packages to locate and certainly no lists."""
    ends: dict[int, bool | None] = {}
    for stage in document.stages:
        state = ends.get(stage.parent.index) if stage.parent else _at_start(document, stage)
        for item in stage.instructions:
            if item.keyword == "RUN":
                found, state = _in_run(document, item, state)
                if found is not None:
                    yield found
            elif item.keyword in ("COPY", "ADD") and "apt" in item.arguments[-1].value:
                state = None
        ends[stage.index] = state


def _in_run(
    document: Document, item: Instruction, state: bool | None
) -> tuple[Call | None, bool | None]:
    """What the RUN installs without lists, and whether there are lists behind it."""
    script = document.script(item)
    if script is None or script.error is not None or script.dialect == "opaque":
        return None, None
    if covers(kept_out(item), LISTS):
        return None, state
    return _through(script, state)


@kept
def _through(script: Script, state: bool | None) -> tuple[Call | None, bool | None]:
    missing: Call | None = None
    seen = False
    for command in script.commands:
        found = call(command)
        if found is not None and not seen and _locates(found):
            seen = True
            missing = found if state is False and _is_plain(found) else None
        state = _after(command, found, state)
    return missing, state


def _locates(found: Call) -> bool:
    return found.manager.family == "apt" and found.action == "install" and bool(found.packages)


def _is_plain(found: Call) -> bool:
    own = found.has_flag("--no-download", "--print-uris", "-s", "--simulate", "--root")
    return not own and "sh -c" not in found.command.context


def _at_start(document: Document, stage: Stage) -> bool | None:
    """False for an official image of the Debian family; None for any other."""
    root = list(stage.lineage())[-1]
    return False if base_is_root(root) and family(document, root) == DEBIAN else None


def _after(command: Command, found: Call | None, state: bool | None) -> bool | None:
    if found is not None and found.manager.family == "apt":
        if found.action == "update-index":
            return True
        return False if found.verb in ("distclean", "dist-clean") else state
    if removes(command, LISTS):
        return False
    unknown = command.name in MAY_UPDATE or (found is None and runs_a_file(command))
    return None if state is False and unknown else state
