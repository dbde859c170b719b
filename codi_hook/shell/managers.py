"""Calls of package managers: what they do, and to which packages.

`call(command)` is None for a command that is no package manager. Knowledge is in `manager_data`.
"""

from __future__ import annotations

import re
from typing import Any

from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command, Flag, Word
from codi_hook.shell.flags import flag, flags, operands
from codi_hook.shell.manager import Manager
from codi_hook.shell.manager_data import MANAGERS

__all__ = ["MANAGERS", "Call", "Manager", "call"]

_python = pattern(r"(?:python|pypy)[\d.]*\Z").match
_pip = pattern(r"pip(\d)?[\d.]*\Z").match
_url = pattern(r"(?:[a-z][a-z0-9+.]*://|git@|git\+)", re.IGNORECASE).match
_rpm_version = pattern(
    r"-(?:\d+:)?\d[\w.~^+*]*(?:-\d[\w.~^+*]*)?(?:\.(?:x86_64|noarch|aarch64|i[3-6]86|s390x|ppc64le))?\Z"
).search
_only_expansion = pattern(r"[\"']?(?:\$\w+|\$\{[^}]*\}|\$\(.*\)|`.*`)[\"']?\Z", re.DOTALL).match
_npm_repository = pattern(
    r"(?:github|gitlab|bitbucket|gist|file|link):|[\w.-]+/[\w.-]+(?:#|\Z)"
).match
_FILES = {
    "apt": (".deb",),
    "apk": (".apk",),
    "rpm": (".rpm",),
    "zypper": (".rpm",),
    "pip": (".whl", ".tar.gz", ".zip", ".txt", ".tgz", ".tar.bz2"),
    "npm": (".tgz", ".tar.gz"),
    "gem": (".gem",),
    "conda": (".tar.bz2", ".conda", ".yml", ".yaml"),
}
_FLOATING = frozenset({"", "latest", "next", "master", "main", "HEAD", "*"})


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a package manager.

    `verb` is as written ("install", "add", "cache clean", "" if none), `action` what it means
    ("install", "remove", "update-index", "upgrade", "dist-upgrade", "clean", "build", "run",
    "publish", "" if unknown). `packages` are the operands that name packages, `sources` those
    that name files, folders or URLs. Requirement files (``-r``) are in `requirements`.
    """

    command: Command
    manager: Manager
    verb: str
    verb_word: Word | None
    action: str
    packages: tuple[Word, ...]
    sources: tuple[Word, ...]
    requirements: tuple[Word, ...]
    flags: tuple[Flag, ...]

    @property
    def name(self) -> str:
        """The manager's name."""
        return self.manager.name

    def flag(self, *names: str) -> Flag | None:
        """The last option with one of the names; ``--only=dev`` asks for the value as well."""
        wanted = frozenset(names)
        for item in reversed(self.flags):
            if item.name in wanted or (item.value and f"{item.name}={item.value}" in wanted):
                return item
        return None

    def has_flag(self, *names: str) -> bool:
        return self.flag(*names) is not None

    @property
    def says_yes(self) -> bool:
        """It asks no question: by a flag, or because its input is ``yes``."""
        if self.has_flag(*self.manager.yes):
            return True
        if self.manager.family == "apt":
            quiet = [item for item in self.flags if item.name in ("-q", "--quiet")]
            return len(quiet) > 1 or any(item.value == "2" for item in quiet)
        return False

    @property
    def takes_manifest(self) -> bool:
        """It installs what a manifest in the working directory names, and no more than that."""
        return self.action == "install" and not (self.packages or self.sources)

    def pinned(self, word: Word) -> bool:
        """The package has a version, in the manager's way of writing it.

        A word that is nothing but an expansion may hold one, and counts as pinned.
        """
        family = self.manager.family
        text = word.text if word.value is None else word.value
        if word.value is None and _only_expansion(word.text):
            return True
        if family in ("gem", "cargo") and flag(self.command, "-v", "--version", "--vers"):
            return True
        if family == "rpm":
            return _rpm_version(text) is not None or ("$" in text and "-$" in text)
        if family in ("npm", "go", "cargo"):
            version = text[1:].rpartition("@")
            return bool(version[1]) and version[2] not in _FLOATING
        return any(mark in text for mark in self.manager.pin)


def call(command: Command) -> Call | None:
    """The command as a call of a package manager, or None. Kept on the command."""
    memo = command.__dict__
    try:
        found: Call | None = memo["_call"]
    except KeyError:
        origin: Command | None = memo.get("_origin")
        if origin is None:
            found = _call(command)
        else:
            known = call(origin)
            found = None if known is None else MovedCall.of(command, known)
        memo["_call"] = found
    return found


class MovedCall(Call):
    """The call of a moved command (`shell.reuse`): what has no place is taken from the call that
    was moved, and the rest is worked out when somebody asks for it."""

    _known: Call

    @classmethod
    def of(cls, command: Command, known: Call) -> MovedCall:
        found = object.__new__(cls)
        found.__dict__.update(
            command=command,
            manager=known.manager,
            verb=known.verb,
            action=known.action,
            _known=known,
        )
        return found

    def __getattr__(self, name: str) -> Any:
        whole = _call(self.command)
        if whole is None or name not in whole.__dict__:
            raise AttributeError(name)
        self.__dict__.update(whole.__dict__)
        return self.__dict__[name]

    def has_flag(self, *names: str) -> bool:
        return self._known.has_flag(*names)

    @property
    def says_yes(self) -> bool:
        return self._known.says_yes

    @property
    def takes_manifest(self) -> bool:
        return self._known.takes_manifest


def _call(command: Command) -> Call | None:
    name = command.name
    manager = MANAGERS.get(name) or _other_spelling(command)
    if manager is None:
        return None
    given, words = flags(command), operands(command)
    if _python(name):
        given, words = _after_module(command)
    verb, count = _verb(manager, words)
    rest = words[count:]
    action = manager.verbs.get(verb, "") if verb else manager.bare
    if not verb and words:
        verb, rest = words[0].value or words[0].text, words[1:]
        action = ""
    packages, sources = _split(manager, action, verb, rest, given)
    requirements = tuple(
        item.value_word or item.word
        for item in given
        if manager.family == "pip" and item.name in ("-r", "--requirement")
    )
    verb_word = words[0] if verb else None
    return Call(command, manager, verb, verb_word, action, packages, sources, requirements, given)


def _other_spelling(command: Command) -> Manager | None:
    """pip3.11, and ``python -m pip``."""
    name = command.name
    match = _pip(name)
    if match:
        return MANAGERS.get(f"pip{match[1] or ''}", MANAGERS["pip"])
    if _python(name):
        module = flag(command, "-m")
        if module is not None and module.value in ("pip", "pipx", "poetry", "uv"):
            return MANAGERS[module.value]
    return None


def _after_module(command: Command) -> tuple[tuple[Flag, ...], tuple[Word, ...]]:
    """Options and operands of what follows ``python -m pip``."""
    module = flag(command, "-m")
    assert module is not None
    last = module.value_word or module.word
    at = command.words.index(last)
    inner = Command(module.value or "", command.words[at:], command.span, command.instruction)
    return flags(inner), operands(inner)


def _verb(manager: Manager, words: tuple[Word, ...]) -> tuple[str, int]:
    values = [word.value or "" for word in words[:3]]
    for count in (3, 2, 1):
        verb = " ".join(values[:count])
        if len(values) >= count and verb in manager.verbs:
            return verb, count
    if manager.family == "jvm":
        for value in (word.value or "" for word in words):
            goal = value.rpartition(":")[2] if value.startswith(":") else value
            if goal in manager.verbs and goal:
                return goal, len(words)
    return "", 0


def _split(
    manager: Manager, action: str, verb: str, words: tuple[Word, ...], given: tuple[Flag, ...]
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    if action not in ("install", "remove", "upgrade") or manager.family == "jvm":
        return (), ()
    if verb in _NO_PACKAGES.get(manager.family, ()):
        return (), words
    elsewhere = manager.family == "cargo" and any(
        item.name in ("--path", "--git", "--manifest-path") for item in given
    )
    packages: list[Word] = []
    sources: list[Word] = []
    for word in words:
        (sources if elsewhere or _is_source(manager, word) else packages).append(word)
    return tuple(packages), tuple(sources)


_NO_PACKAGES: dict[str, frozenset[str]] = {
    "npm": frozenset({"ci", "clean-install", "fetch", "workspaces focus", "prune"}),
    "go": frozenset({"mod download", "mod vendor"}),
    "cargo": frozenset({"fetch", "chef cook", "vendor"}),
    "pip": frozenset({"sync", "pip sync"}),
    "composer": frozenset({"install", "i"}),
}


def _is_source(manager: Manager, word: Word) -> bool:
    """A file, folder, URL or repository rather than the name of a package."""
    text = word.text.strip("\"'") if word.value is None else word.value
    family = manager.family
    if text.startswith((".", "/", "~")) and not (family == "apk" and text[1:2].isalpha()):
        return family not in ("rpm", "zypper") or text.endswith(".rpm")
    if _url(text) or (family in _FILES and text.endswith(_FILES[family])):
        return True
    if family == "pip":
        return "/" in text or " @ " in text
    if family == "npm" and not text.startswith("@"):
        return _npm_repository(text) is not None
    if family == "go":
        return "." not in text.split("/", 1)[0]
    return False
