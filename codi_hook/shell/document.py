"""A Dockerfile with its scripts: `codi_hook.dockerfile.Document` and what its RUNs do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from codi_hook import dockerfile
from codi_hook.dockerfile.ast import Instruction
from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.project import UNKNOWN, Project
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.parser import READABLE, parse_script
from codi_hook.source import Source

if TYPE_CHECKING:
    from codi_hook.dockerfile.document import Stage
    from codi_hook.shell.managers import Call

DEFAULT_SHELL = ("/bin/sh", "-c")
WINDOWS_SHELL = ("cmd", "/S", "/C")
_windows_image = pattern(
    r"(?:^|/)(?:windows(?:/|$)|windowsservercore|nanoserver|servercore)"
    r"|[-:](?:windowsservercore|nanoserver)|-(?:nanoserver|windowsservercore)-",
    re.IGNORECASE,
).search
# Distributions, and tags that name one: there are no Windows variants of these.
_linux_image = pattern(
    r"(?:^|/)(?:almalinux|alpine|amazonlinux|archlinux|busybox|buildpack-deps|centos|debian|fedora"
    r"|opensuse|oraclelinux|rockylinux|ubi\d*(?:-\w+)?|ubuntu)(?:[:@/]|$)"
    r"|[-:](?:alpine|slim|jessie|stretch|buster|bullseye|bookworm|trixie|xenial|bionic|focal|jammy"
    r"|noble)(?![a-z])",
    re.IGNORECASE,
).search
_speaks_of_windows = pattern(
    r"(?<![\\\w${}])(?:[c-z]:\\|c:/)|\bpowershell\b|\.(?:exe|msi|ps1|bat|cmd)\b", re.IGNORECASE
).search
_pragma = pattern(r"hadolint\s+shell\s*=\s*(\S+)", re.IGNORECASE).match


@dataclass(frozen=True, eq=False)
class Document(dockerfile.Document):
    """Adds the shell view. Scripts are read when asked for and kept on their instruction."""

    @cached_property
    def _runs(self) -> tuple[Instruction, ...]:
        return tuple(self.of("RUN"))

    def scripts(self) -> tuple[Script, ...]:
        """The script of every RUN, ONBUILD RUN included, in order."""
        return self._scripts

    @cached_property
    def _scripts(self) -> tuple[Script, ...]:
        known = self._known_scripts
        for run in self._runs:
            if id(run) not in known:
                known[id(run)] = parse_script(run, self.dialect(run))
        return tuple([known[id(run)] for run in self._runs])

    def script(self, instruction: Instruction) -> Script | None:
        """What RUN, CMD, ENTRYPOINT or HEALTHCHECK runs; None for other instructions."""
        known = self._known_scripts.get(id(instruction))
        if known is not None:
            return known
        inner = instruction.trigger or instruction
        if inner.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            return None
        found = parse_script(inner, self.dialect(inner))
        self._known_scripts[id(instruction)] = found
        return found

    @cached_property
    def _known_scripts(self) -> dict[int, Script]:
        return {}

    def inherit(
        self, other: Document, like: Instruction | None = None, fresh: Iterable[Instruction] = ()
    ) -> None:
        """Take over what `other` knows of the shells: all instructions are its own, except the
        `fresh` ones, which are read by the shell that reads `like` there."""
        shells, pragmas = dict(other._shells), dict(other._pragmas)
        for item in fresh:
            if id(like) in shells:
                shells[id(item)] = shells[id(like)]
            if id(like) in pragmas:
                pragmas[id(item)] = pragmas[id(like)]
        taken = {"_shells": shells, "_pragmas": pragmas}
        self.__dict__.update(taken, _known_scripts=dict(other._known_scripts))

    def commands(self, *names: str) -> Iterator[Command]:
        """The commands of all RUNs in order, those with one of the names or all."""
        for script in self._scripts:
            if not names:
                yield from script.commands
            elif not script.names.isdisjoint(names):
                by_name = _by_name(script)
                if len(names) == 1:
                    yield from by_name[names[0]]
                else:
                    found = [command for name in {*names} for command in by_name.get(name, ())]
                    found.sort(key=_position)
                    yield from found

    @cached_property
    def names(self) -> frozenset[str]:
        """Command names and instruction keywords: what the triggers of rules are matched with."""
        found = {item.keyword for item in self.instructions}
        found.update(item.trigger.keyword for item in self.instructions if item.trigger)
        return frozenset(found.union(*(script.names for script in self._scripts)))

    def calls(self, *managers: str) -> Iterator[Call]:
        """The calls of package managers, those with one of the names or all, in order."""
        for script in self._scripts:
            for found in _calls(script):
                if not managers or found.manager.name in managers:
                    yield found

    def shell_of(self, instruction: Instruction) -> tuple[str, ...]:
        """The words of the SHELL in effect where the instruction's shell form runs."""
        return self._shells.get(id(instruction), DEFAULT_SHELL)

    def dialect(self, instruction: Instruction) -> str:
        """Which shell reads the instruction's shell form: one of `Script.dialect`."""
        pragma = self._pragmas.get(id(instruction))
        return pragma or dialect_of(self.shell_of(instruction))

    @cached_property
    def _shells(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        last: dict[int, tuple[str, ...]] = {}
        for stage in self.stages:
            current = self._first_shell(stage, last)
            for item in stage.instructions:
                found[id(item)] = current
                if item.trigger is not None:
                    found[id(item.trigger)] = current
                if item.keyword == "SHELL" and item.form == "json" and item.arguments:
                    current = item.values
            last[stage.index] = current
        return found

    def _first_shell(self, stage: Stage, last: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
        if stage.parent is not None:
            return last.get(stage.parent.index, DEFAULT_SHELL)
        named = _named_system(stage)
        if named is None and self.escape == "`":
            return WINDOWS_SHELL if self._speaks_of_windows else DEFAULT_SHELL
        return WINDOWS_SHELL if named == "windows" else DEFAULT_SHELL

    @cached_property
    def _speaks_of_windows(self) -> bool:
        """Whether anything in the file is of Windows. The escape character alone says little:
        21 of 95 public files that have it are for Linux, and most of the others name Windows."""
        if any(_named_system(stage) == "windows" for stage in self.stages):
            return True
        return any(_speaks_of_windows(x.source.text(x.span)) for x in self.instructions)

    @cached_property
    def _pragmas(self) -> dict[int, str]:
        """Dialects that a comment ``# hadolint shell=…`` sets for what follows in the stage."""
        found: dict[int, str] = {}
        current, stages = "", 0
        for item in self.instructions if self.comments else ():
            if item.keyword == "FROM":
                stages += 1
            if item.keyword == "SHELL" or (item.keyword == "FROM" and stages > 1):
                current = ""
            else:
                for comment in item.leading:
                    if match := _pragma(comment.text):
                        current = dialect_of((match[1],))
            if current:
                found[id(item)] = current
                if item.trigger is not None:
                    found[id(item.trigger)] = current
        return found


def _named_system(stage: Stage) -> str | None:
    """The system that the stage's platform or image names: "windows", "linux" or neither."""
    flag = stage.instruction.flag("platform")
    system = (flag.value or "").partition("/")[0] if flag is not None else ""
    if system in ("windows", "linux"):
        return system
    image = stage.image.resolved or stage.image.text
    if _windows_image(image):
        return "windows"
    return "linux" if _linux_image(image) else None


def _position(command: Command) -> int:
    return command.position


def _by_name(script: Script) -> dict[str, list[Command]]:
    """The commands of a script by their name, kept on it."""
    memo = script.__dict__
    found: dict[str, list[Command]] | None = memo.get("_by_name")
    if found is None:
        found = memo["_by_name"] = {}
        for command in script.commands:
            found.setdefault(command.name, []).append(command)
    return found


def _calls(script: Script) -> tuple[Call, ...]:
    """The calls in a script, kept on it: patched copies of a document share their scripts."""
    memo = script.__dict__
    if "_calls" not in memo:
        from codi_hook.shell.managers import call

        memo["_calls"] = tuple(filter(None, map(call, script.commands)))
    calls: tuple[Call, ...] = memo["_calls"]
    return calls


@lru_cache(maxsize=64)
def dialect_of(shell: tuple[str, ...]) -> str:
    """The dialect of SHELL words: their first command that is a known shell."""
    for word in shell:
        name = re.split(r"[\\/]", word.lower())[-1].removesuffix(".exe")
        if name in READABLE:
            return name
        if name in ("powershell", "pwsh"):
            return "powershell"
        if name == "cmd":
            return "cmd"
    return "opaque"


def parse(source: Source, project: Project = UNKNOWN) -> Document:
    """The document of a whole file. Never raises for what the file contains."""
    return dockerfile.parse(source, Document, project)
