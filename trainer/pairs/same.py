"""When two Dockerfiles say the same: the measure by which a candidate restores an author's file.

Two steps. First the text, up to white space and continuations. Where no candidate gives that, what
is said: neither the order of the words of one command counts, nor the place of an instruction
among the others, nor whether variables share an ENV, nor how a cache mount is shared (or whether
it is all of apt's state or the lists alone).
`apt-get -y install x` is then the author's `apt-get install x -y`, and a SHELL is one wherever the
author has put it. Which commands, words and instructions there are counts to the letter.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.recipes.scripts import editable
from codi_hook.shell import parse
from codi_hook.shell.reuse import offer
from codi_hook.source import Source

TOLERANCE = 160  # bytes by which files that say the same differ at most, keywords and blanks apart
_BLANK = re.compile(rb"[\\`][ \t]*\r?\n|\s+")
_BREAK = re.compile(r"[\\`][ \t]*\r?\n")
_MANNER = ("sharing=", "id=")  # how a cache mount is shared, not what is mounted
_ALIAS = re.compile(r"^(?:dst|destination)=")


def squeezed(data: bytes) -> bytes:
    """A text without white space and continuations."""
    return _BLANK.sub(b"", data)


class Author:
    """An author's file, to hold others against."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = squeezed(document.source.data)
        self._known: dict[bytes, bool] = {}

    @cached_property
    def _letters(self) -> Counter[int]:
        return Counter(self.text)

    @cached_property
    def _said(self) -> Counter[str]:
        return meanings(self.document)

    def wrote(self, data: bytes) -> bool:
        """Whether `data` is the author's text, up to white space."""
        return squeezed(data) == self.text

    def said(self, data: bytes) -> bool:
        """Whether `data` says what the author's file says."""
        if data not in self._known:
            self._known[data] = self._says(data)
        return self._known[data]

    def _says(self, data: bytes) -> bool:
        letters = Counter(squeezed(data))
        apart = (letters - self._letters) + (self._letters - letters)
        if apart.total() > TOLERANCE:  # much cheaper than to parse it
            return False
        other = parsed(data, self.document)
        return not other.problems and meanings(other) == self._said


def parsed(data: bytes, like: Document) -> Document:
    """`data` parsed; what it shares with the scripts of `like` is not read again."""
    document = parse(Source(data, like.source.path), like.project)
    offer(like.scripts(), [item for item in document.instructions if item.keyword == "RUN"])
    return document


def meanings(document: Document) -> Counter[str]:
    """What the instructions say, each part a text that is the same for all that says the same."""
    return Counter(one for item in document.instructions for one in _parts(document, item))


def _parts(document: Document, item: Instruction) -> list[str]:
    source = item.source
    if item.pairs and all(pair.value is not None for pair in item.pairs):
        return [
            f"{item.keyword} {pair.key.value}={pair.value.value if pair.value else ''}"
            for pair in item.pairs
        ]
    script = document.script(item) if item.keyword == "RUN" else None
    if script is None or not editable(script) or not script.statements:
        return [squeezed(source.bytes(item.span)).decode("utf-8", "replace")]
    words = [item.keyword, *sorted(_flag(source.text(flag.span)) for flag in item.flags)]
    for one in script.statements:
        words += [*sorted(_BREAK.sub(" ", source.text(one.span)).split()), one.operator]
    return [" ".join(words)]


def _flag(text: str) -> str:
    name, _, value = text.partition("=")
    parts = [_ALIAS.sub("target=", one).rstrip("/") for one in value.split(",")]
    parts = [one.removesuffix("/lists") for one in parts if not one.startswith(_MANNER)]
    return f"{name}={sorted(parts)}"
