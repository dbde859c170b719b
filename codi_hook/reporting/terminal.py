"""Text for a terminal: colours where they are wanted, and nothing that could command it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import BinaryIO

from codi_hook.model import Severity
from codi_hook.patterns import pattern

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}
BY_SEVERITY = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "blue",
    Severity.STYLE: "cyan",
}
# Control characters, also of the second block, and what reorders text (bidirectional marks).
_CONTROL = pattern(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def wants_colour(choice: str, out: BinaryIO, environment: Mapping[str, str]) -> bool:
    """True where `choice` (auto, always, never), the environment and the stream ask for it."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return environment.get("TERM", "dumb") != "dumb" and out.isatty()


def clean(text: str) -> str:
    """One line that shows control characters and undecodable bytes instead of sending them."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\t":
        return "    "
    if character < "\x20":
        return chr(0x2400 + ord(character))
    return "\u2421" if character == "\x7f" else "\ufffd"


def width(text: str) -> int:
    """Columns that cleaned text takes: East Asian wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


class Paint:
    """Wraps text in ANSI codes, or does not."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"
