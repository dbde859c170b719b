"""``chown -R`` and ``chmod -R`` of what COPY has just put there."""

from __future__ import annotations

import posixpath

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import preceding
from codi_hook.recipes.scripts import editable
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.flags import has_flag
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import call

_braces = pattern(r"\$\{(\w+)\}").sub
_archive = pattern(r"(?i)\.(?:tar|t?gz|t?bz2?|t?xz|zst|zip)\Z|https?://|git@|.*\.git\b").search
_owner = pattern(r"[a-z0-9_][a-z0-9_-]*(?::[a-z0-9_][a-z0-9_-]*)?\Z").match
_mode = pattern(r"[0-7]{3,4}\Z").match
# Folders in which packages and the base image have files of their own.
_of_system = pattern(
    r"/(?:\Z|(?:etc|bin|sbin|lib|lib64|root|run|dev|proc|sys|boot|tmp)/"
    r"|usr/(?!(?:local/)?src/.|(?:local/)?app/)|var/(?!www/|app/|task/)|(?:opt|home|srv|mnt)/\Z"
    r"|home/[^/]+/\Z)"
).match
_ON_USERS = frozenset({
    "addgroup", "adduser", "groupadd", "groupmod", "passwd", "chpasswd", "useradd", "usermod",
    "getent", "id", "set", "true",
})  # fmt: skip
_ON_PATHS = frozenset({"chmod", "chown", "mkdir", "rm", "touch", "ln"})


@dataclass(frozen=True, eq=False)
class Change:
    """A recursive `command` that gives `path` the owner or mode `value`, and the COPYs that have
    put there all that the file shows."""

    command: Command
    value: str
    path: Word
    option: Word
    copies: tuple[Instruction, ...]

    @property
    def flag(self) -> str:
        return f"--{self.command.name}"


@kept
def is_recursive(command: Command) -> bool:
    written = any("R" in word.text or "recurs" in word.text for word in command.args)
    return written and has_flag(command, "-R", "--recursive")


def change(document: Document, command: Command) -> Change | None:
    """The command as a change of what COPYs ahead of it have written, and of nothing else."""
    item = command.instruction
    script = document.script(item)
    if script is None or not editable(script) or document.is_trigger(item):
        return None
    if command.context or command.wrapper or command.pipeline or command.redirects:
        return None
    options = [word for word in command.args if word.text.startswith("-")]
    words = [word for word in command.args if not word.text.startswith("-")]
    if len(words) != 2 or len(options) != 1 or not has_flag(command, "-R", "--recursive"):
        return None
    value = words[0].value or ""
    if not (_owner(value) if command.name == "chown" else _mode(value)):
        return None
    path = _absolute(document, item, unquoted(words[1].text))
    home = "/home/" + value.partition(":")[0]
    if path is None or (_of_system(path + "/") and path != home):
        return None
    copies = _copies(document, item, script, command, path)
    return Change(command, value, words[1], options[0], copies) if copies else None


def _absolute(document: Document, item: Instruction, text: str) -> str | None:
    """The path from the root, without a slash or a dot at its end; None where it is unknown."""
    if any(char in text for char in "*?[~%#"):
        return None
    text = _braces(r"$\1", text)
    if text.startswith("$"):
        return posixpath.normpath(text)
    if not text.startswith("/"):
        folder = effective(document, item)
        text = (join(folder, text) or "") if folder else ""
    return posixpath.normpath(text) if text else None


def _copies(
    document: Document, item: Instruction, script: Script, command: Command, path: str
) -> tuple[Instruction, ...]:
    stage = document.stage_of(item)
    found: list[Instruction] = []
    for other in preceding(document, item):
        run = document.script(other) if other.keyword == "RUN" else None
        if run is not None:
            if _may_write(document, run, run.commands, path):
                return ()
        elif other.keyword in ("COPY", "ADD"):
            target = _absolute(document, other, unquoted(other.arguments[-1].value))
            if target is None or is_below(path, target, itself=False):
                return ()
            if is_below(target, path):
                if _is_unpacked(other) or document.stage_of(other) is not stage:
                    return ()
                found.append(other)
    earlier = tuple(one for one in script.commands if one.position < command.position)
    if _may_write(document, script, earlier, path):
        return ()
    if path.startswith("$") and path not in [
        _absolute(document, copy, unquoted(copy.arguments[-1].value)) for copy in found
    ]:
        return ()  # what else is in the folder cannot be seen
    return tuple(found)


def _is_unpacked(item: Instruction) -> bool:
    """True for an ADD that does more than to copy."""
    return item.keyword == "ADD" and any(_archive(unquoted(one.value)) for one in item.arguments)


def is_below(path: str, folder: str, itself: bool = True) -> bool:
    """True where the path is in the folder, or is the folder itself."""
    return (itself and path == folder) or path.startswith(folder.rstrip("/") + "/")


def _may_write(
    document: Document, script: Script, commands: tuple[Command, ...], path: str
) -> bool:
    """True where one of the commands names the path, or works in it and is not known to leave
    what is there alone."""
    if not editable(script):
        return True
    folder = effective(document, script.instruction)
    inside = folder is None or is_below(folder, path)
    for command in commands:
        if command.name not in _ON_USERS and any(path in text for text in _texts(command)):
            return True
        if inside and not _leaves_folder_alone(command):
            return True
        if command.name in ("cd", "pushd") and command.args:
            inside = inside or not command.args[0].text.startswith("/")
    return False


@kept
def _texts(command: Command) -> list[str]:
    """What it is given and where it writes to, variables without braces."""
    targets = [one.target.text for one in command.redirects if one.target]
    texts = [word.text for word in command.words] + targets
    return [_braces(r"$\1", text) for text in texts]


@kept
def _leaves_folder_alone(command: Command) -> bool:
    if not command.words or command.name in _ON_USERS:
        return True
    if command.name in _ON_PATHS:
        words = [word for word in command.args if not word.text.startswith("-")]
        paths = words[1:] if command.name in ("chmod", "chown") else words
        return all(word.text.startswith("/") for word in paths)
    manager = call(command)
    return manager is not None and manager.manager.system and not manager.sources


def only_users(script: Script, command: Command) -> bool:
    """True where the script does nothing besides `command` but create users and groups."""
    return all(one is command or one.name in _ON_USERS for one in script.commands)
