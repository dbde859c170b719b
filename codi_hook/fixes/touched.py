"""Which names an edit touches: what decides which rules it concerns (`Rule.reads`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codi_hook.dockerfile import Instruction
from codi_hook.fixes.patch import Patched
from codi_hook.model import UNSHOWN
from codi_hook.recipes.layers import runs_a_file
from codi_hook.shell import Document
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import call


def touched(document: Document, patched: Patched) -> frozenset[str]:
    """The keywords of what was edited, before and after, and the names of the commands there
    that are not the same as before: all of them where more than commands has changed."""
    before = _Side(document, patched.replaced)
    after = _Side(patched.document, patched.fresh)
    names = before.keywords | after.keywords
    if before.frames != after.frames or (len(before.counts) > 1 and before.counts != after.counts):
        return frozenset(names | before.names | after.names)
    old = [_identity(command) for command in before.commands]
    new = [_identity(command) for command in after.commands]
    ahead = _common(old, new, 0)
    behind = _common(old[::-1], new[::-1], ahead)
    if ahead + behind == len(old) == len(new):  # white space, or what is no command
        return frozenset(names | before.names)
    changed = before.commands[ahead : len(old) - behind] + after.commands[ahead : len(new) - behind]
    for command in changed:
        names.update(_names(command))
    return frozenset(names)


def _names(command: Command) -> Iterator[str]:
    yield command.name
    yield command.name.rstrip("0123456789.")
    found = call(command)
    if found is not None:
        yield found.name
    if runs_a_file(command):
        yield UNSHOWN


class _Side:
    """The instructions of one side of an edit, taken apart."""

    def __init__(self, document: Document, items: Iterable[Instruction]) -> None:
        self.keywords: set[str] = set()
        self.commands: list[Command] = []
        self.frames: list[Any] = []  # all of the scripts but their commands
        self.counts: list[int] = []  # how many commands each has
        for item in items:
            inner = item.trigger or item
            self.keywords.update((item.keyword, inner.keyword))
            script = document.script(inner) if inner.keyword == "RUN" else None
            if script is not None:
                self.commands += script.commands
                self.frames.append(_frame(inner, script))
                self.counts.append(len(script.commands))

    @property
    def names(self) -> set[str]:
        return {name for command in self.commands for name in _names(command)}


def _frame(item: Instruction, script: Script) -> tuple[Any, ...]:
    flags = tuple([(flag.name, flag.value) for flag in item.flags])
    return (item.form, flags, script.dialect, script.error is None, len(item.heredocs))


def _identity(command: Command) -> tuple[Any, ...]:
    """What two commands share that do the same at the same place of a script."""
    pipeline, wrapper = command.pipeline, command.wrapper
    return (
        _written(command),
        wrapper.name if wrapper is not None else "",
        [one.name for one in pipeline.commands] if pipeline is not None else (),
        command.before,
        command.after,
        command.context,
    )


@kept
def _written(command: Command) -> tuple[Any, ...]:
    return (
        [word.text for word in command.words],
        [(one.name, one.value and one.value.text) for one in command.assignments],
        [(one.operator, one.target and one.target.text) for one in command.redirects],
    )


def _common(old: Sequence[Any], new: Sequence[Any], taken: int) -> int:
    """How many values the two begin with together, `taken` of each left out at the end."""
    count = 0
    for one, other in zip(old[: len(old) - taken], new[: len(new) - taken], strict=False):
        if one != other:
            break
        count += 1
    return count
