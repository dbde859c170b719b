"""What a class of differences is, and how one registers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document

_TOOLS = ("apt", "gem", "go", "npm", "pip", "rpm", "tar", "yum")  # small at the beginning too
_PROPER = {
    "apt get": "apt-get",
    "docker hub": "Docker Hub",
    "env": "ENV",
    "expose": "EXPOSE",
    "healthcheck": "HEALTHCHECK",
    "json": "JSON",
    "onbuild": "ONBUILD",
    "spdx": "SPDX",
    "windows": "Windows",
    "workdir": "WORKDIR",
}

OURS, THEIRS, BOTH = "ours", "theirs", "both"  # who reports what the other does not


@dataclass(frozen=True)
class Place:
    """A finding that only one side has: in which document, at which instruction, of which code."""

    document: Document
    instruction: Instruction
    code: str


@dataclass(frozen=True)
class Difference:
    """`codes` are hadolint's, or names of BuildKit's checks; `example` is a whole Dockerfile.

    `settings` is a configuration of hadolint's, as YAML, without which the rule says nothing.
    """

    name: str
    codes: tuple[str, ...]
    reported_by: str
    example: str
    recognises: Callable[[Place], bool]
    peer: str = "hadolint"
    settings: str = ""

    @property
    def reason(self) -> str:
        return " ".join((self.recognises.__doc__ or "").split())

    @property
    def title(self) -> str:
        words = self.name.replace("-", " ")
        for plain, proper in _PROPER.items():
            words = re.sub(rf"\b{plain}\b", proper, words)
        return words if words.split()[0] in _TOOLS else words[:1].upper() + words[1:]

    def concerns(self, code: str) -> bool:
        return code in self.codes or ("SC" in self.codes and code.startswith("SC"))


DIFFERENCES: list[Difference] = []


def difference(
    codes: str,
    *,
    reported_by: str,
    example: str,
    peer: str = "hadolint",
    settings: str = "",
) -> Callable[[Callable[[Place], bool]], Callable[[Place], bool]]:
    """Register the decorated function as the recogniser of a class of its name.

    `codes` are separated by blanks; "SC" stands for all of ShellCheck's.
    """

    def register(recognises: Callable[[Place], bool]) -> Callable[[Place], bool]:
        name = recognises.__name__.replace("_", "-")
        known = tuple(codes.split())
        item = Difference(name, known, reported_by, example, recognises, peer, settings)
        DIFFERENCES.append(item)
        return recognises

    return register


def classify(place: Place, reported_by: str, peer: str) -> Difference | None:
    """The class that the difference belongs to, None where nobody has explained it."""
    for item in DIFFERENCES:
        side = item.peer == peer and item.reported_by in (reported_by, BOTH)
        if side and item.concerns(place.code) and item.recognises(place):
            return item
    return None
