"""The words of EXPOSE, and one of them taken apart."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document


@dataclass(frozen=True)
class Port:
    """``127.0.0.1:8080:80/tcp``: `before` is what stands before the last colon that is no part of
    a variable, `number` what stands behind it, `protocol` what follows the slash, or ""."""

    before: str
    number: str
    protocol: str

    @property
    def is_mapping(self) -> bool:
        return bool(self.before)


def exposed(document: Document) -> Iterator[tuple[Instruction, Argument]]:
    """Every word of the file's own EXPOSEs; what ONBUILD says is for another file."""
    for item in document.instructions:
        if item.keyword == "EXPOSE":
            for word in item.arguments:
                yield item, word


def port(word: str) -> Port:
    """The parts of a word; quotes around it are left out."""
    text = word.strip("\"'")
    colon = _outside_braces(text, ":")
    slash = _outside_braces(text, "/")
    number = text[colon + 1 :] if slash <= colon else text[colon + 1 : slash]
    protocol = text[slash + 1 :] if slash >= 0 else ""
    return Port(text[: max(colon, 0)], number, protocol.partition(":")[0])


def _outside_braces(text: str, char: str) -> int:
    """Offset of the last `char` that stands in no ``${…}``, or -1."""
    depth, found = 0, -1
    for at, one in enumerate(text):
        if one == "}":
            depth = max(depth - 1, 0)
        elif one == "{" and text[at - 1 : at] == "$":
            depth += 1
        elif one == char and not depth:
            found = at
    return found
