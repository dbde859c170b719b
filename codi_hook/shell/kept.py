"""Answers about a script or a command, kept on it.

A patched copy of a document shares the scripts of all instructions that the edit leaves alone,
so what is worked out once serves every candidate of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import Any, Concatenate, ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


def kept(function: Callable[Concatenate[T, P], V]) -> Callable[Concatenate[T, P], V]:
    """Keep the answers of a pure function on its first argument, a Script or a Command.

    The other arguments are hashable. An iterator must not be kept: return a tuple. An answer on a
    Command is taken along when the command is moved (`reuse`): it may rest on the command's own
    words and redirects only, and must not hold any of them, since they have places.
    """

    @wraps(function)
    def answer(subject: T, /, *arguments: P.args, **named: P.kwargs) -> V:
        memo: dict[Any, Any] = subject.__dict__
        key = (function, *arguments, *named.values()) if arguments or named else function
        try:
            found: V = memo[key]
        except KeyError:
            # A moved command's own words need not be moved for an answer that has no places.
            source: T = memo.get("_origin", subject)
            found = memo[key] = function(source, *arguments, **named)
        return found

    return answer
