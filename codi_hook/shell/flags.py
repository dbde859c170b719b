"""Options and operands of a command, in whatever spelling they were written."""

from __future__ import annotations

from typing import NamedTuple

from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command, Flag, Word
from codi_hook.shell.options import BARE_CLUSTER, SINGLE_DASH, TWO_LETTERS, VALUES

_versioned = pattern(r"(python|pip)\d[\d.]*\Z").match
_letters = pattern(r"-[A-Za-z0-9#?]").match


class Parsed(NamedTuple):
    flags: tuple[Flag, ...]
    operands: tuple[Word, ...]


def flags(command: Command) -> tuple[Flag, ...]:
    """All options in order; a cluster gives one for each letter."""
    return _parsed(command).flags


def operands(command: Command) -> tuple[Word, ...]:
    """The words that are neither options nor their values."""
    return _parsed(command).operands


def flag(command: Command, *names: str) -> Flag | None:
    """The last option with one of the names (dashes included), as most programs take it."""
    for item in reversed(_parsed(command).flags):
        if item.name in names:
            return item
    return None


def has_flag(command: Command, *names: str) -> bool:
    origin: Command = command.__dict__.get("_origin", command)  # a moved command has the same
    return flag(origin, *names) is not None


def _parsed(command: Command) -> Parsed:
    memo = command.__dict__
    found: Parsed | None = memo.get("_parsed")
    if found is None:
        found = memo["_parsed"] = _parse(command)
    return found


_values: dict[str, frozenset[str]] = {}


def values_of(name: str) -> frozenset[str]:
    """The options of a command that take a value."""
    known = _values.get(name)
    if known is None:
        from codi_hook.shell.manager_data import MANAGERS

        match = _versioned(name)
        plain = match[1] if match else name  # python3.11 takes what python takes
        manager = MANAGERS.get(plain)
        text = VALUES.get(plain, "")
        known = frozenset(text.split())
        if manager is not None:
            known |= manager.values
        _values[name] = known
    return known


def _parse(command: Command) -> Parsed:
    values = values_of(command.name)
    single = command.name in SINGLE_DASH
    words = command.args
    found: list[Flag] = []
    operands: list[Word] = []
    at, count = 0, len(words)
    if words and command.name in BARE_CLUSTER and (words[0].value or "-")[0] != "-":
        at = _bare_cluster(words, values, found)
    while at < count:
        word = words[at]
        at += 1
        text = word.text if word.value is None else word.value
        if len(text) < 2 or text[0] != "-":
            operands.append(word)
        elif text == "--":
            operands.extend(words[at:])
            break
        elif text[1] == "-" or (single and len(text) > 2):
            at += _long(word, text, words[at : at + 1], values, found)
        elif text in values:
            at += _with_value(text, word, words[at : at + 1], found)
        else:
            pairs = TWO_LETTERS.get(command.name, frozenset())
            at += _cluster(word, text, words[at : at + 1], values, found, pairs)
    return Parsed(tuple(found), tuple(operands))


def _long(
    word: Word, text: str, following: tuple[Word, ...], values: frozenset[str], found: list[Flag]
) -> int:
    name, equals, value = text.partition("=")
    if equals:
        found.append(Flag(name, word, value))
        return 0
    if name in values:
        return _with_value(name, word, following, found)
    found.append(Flag(name, word))
    return 0


def _with_value(name: str, word: Word, following: tuple[Word, ...], found: list[Flag]) -> int:
    if not following:
        found.append(Flag(name, word))
        return 0
    value = following[0]
    found.append(Flag(name, word, value.text if value.value is None else value.value, value))
    return 1


def _cluster(
    word: Word,
    text: str,
    following: tuple[Word, ...],
    values: frozenset[str],
    found: list[Flag],
    pairs: frozenset[str],
) -> int:
    """``-y``, ``-qy``, ``-oa=b``, ``-qqo a=b``, ``-q=2``."""
    if not _letters(text):
        found.append(Flag(text, word))
        return 0
    at = 1
    while at < len(text):
        length = 2 if text[at : at + 2] in pairs else 1
        name = "-" + text[at : at + length]
        rest = text[at + length :]
        if name in values:
            if not rest:
                return _last_value(name, word, following, len(text) > 2, found)
            found.append(Flag(name, word, rest.removeprefix("="), None, cluster=at > 1))
            return 0
        if rest.startswith("="):
            found.append(Flag(name, word, rest[1:], None, cluster=at > 1))
            return 0
        found.append(Flag(name, word, cluster=len(text) > length + 1))
        at += length
    return 0


def _last_value(
    name: str, word: Word, following: tuple[Word, ...], several: bool, found: list[Flag]
) -> int:
    value = following[0] if following else None
    text = None if value is None else (value.text if value.value is None else value.value)
    found.append(Flag(name, word, text, value, cluster=several))
    return len(following)


def _bare_cluster(words: tuple[Word, ...], values: frozenset[str], found: list[Flag]) -> int:
    """``tar xzf file``: the letters' values follow in their order."""
    at = 1
    for letter in words[0].value or "":
        name = "-" + letter
        if name in values and at < len(words):
            value = words[at]
            text = value.text if value.value is None else value.value
            found.append(Flag(name, words[0], text, value, cluster=True))
            at += 1
        else:
            found.append(Flag(name, words[0], cluster=True))
    return at
