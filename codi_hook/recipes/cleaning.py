"""Whether a script takes a folder's contents away again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.kept import kept

_home = pattern(r"(?:~|\$HOME|\$\{HOME\})(?=/|\Z)").match
_braces = pattern(r"\{([^{},]*(?:,[^{},]*)+)\}").search
_DELETES = frozenset({"-delete", "rm"})


@kept
def removes(command: Command, path: str, home: str = "/root") -> bool:
    """True for ``rm`` or ``find … -delete`` of the absolute `path`, of what is in it, or of a
    folder above it."""
    if command.name == "rm":
        return any(_is_or_holds(place, path) for place in _places(command.args, home))
    if command.name == "find":
        texts = {word.value for word in command.args}
        return not _DELETES.isdisjoint(texts) and any(
            place == path or path.startswith(place + "/") for place in _places(command.args, home)
        )
    return False


def removed(script: Script, path: str, after: int = -1, home: str = "/root") -> bool:
    """True where a command behind position `after` removes the path."""
    return any(
        command.position > after and removes(command, path, home) for command in script.commands
    )


def insists(script: Script, path: str, home: str = "/root") -> bool:
    """True where an ``rm`` without ``-f`` fails if the path, or what is in it, is not there."""
    return any(
        command.name == "rm"
        and not any(_forces(word.text) for word in command.args)
        and removes(command, path, home)
        for command in script.commands
    )


def _forces(text: str) -> bool:
    return text == "--force" or (text[:1] == "-" and text[:2] != "--" and "f" in text)


def only_removes(command: Command, path: str) -> bool:
    """True for an ``rm`` of nothing else than what is in `path`: taking it out loses no more."""
    places = [word for word in command.args if not word.text.startswith("-")]
    return (
        command.name == "rm"
        and len(places) == 1
        and places[0].text.rstrip("*").rstrip("/") == path
        and not command.redirects
    )


def _places(words: tuple[Word, ...], home: str) -> Iterator[str]:
    """The operands as absolute paths, braces expanded, without what stands for "all in it"."""
    for word in words:
        text = word.text.strip("\"'")
        if text.startswith("-"):
            continue
        for place in expanded(_home_at(text, home)):
            yield re.sub(r"/+(?:\*+|\.\[?\^?\.?\]?\*|\{?\*?,?\.\*\}?)?\Z", "", place)


def _home_at(text: str, home: str) -> str:
    match = _home(text)
    return home + text[match.end() :] if match else text


def expanded(text: str) -> Iterator[str]:
    """The words that the shell makes of one with braces, ``a{b,c}``."""
    match = _braces(text)
    if match is None:
        yield text
        return
    for part in match[1].split(","):
        yield from expanded(text[: match.start()] + part + text[match.end() :])


def _is_or_holds(place: str, path: str) -> bool:
    if not place.startswith("/"):
        return False
    parts, wanted = place.split("/"), path.split("/")
    return len(parts) <= len(wanted) and all(map(_fits, wanted, parts))


def _fits(name: str, part: str) -> bool:
    if name == part:
        return True
    return any(char in part for char in "*?[") and fnmatchcase(name, part)  # it compiles, so rarely
