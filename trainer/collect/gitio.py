"""The git binary over repositories of strangers: nothing of theirs runs, nothing is fetched.

A clone's own configuration can name programs (hooks, file-system monitors, diff and text
converters, signature checkers, transports). All of these are switched off on the command line,
which has the last word; what is read is trees, commits and blobs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from codi_hook.errors import CodiError

CHUNK = 1 << 16
_SETTINGS = (
    "core.attributesFile=/dev/null",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "log.showSignature=false",
    "protocol.allow=never",
    "safe.directory=*",  # its owner may be another user: nothing of the clone is run
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


class GitFailed(Exception):
    """git ended with an error; says what it printed, one line."""


def _command(folder: Path, arguments: Sequence[str]) -> list[str]:
    settings = [part for one in _SETTINGS for part in ("-c", one)]
    return ["git", "--no-pager", *settings, f"--git-dir={folder}", *arguments]


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return own | _ENVIRONMENT


def start(
    folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start git for the repository whose git folder is `folder`.

    Raises:
        CodiError: there is no git.
    """
    try:
        return subprocess.Popen(
            _command(folder.absolute(), arguments),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd=folder,
        )
    except FileNotFoundError:
        raise CodiError("git is not installed", "collect --from-git needs it") from None


def tokens(folder: Path, *arguments: str) -> Iterator[bytes]:
    """What git prints, parted at its NULs, as it comes.

    Raises:
        GitFailed: it ended with an error, or was cut off.
    """
    process = start(folder, *arguments)
    assert process.stdout is not None
    try:
        rest = b""
        while block := process.stdout.read1(CHUNK):  # type: ignore[attr-defined]
            *whole, rest = (rest + block).split(b"\0")
            yield from whole
        if rest:
            yield rest
        if process.wait():
            raise GitFailed(f"git {arguments[0]} ended with {process.returncode}")
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def line(folder: Path, *arguments: str) -> str:
    """The first line that git prints; "" where it prints none or fails."""
    try:
        found = next(tokens(folder, *arguments), b"")
    except GitFailed:
        return ""
    return found.partition(b"\n")[0].decode("utf-8", "replace")


class Blobs:
    """Contents of a repository, one after the other, through one process."""

    def __init__(self, folder: Path, largest: int) -> None:
        self.folder, self.largest = folder, largest

    def __enter__(self) -> Blobs:
        self._process = start(self.folder, "cat-file", "--batch", stdin=subprocess.PIPE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, name: str) -> bytes | None:
        """The blob of that object name, at most `largest` + 1 bytes of it; None where there is
        none.

        Raises:
            GitFailed: git ended, as it does where the repository is damaged.
        """
        source, out = self._process.stdin, self._process.stdout
        assert source is not None and out is not None
        try:
            source.write(name.encode("ascii") + b"\n")
            source.flush()
        except OSError:
            raise GitFailed("git cat-file ended") from None
        head = out.readline().split()
        if not head:
            raise GitFailed("git cat-file ended")
        if len(head) != 3 or not head[2].isdigit():
            return None  # "<name> missing"
        size = int(head[2])
        data = out.read(min(size, self.largest + 1))
        _skip(out, size - len(data) + 1)  # and the line's end behind it
        return data if head[1] == b"blob" else None


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0:
        block = stream.read(min(size, CHUNK))
        if not block:
            raise GitFailed("git cat-file ended")
        size -= len(block)
