"""A word that is not known, and the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from codi_hook.errors import CodiError


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like `word`, or ""."""
    import difflib  # only an error pays for it

    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower().replace("_", "-"), by_lower, 1, 0.6)
    return by_lower[found[0]] if found else ""


def unknown(
    what: str, word: str, known: Iterable[str], path: str = "", line: int = 0, column: int = 0
) -> CodiError:
    """The error for an unknown `what` ("key", "rule"), with a suggestion or the list of all."""
    known = list(known)
    near = closest(word, known)
    if near:
        hint = f"did you mean {near}?"
    else:
        hint = f"known: {', '.join(known)}" if len(known) <= 40 else "see `codi-hook rules`"
    return CodiError(f"unknown {what} {word!r}", hint, path, line, column)
