"""Taking several commands out of one script at once."""

from __future__ import annotations

from collections.abc import Collection

from codi_hook.model import Edit
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Command, Script
from codi_hook.source import Span

_JOINTS = frozenset({"&&", ";", "\n"})


def take_out(script: Script, commands: Collection[Command]) -> tuple[Edit, ...] | None:
    """The script without the commands, each a statement of its own in a chain of ``&&`` or ``;``;
    without any other, the RUN goes as a whole. None where they cannot be taken out as text.

    What is left may run after a failure that used to stop it: the caller knows whether that can
    be, since it knows what the commands do.
    """
    if script.dialect == "exec":
        return (delete(script.instruction),) if len(script.commands) == len(commands) else None
    statements = script.statements
    if not editable(script) or not statements:
        return None
    gone = [
        index
        for index, one in enumerate(statements)
        if one.simple and len(one.commands) == 1 and one.commands[0] in commands
    ]
    if len(gone) != len(commands):
        return None
    if len(gone) == len(statements):
        return (delete(script.instruction),)
    joints = {statements[index].operator for index in gone}
    joints |= {statements[index - 1].operator for index in gone if index}
    if not joints <= _JOINTS | {""}:
        return None
    edits: list[Edit] = []
    for first, last in _groups(gone):
        if last + 1 < len(statements):
            span = Span(statements[first].span.start, statements[last + 1].span.start)
        else:
            span = Span(statements[first - 1].span.end, statements[last].span.end)
        edits.append(Edit(span, ""))
    return tuple(edits)


def _groups(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of successive numbers as (first, last)."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
