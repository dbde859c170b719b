"""Statements of one script that another one has word for word: they are moved, not read again.

An edit of a RUN leaves most of its statements as they were, and each of its candidates is read
once. What was read of a statement is the same wherever it stands, but for its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codi_hook.frozen import dataclass
from codi_hook.shell.ast import Assignment, Command, Pipeline, Redirect, Script, Word
from codi_hook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codi_hook.dockerfile.ast import Instruction
    from codi_hook.shell.walk import Walk

Key = tuple[bytes, str, str]  # bytes of the file, the operator before them and the one behind
KNOWN = "known statements"  # among what is kept on an instruction
_new = tuple.__new__


@dataclass(frozen=True, eq=False)
class Piece:
    """All that the walk has made of one statement; `at` is its first command's position."""

    start: int
    at: int
    commands: tuple[Command, ...]
    pipelines: tuple[Pipeline, ...]
    assignments: tuple[Assignment, ...]
    simple: bool


def offer(old: Iterable[Script | None], fresh: Iterable[Instruction]) -> None:
    """Let the scripts of fresh instructions be made of the statements of the old scripts."""
    known: dict[Key, Piece] = {}
    for script in old:
        known.update(getattr(script, "pieces", ()))
    if known:
        for item in fresh:
            (item.trigger or item).memo[KNOWN] = known


def move(piece: Piece, walk: Walk, start: int) -> None:
    """Add the piece to a walk, as if it had been read at `start`."""
    mover = Mover(start - piece.start, walk.instruction)
    at = len(walk.commands)
    moved: dict[int, Command] = {}
    for command in piece.commands:
        moved[id(command)] = mover.command(command, moved, at - piece.at)
    walk.commands += moved.values()
    for pipeline in piece.pipelines:
        own = tuple([moved[id(command)] for command in pipeline.commands])
        copy = Pipeline(own, mover.span(pipeline.span))
        walk.pipelines.append(copy)
        for command in piece.commands:
            if command.pipeline is pipeline:
                moved[id(command)].__dict__["pipeline"] = copy
    walk.assignments += [mover.assignment(one) for one in piece.assignments]


class Mover:
    """Copies values of `ast` to a place so many bytes on, in another instruction."""

    def __init__(self, distance: int, instruction: Instruction) -> None:
        self.distance = distance
        self.instruction = instruction

    def span(self, span: Span) -> Span:
        start, end = span
        return _new(Span, (start + self.distance, end + self.distance))

    def word(self, word: Word) -> Word:
        text, (start, end), value = word
        return _new(Word, (text, _new(Span, (start + self.distance, end + self.distance)), value))

    def assignment(self, one: Assignment) -> Assignment:
        value = one.value and self.word(one.value)
        return Assignment(one.name, value, self.span(one.span))

    def redirect(self, one: Redirect) -> Redirect:
        target = one.target and self.word(one.target)
        return Redirect(one.operator, target, self.span(one.span))

    def command(self, command: Command, moved: dict[int, Command], places: int) -> Command:
        known = command.__dict__
        fields: dict[Any, Any] = {
            "name": command.name,
            "instruction": self.instruction,
            "before": command.before,
            "after": command.after,
            "context": command.context,
            "position": command.position + places,
            "_origin": command,
            "_mover": self,
        }
        # What is `kept` by a function goes for the copy, too.
        fields.update([pair for pair in known.items() if type(pair[0]) is not str])
        if command.assignments:
            fields["assignments"] = tuple([self.assignment(one) for one in command.assignments])
        if command.redirects:
            fields["redirects"] = tuple([self.redirect(one) for one in command.redirects])
        if command.wrapper is not None:
            fields["wrapper"] = moved[id(command.wrapper)]
        copy = object.__new__(Moved)
        copy.__dict__.update(fields)
        return copy


class Moved(Command):
    """A command whose words are moved when somebody asks for them: few are ever looked at."""

    def __getattr__(self, name: str) -> Any:
        known = self.__dict__
        if name == "words":
            by = known["_mover"].distance
            value: Any = tuple(
                [
                    _new(Word, (text, _new(Span, (start + by, end + by)), plain))
                    for text, (start, end), plain in known["_origin"].words
                ]
            )
        elif name == "span":
            value = known["_mover"].span(known["_origin"].span)
        else:
            raise AttributeError(name)
        known[name] = value
        return value
