"""What runs before and after an instruction on the way to an image, and with which variables."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import call
from codi_hook.shell.wrappers import SHELLS

_SYSTEM_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/")
_FETCHES_INDEX = ("-U", "--update", "--update-cache", "--no-cache")
# What calls the system's package manager by itself, or reads its index.
_ON_PACKAGES = frozenset({
    "ansible", "ansible-playbook", "ansible-pull", "apt-cache", "apt-file", "apt-show-versions",
    "chef-client", "chef-solo", "gdebi", "mk-build-deps", "puppet", "rosdep", "salt-call",
    "tasksel", "ubuntu-drivers",
})  # fmt: skip
_RUNNERS = frozenset({"make", "gmake", "just", "task", "invoke", "rake"})
_sets_up = pattern(r"dep|setup|bootstrap|prereq|provision|require|system|tools").search
_NEEDS_INDEX = frozenset({"install", "upgrade", "dist-upgrade"})


def is_in(outer: Instruction, instruction: Instruction) -> bool:
    """True for the instruction itself and for the ONBUILD that holds it."""
    return outer is instruction or outer.trigger is instruction


def preceding(document: Document, instruction: Instruction) -> Iterator[Instruction]:
    """The instructions before this one in its stage and in those that it is built on, in order.

    ONBUILD triggers do not run in the build that declares them, and are left out.
    """
    stage = document.stage_of(instruction)
    for member in reversed(list(stage.lineage()) if stage else []):
        for item in member.instructions:
            if is_in(item, instruction):
                return
            if item.trigger is None:
                yield item


def environment(document: Document, instruction: Instruction) -> dict[str, str]:
    """Variables that ENV, or ARG with a default, gives the instruction; values as written
    without their quotes."""
    found: dict[str, str] = {}
    fixed: set[str] = set()
    for item in preceding(document, instruction):
        for pair in item.pairs if item.keyword in ("ENV", "ARG") else ():
            if pair.value is None or (item.keyword == "ARG" and pair.key.value in fixed):
                continue
            found[pair.key.value] = unquoted(pair.value.value)
            if item.keyword == "ENV":
                fixed.add(pair.key.value)
    return found


def built_on(document: Document, stage: Stage) -> Iterator[Stage]:
    """The stages that are built FROM the stage, directly or not."""
    for other in document.stages:
        if other is not stage and stage in other.lineage():
            yield other


def is_shipped(document: Document, stage: Stage) -> bool:
    """True where the stage's layers become part of the image that the file builds."""
    return bool(document.stages) and stage in document.stages[-1].lineage()


def later_runs(document: Document, instruction: Instruction) -> Iterator[Instruction]:
    """Every RUN that finds the layer of the instruction below it, ONBUILD RUN included."""
    stage = document.stage_of(instruction)
    if stage is None:
        return
    seen = False
    for item in stage.instructions:
        run = item.trigger or item
        if seen and run.keyword == "RUN":
            yield run
        seen = seen or is_in(item, instruction)
    for other in built_on(document, stage):
        for item in other.instructions:
            run = item.trigger or item
            if run.keyword == "RUN":
                yield run


@kept
def relies_on_index(script: Script, family: str) -> bool:
    """True where the script installs from the package index that an earlier layer has left."""
    for command in script.commands:
        found = call(command)
        if found is None or found.manager.family != family:
            continue
        if found.action == "update-index":
            return False
        needs = found.action in _NEEDS_INDEX or found.verb in ("source", "download")
        if needs and not found.has_flag(*_FETCHES_INDEX):
            return True
    return False


def is_unknown(script: Script) -> bool:
    """True where the script runs what the Dockerfile does not show: a file, or an unread shell."""
    return script.dialect in ("opaque", "powershell", "cmd") or any(
        runs_a_file(command) for command in script.commands
    )


def runs_unknown_after(script: Script, position: int) -> bool:
    """True where the script, behind the command at `position`, runs what is not to be seen."""
    return any(runs_a_file(one) for one in script.commands if one.position > position)


@kept
def runs_a_file(command: Command) -> bool:
    """True for what the Dockerfile does not show: a file that is run, or what it may call."""
    if not command.words:
        return False
    text = command.word.text
    if "$" in text or text in (".", "source") or command.name in _ON_PACKAGES:
        return True
    if command.name in _RUNNERS and any(_sets_up(word.text) for word in command.args):
        return True
    if "/" in text and not text.strip("\"'").startswith(_SYSTEM_FOLDERS):
        return True
    if command.name in SHELLS and any("$(" in word.text for word in command.args):
        return True
    return command.name in SHELLS and "-c" not in [word.value for word in command.args]
