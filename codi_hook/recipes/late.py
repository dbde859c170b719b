"""What a RUN deletes that another layer has added: it stays in that layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.recipes.apt_lists import LISTS
from codi_hook.recipes.cleaning import removes
from codi_hook.recipes.layers import preceding
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.trails import MOVES_ON, Trail, bare, fetched, shipped
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import operands
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import MANAGERS, Call, call

DELETERS = (
    "rm", "apk", "apt", "apt-get", "aptitude", "dnf", "gem", "microdnf", "npm", "pip", "pip3",
    "yarn", "yum", "zypper",
)  # fmt: skip
READS = (
    "COPY", "ADD", "curl", "wget", "find", "cd", "pushd", "popd", *MOVES_ON, *MANAGERS,
)  # fmt: skip
_FILLS = frozenset({"install", "update-index", "upgrade", "dist-upgrade"})
_DELETES = frozenset(DELETERS)
_MOST = 50  # commands that are looked at: each looks at all that is ahead of it


@dataclass(frozen=True, slots=True)
class _Filler:
    """The managers with one of the names, or all of the family, and the folders they fill."""

    family: str
    names: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Call) -> _Filler:
        known = next((one for one in _FILLERS if one.covers(found)), None)
        return known or cls(found.manager.family, (found.name,))

    def covers(self, found: Call) -> bool:
        return found.manager.family == self.family and (not self.names or found.name in self.names)

    def fills(self, command: Command) -> bool:
        found = call(command)
        if found is None or not self.covers(found) or found.action not in _FILLS:
            return False
        if self.family == "apt":
            return found.action == "update-index"
        return not found.has_flag(*found.manager.no_cache)

    def empties(self, command: Command) -> bool:
        found = call(command)
        if found is not None and self.covers(found) and found.action == "clean":
            return self.family != "apt" or found.verb in ("distclean", "dist-clean")
        return any(removes(command, folder) for folder in self.folders)


# What apt keeps of packages is emptied by the configuration that the official images bring.
_FILLERS = (
    _Filler("apt", (), (LISTS,)),
    _Filler("rpm", (), ("/var/cache/yum", "/var/cache/dnf")),
    _Filler("apk", (), ("/var/cache/apk",)),
    _Filler("pip", ("pip", "pip2", "pip3"), ("/root/.cache/pip",)),
    _Filler("npm", ("npm",), ("/root/.npm",)),
)
_PARTS = ("/var", "/root", "~", "HOME", "{")


@dataclass(frozen=True, eq=False)
class Late:
    """`command` deletes `what`, which `origin` has added. `kind` says what it is: "copied" (a
    COPY's file), "fetched" (a download), "cache", "packages"."""

    command: Command
    origin: Instruction
    what: str
    kind: str


def late(document: Document) -> Iterator[Late]:
    """The commands that delete only what an earlier layer of the same stage has added."""
    left = _MOST
    for script in shipped(document, *DELETERS):
        deleting = _deleting(script)
        left -= len(deleting)
        if deleting and left >= 0:
            yield from _of_script(document, script, deleting)


def _of_script(
    document: Document, script: Script, deleting: tuple[Command, ...]
) -> tuple[Late, ...]:
    """Kept for as long as all that is ahead of the script is the same: it depends on no more."""
    before = tuple(_before(document, script.instruction))
    memo: dict[Any, tuple[Late, ...]] = script.__dict__
    key = (_of_script, tuple(preceding(document, script.instruction)))
    if key not in memo:
        several = len(before) > 1  # more than FROM alone
        found = [_late(document, script, one, before) for one in deleting if several]
        memo[key] = tuple([one for one in found if one is not None])
    return memo[key]


@kept
def _deleting(script: Script) -> tuple[Command, ...]:
    return tuple([one for one in script.commands if one.name in _DELETES and _deletes(one)])


def _deletes(command: Command) -> bool:
    found = None if command.name == "rm" else call(command)
    return command.name == "rm" or (found is not None and found.action in ("clean", "remove"))


def _before(document: Document, item: Instruction) -> Iterator[Instruction]:
    stage = document.stage_of(item)
    for other in stage.instructions if stage else ():
        if other is item:
            return
        yield other


def _late(
    document: Document, script: Script, command: Command, before: Sequence[Instruction]
) -> Late | None:
    if command.name == "rm":
        return _removed(document, script, command, before) or _folder(
            document, script, command, before
        )
    found = call(command)
    if found is None:
        return None
    if found.action == "clean" and found.manager.family not in ("apt", "gem"):
        origin = _filled(document, script, command, _Filler.of(found), before)
        if origin is not None:
            return Late(command, origin, f"the cache of {found.name}", "cache")
    if found.action == "remove" and found.packages and found.manager.system:
        return _packages(document, found, before)
    return None


def _removed(
    document: Document, script: Script, command: Command, before: Sequence[Instruction]
) -> Late | None:
    words = operands(command)
    if len(words) != 1 or any(char in words[0].text for char in "*?[{"):
        return None
    name = words[0].text.strip("\"'").rstrip("/").rpartition("/")[2]
    before = [item for item in before if name in item.text]
    place = Trail(document, script).place(command, words[0]) if before else None
    if not place:
        return None
    folder = effective(document, script.instruction)
    path = place if place.startswith(("/", "$")) else (join(folder, place) if folder else None)
    if path is None or covers(kept_out(script.instruction), path):
        return None
    path = posixpath.normpath(path)
    for item in reversed(before):
        if item.keyword in ("COPY", "ADD") and not item.heredocs:
            if path == _target(document, item):
                return Late(command, item, words[0].text, "copied")
        elif item.keyword == "RUN":
            run = document.script(item)
            if run is not None and _fetches(document, run, path):
                return Late(command, item, words[0].text, "fetched")
    return None


def _target(document: Document, item: Instruction) -> str | None:
    """The path that one source is copied to."""
    if len(item.arguments) != 2:
        return None
    source, target = (bare(unquoted(one.value)) for one in item.arguments)
    folder = effective(document, item)
    if source is None or target is None or any(char in source for char in "*?["):
        return None
    if not target.startswith(("/", "$")):
        joined = join(folder, target) if folder else None
        if joined is None:
            return None
        target = joined + ("/" if target.endswith(("/", ".")) else "")
    if target.endswith("/"):
        target += source.partition("?")[0].rstrip("/").rpartition("/")[2]
    return posixpath.normpath(target)


def _fetches(document: Document, script: Script, path: str) -> bool:
    if script.error is not None or script.names.isdisjoint(("curl", "wget")):
        return False
    trail = Trail(document, script)
    folder = effective(document, script.instruction)
    for one in fetched(trail):
        place = one.path
        if not place.startswith(("/", "$")):
            place = (join(folder, place) or "") if folder else ""
        if place and posixpath.normpath(place) == path:
            return not trail.gone(one.path, one.command.position) and trail.in_layer(path)
    return False


def _folder(
    document: Document, script: Script, command: Command, before: Sequence[Instruction]
) -> Late | None:
    if not any(part in word.text for word in command.args for part in _PARTS):
        return None
    for filler in _FILLERS:
        for folder in filler.folders:
            if removes(command, folder) and not covers(kept_out(script.instruction), folder):
                origin = _filled(document, script, command, filler, before)
                if origin is not None:
                    return Late(command, origin, folder, "cache")
    return None


def _filled(
    document: Document,
    script: Script,
    command: Command,
    filler: _Filler,
    before: Sequence[Instruction],
) -> Instruction | None:
    """The last RUN that fills the cache, where the script itself has filled none."""
    if 0 <= _fills(script, filler)[0] < command.position:
        return None
    for item in reversed(before):
        run = document.script(item) if item.keyword == "RUN" else None
        if run is None:
            continue
        _, last, emptied = _fills(run, filler)
        if emptied:
            return None
        if last >= 0:
            return item
    return None


@kept
def _fills(script: Script, filler: _Filler) -> tuple[int, int, bool]:
    """Where the script fills the cache first and last (-1: nowhere), and whether it then empties
    it."""
    places = [one.position for one in script.commands if filler.fills(one)]
    last = max(places, default=-1)
    emptied = any(one.position > last and filler.empties(one) for one in script.commands)
    return min(places, default=-1), last, emptied


def _packages(document: Document, found: Call, before: Sequence[Instruction]) -> Late | None:
    """The removal of packages that one earlier RUN has installed, all of them."""
    names = {word.text for word in found.packages}
    virtual = _installed(found.command.instruction, document, found.manager.family)
    for item in reversed(before):
        if item.keyword == "RUN":
            installed = _installed(item, document, found.manager.family)
            if names <= installed and not names & virtual:
                return Late(found.command, item, " ".join(sorted(names)[:3]), "packages")
    return None


def _installed(item: Instruction, document: Document, family: str) -> set[str]:
    script = document.script(item)
    found: set[str] = set()
    for command in script.commands if script else ():
        one = call(command)
        if one is not None and one.action == "install" and one.manager.family == family:
            found |= {word.text.split("=")[0] for word in one.packages}
            name = one.flag("-t", "--virtual")
            if name is not None and name.value:
                found.add(name.value)
    return found
