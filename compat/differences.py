"""The classes of findings on which we differ from a peer on purpose.

Each class is a function that recognises one such finding; its docstring is the reason that
docs/compatibility.md gives. tests/test_compat.py proves of every example that the peer and we do
differ on it, and that the class recognises the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document

OURS, THEIRS = "ours", "theirs"  # who reports what the other does not


@dataclass(frozen=True)
class Place:
    """A finding that only one side has: in which document, at which instruction, of which code."""

    document: Document
    instruction: Instruction | None  # None: before the first or after the last
    code: str


@dataclass(frozen=True)
class Difference:
    """`codes` are hadolint's, or names of BuildKit's checks; `example` is a whole Dockerfile."""

    name: str
    codes: tuple[str, ...]
    reported_by: str
    example: str
    recognises: Callable[[Place], bool]
    peer: str = "hadolint"

    @property
    def reason(self) -> str:
        return " ".join((self.recognises.__doc__ or "").split())


DIFFERENCES: list[Difference] = []


def difference(
    *codes: str, reported_by: str, example: str, peer: str = "hadolint"
) -> Callable[[Callable[[Place], bool]], Callable[[Place], bool]]:
    """Register the decorated function as the recogniser of a class of its name."""

    def register(recognises: Callable[[Place], bool]) -> Callable[[Place], bool]:
        name = recognises.__name__.replace("_", "-")
        DIFFERENCES.append(Difference(name, codes, reported_by, example, recognises, peer))
        return recognises

    return register


def classify(place: Place, reported_by: str, peer: str) -> Difference | None:
    """The class that the difference belongs to, None where nobody has explained it."""
    for item in DIFFERENCES:
        side = (item.reported_by, item.peer) == (reported_by, peer)
        if side and _concerns(item, place.code) and item.recognises(place):
            return item
    return None


def _concerns(item: Difference, code: str) -> bool:
    return any(code == known or (known == "SC" and code.startswith("SC")) for known in item.codes)
