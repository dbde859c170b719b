"""The nodes of a Dockerfile. Immutable; every one knows the bytes it came from.

Spans are absolute byte offsets. Instructions do not know their document, their stage or their
index: the same object serves in a document and in the patched copies that verification makes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from codi_hook.frozen import dataclass, field
from codi_hook.source import Source, Span


@dataclass(frozen=True, slots=True)
class Problem:
    """Why BuildKit would refuse the file: a one-line message, where, and what to do."""

    message: str
    span: Span
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: ``# syntax=…``, ``# escape=…`` or ``# check=…`` (name in lower case)."""

    name: str
    value: str
    span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment line, from its ``#`` to before the line ending; `text` lacks ``#`` and blanks.

    `inside` is True for a comment line within an instruction's continuation.
    """

    text: str
    span: Span
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One word of an instruction, with its quotes and escapes as they were written.

    In JSON form `value` is the decoded string and `span` covers the quoted literal.
    """

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and value of ENV, LABEL or ARG. `separator` is ``"="`` or, in the old form, ``" "``.

    `value` is None for an ARG without a default. Both keep their quotes; `span` covers both.
    """

    key: Argument
    value: Argument | None
    separator: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """An instruction's flag, ``--name`` or ``--name=value``; `name` is in lower case, no dashes."""

    name: str
    value: str | None
    span: Span
    value_span: Span | None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document. `span` runs from the first content line through the terminator line.

    `expand` is False where the name was quoted; `strip_tabs` is True for ``<<-``; `word_span`
    is the ``<<NAME`` word on the instruction's line.
    """

    name: str
    expand: bool
    strip_tabs: bool
    descriptor: int
    word_span: Span
    content_span: Span
    span: Span


@dataclass(frozen=True, eq=False)
class Instruction:
    """One instruction, its continuation lines and here-documents included.

    `span` runs from the keyword through the last byte before the final line ending.
    `keyword` is in upper case; `source.text(keyword_span)` is what was written.
    `form` is "json" (exec form), "shell" (one string) or "words".
    `arguments` are the words after the flags; in shell form the single argument is the
    logical line with continuations removed, as BuildKit has it.
    `pairs` is filled for ENV, LABEL and ARG; `trigger` is the inner instruction of ONBUILD.
    `body_span` covers what follows keyword and flags on the logical line, without heredocs.
    `segments` maps the logical line to bytes: (logical offset, byte offset, length), in bytes.
    """

    source: Source
    span: Span
    keyword: str
    keyword_span: Span
    flags: tuple[Flag, ...]
    form: str
    arguments: tuple[Argument, ...]
    body_span: Span
    pairs: tuple[Pair, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    trigger: Instruction | None = None
    segments: tuple[tuple[int, int, int], ...] = ()
    comments: tuple[Comment, ...] = ()  # inside its continuations
    leading: tuple[Comment, ...] = ()  # since the instruction before it
    problem: Problem | None = None
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)  # derived views, by their key

    @property
    def text(self) -> str:
        return self.source.text(self.span)

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(argument.value for argument in self.arguments)

    @cached_property
    def start_line(self) -> int:
        return self.source.line(self.span.start)

    @cached_property
    def end_line(self) -> int:
        return self.source.line(self.span.end)  # the offset of its line ending, or of the end

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name, as BuildKit takes it, or None."""
        found = None
        for flag in self.flags:
            if flag.name == name:
                found = flag
        return found

    def pair(self, key: str) -> Pair | None:
        return next((pair for pair in self.pairs if pair.key.value == key), None)
