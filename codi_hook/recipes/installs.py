"""Calls of package managers as several rules look at them, and edits on them."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Edit
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

# apt-get and apt read the same words; what is said of the one holds for the other.
APT = ("apt-get", "apt")
DNF = ("dnf", "microdnf")
RPM_INSTALLS = (
    "install", "group install", "groups install", "module install", "groupinstall", "localinstall",
)  # fmt: skip
# The names that a script may call pip by, of the releases that had it.
_VERSIONS = ("", "2", "3", "2.7", *(f"3.{minor}" for minor in range(2, 16)))
PIP = tuple(f"pip{version}" for version in _VERSIONS)
PYTHON = tuple(f"python{version}" for version in _VERSIONS)
PIP_NAMES = frozenset({"pip", "pip2", "pip3"})


def installs(
    document: Document, *names: str, verb: str = "install", verbs: tuple[str, ...] = ()
) -> Iterator[Call]:
    """The calls of commands with one of the names, whose verb is `verb`, or one of `verbs`."""
    wanted = verbs or (verb,)
    for command in document.commands(*names):
        found = call(command)
        if found is not None and found.verb in wanted:
            yield found


def pip_installs(document: Document) -> Iterator[Call]:
    """``pip install`` by any name, ``python -m pip install`` included."""
    for found in installs(document, *PIP, *PYTHON):
        if found.manager.name in PIP_NAMES:
            yield found


def shown(words: list[Word] | tuple[Word, ...], limit: int = 3) -> str:
    """The first words as written, and how many more there are."""
    texts = [word.text.strip("\"'") for word in words[:limit]]
    more = len(words) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def is_json(command: Command) -> bool:
    """True where the command's words are elements of a JSON array."""
    return command.instruction.form == "json" and "sh -c" not in command.context


def insert_option(command: Command, word: Word, text: str) -> Edit:
    """Add the option behind `word`, as a word or as an element of the JSON array."""
    if is_json(command):
        return Edit(Span(word.span.end, word.span.end), f', "{text}"')
    return insert_after_word(word, text)


def one_line(text: str) -> str:
    """Text of the document on one line, for a title or a reason."""
    return " ".join(text.replace("\\\n", " ").replace("\\\r\n", " ").split())
