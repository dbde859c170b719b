"""Files that a script brings in and takes away again: where commands work, what they write."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.cleaning import expanded
from codi_hook.recipes.layers import is_shipped
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.scripts import editable
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.flags import flag, flags, has_flag, operands
from codi_hook.shell.kept import kept

_plain_variable = pattern(r"\$(\w+)")
_open = pattern(r"[`\\;|&<>()\s]|\$\(").search
_shape = pattern(r"[*?\[]").search
_address = pattern(r"(?:https?|ftp)://[^/\s]+/").match
MOVES_ON = frozenset({"mv", "trap", "shred", "unlink", "eval"})
_CHANGES_FOLDER = frozenset({"cd", "pushd", "popd"})
_APART = ("subshell", "substitution", "function", "sh -c")


@lru_cache(maxsize=4096)
def bare(text: str) -> str | None:
    """A word as one spelling of the path that it names: no quotes, ``$x`` as ``${x}``. None
    where the shell would make something else of it."""
    if text[:1] == "'" and "$" in text:
        return None
    text = text.replace('"', "").replace("'", "")
    return None if not text or _open(text) else _plain_variable.sub(r"${\1}", text)


class Trail:
    """The folder that each command of a script works in, as far as the text tells."""

    def __init__(self, document: Document, script: Script) -> None:
        self.script = script
        self.document = document
        start = effective(document, script.instruction) or ""
        self.wanders, self._folders = self._walk(script, start)

    @staticmethod
    @kept
    def _walk(script: Script, start: str) -> tuple[bool, list[str | None]]:
        """Whether folders are changed in a subshell, and the folder of each command."""
        current: str | None = start
        folders: list[str | None] = []
        wanders = any(
            one.name in _CHANGES_FOLDER and "subshell" in one.context for one in script.commands
        )
        for one in script.commands:
            apart = any(kind in one.context for kind in _APART)
            folders.append(None if apart and wanders else current)
            if one.name in _CHANGES_FOLDER and not apart:
                current = Trail._moved(current, one)
        return wanders, folders

    @staticmethod
    def _moved(current: str | None, command: Command) -> str | None:
        words = command.args
        if command.name != "cd" or len(words) != 1 or words[0].text.startswith("-"):
            return None
        target = bare(words[0].text)
        if target is None or target.startswith("~"):
            return None
        if target.startswith(("/", "$")):
            return target
        return None if current is None else placed(current, target)

    def folder(self, command: Command) -> str | None:
        """None where it cannot be known; "" is the folder that the script starts in."""
        return self._folders[command.position]

    def place(self, command: Command, word: Word | str) -> str | None:
        """The path that a word of the command names, seen from the script's start."""
        text = bare(word if isinstance(word, str) else word.text)
        return None if text is None else self._placed(command, text)

    def _placed(self, command: Command, text: str) -> str | None:
        if text.startswith("~"):
            return None
        if text.startswith(("/", "$")):
            return text
        folder = self.folder(command)
        return None if folder is None else placed(folder, text)

    def gone(self, path: str, after: int) -> bool:
        """True where a command behind position `after` takes the path away, or may do so."""
        return any(self._takes(one, path) for one in self.script.commands if one.position > after)

    def _takes(self, command: Command, path: str) -> bool:
        if command.name == "rm":
            return any(self._matches(command, word, path) for word in operands(command)) or (
                command.wrapper is not None and command.wrapper.name == "xargs"
            )
        if command.name == "find":
            return any(word.text in ("-delete", "-exec", "-execdir") for word in command.args)
        if command.name in MOVES_ON:
            return command.name != "mv" or any(
                self.place(command, word) == path or _shape(word.text) for word in command.args
            )
        return False

    def _matches(self, command: Command, word: Word, path: str) -> bool:
        for text in expanded(word.text):
            known = bare(text)
            if known is None:
                return True
            if known.startswith("${") and known != "${GNUPGHOME}" and not path.startswith(known):
                return True  # a variable may name anything
            target = self.place(command, text)
            if target is None or holds(target, path):
                return True
        return False

    def mentions(self, command: Command, path: str) -> bool:
        """True where a word of the command, or what it redirects to, is the path or matches it."""
        for text, wild in _paths(command):
            place = self._placed(command, text)
            if place == path or (wild and place and holds(place, path)):
                return True
        return False

    def last_use(self, path: str) -> Command | None:
        mentioned = (one for one in reversed(self.script.commands) if self.mentions(one, path))
        return next(mentioned, None)

    def in_layer(self, path: str) -> bool:
        """False for a path in a cache or tmpfs mount of the RUN."""
        return not covers(kept_out(self.script.instruction), path)


@kept
def _paths(command: Command) -> list[tuple[str, bool]]:
    """What the command is given, and where it writes to, as `bare` has it; True with a glob."""
    texts = [word.text for word in command.args]
    texts += [one.target.text for one in command.redirects if one.target]
    texts += [one.value_word.text for one in flags(command) if one.value_word]
    return [(known, bool(_shape(text))) for text in texts if (known := bare(text)) is not None]


def placed(folder: str, path: str) -> str | None:
    if not folder:
        found = posixpath.normpath(path)
        return None if found.startswith("..") else found
    return join(folder, path)


def holds(place: str, path: str) -> bool:
    """True where `place`, which may have wildcards, is the path, a folder above it, or all that
    is in such a folder."""
    if place in (".", "*", "./*", "/"):
        return not path.startswith("/")
    parts, wanted = place.rstrip("/").split("/"), path.split("/")
    return len(parts) <= len(wanted) and all(map(fnmatchcase, wanted, parts))


@dataclass(frozen=True, eq=False)
class Fetched:
    """A file that a command downloads: `path` as `Trail.place` has it."""

    command: Command
    path: str


def fetched(trail: Trail) -> Iterator[Fetched]:
    """The downloads by curl and wget to a file whose name the script tells."""
    for command in trail.script.commands:
        if command.name not in ("curl", "wget"):
            continue
        for word in targets(command):
            path = trail.place(command, word)
            if path and not path.startswith("/dev/"):
                yield Fetched(command, path)


@kept
def targets(command: Command) -> list[str]:
    """The files that a curl or wget writes, as the script would name them."""
    found = [
        one.target.text
        for one in command.redirects
        if one.target is not None and one.operator in (">", ">>", "1>")
    ]
    if command.name == "curl":
        names = ("-o", "--output")
        remote = has_flag(command, "-O", "--remote-name", "--remote-name-all")
    else:
        names = ("-O", "--output-document")
        remote = not has_flag(command, *names) and not has_flag(command, "-i", "--input-file")
    found += [_given(one.value_word, one.value) for one in flags(command) if one.name in names]
    if remote and not has_flag(command, "-J", "--remote-header-name", "--content-disposition"):
        where = flag(command, "-P", "--directory-prefix", "--output-dir")
        folder = _given(where.value_word, where.value).rstrip("/") + "/" if where else ""
        found += [folder + name for name in map(_last, operands(command)) if name]
    return [text for text in found if text and text != "-" and "/dev/" not in text]


def _given(word: Word | None, value: str | None) -> str:
    return word.text if word is not None else value or ""


def _last(word: Word) -> str:
    """The name that a download gets from its address."""
    text = word.text.strip("\"'")
    if "?" in text or "#" in text or not (_address(text) or "/" in text):
        return ""
    name = text.rpartition("/")[2]
    return "" if re.search(r"[`(){},\[\]]", re.sub(r"\$\{\w+\}", "", name)) else name


# What a rule reads that looks for a file's name in the instructions behind a RUN.
LATER = ("RUN", "COPY", "ADD", "CMD", "ENTRYPOINT", "HEALTHCHECK", "VOLUME", "LABEL")


def shipped(document: Document, *names: str) -> Iterator[Script]:
    """The scripts that call one of the commands, may be edited, and whose layer is part of the
    image; triggers are left out."""
    for script in document.scripts():
        if script.names.isdisjoint(names) or not editable(script):
            continue
        stage = document.stage_of(script.instruction)
        if stage is None or document.is_trigger(script.instruction):
            continue
        if is_shipped(document, stage):
            yield script


def named_later(document: Document, script: Script, path: str) -> bool:
    """True where an instruction behind the script's holds the file's name: it may need it."""
    name = path.rstrip("/").rpartition("/")[2]
    name = re.split(r"\$\{\w+\}", name)[0].rstrip("-_.v") or name
    at = document.index(script.instruction)
    return any(name in item.text for item in document.instructions[at + 1 :])
