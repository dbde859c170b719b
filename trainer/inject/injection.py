"""What an injection is: the way back from a practice to the smell that a rule finds.

An injection needs not be sure that its edits make the smell: the rule itself is asked afterwards,
and only a file that one of the rule's candidates turns back into the author's is a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codi_hook.model import Document, Edit

Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Injection:
    """`name` is permanent: labels cite it. `codes` are the rules whose smell it makes, and
    `needs` the keywords and command names without one of which a file has no place for it.
    `share` is the part of the files that it is tried on, below 1 for what nearly every file has:
    the labels of one habit should not be most of the work."""

    name: str
    codes: tuple[str, ...]
    needs: tuple[str, ...]
    make: Callable[[Document], Iterator[Edits]]
    share: float = 1.0


def injection(
    name: str, codes: str, needs: str, share: float = 1.0
) -> Callable[[Callable[[Document], Iterator[Edits]]], Injection]:
    """Makes an `Injection` of the function below; `codes` and `needs` are parted by blanks."""

    def made(make: Callable[[Document], Iterator[Edits]]) -> Injection:
        return Injection(name, tuple(codes.split()), tuple(needs.split()), make, share)

    return made
