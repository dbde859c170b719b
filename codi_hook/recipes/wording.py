"""How messages are put together."""

from __future__ import annotations


def sentence(text: str) -> str:
    """The text with a capital at its beginning, as messages have it; not for names of files."""
    return text[:1].upper() + text[1:]


def clause(text: str) -> str:
    """A message as a reason says it: without the capital."""
    return text[:1].lower() + text[1:]
