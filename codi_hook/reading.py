"""Reading a file that somebody else controls, and finding the repository it lies in."""

from __future__ import annotations

import os
import stat
import sys
from typing import NamedTuple

from codi_hook.errors import CodiError

LIMIT = 1024 * 1024  # bytes; the largest of 90,000 public Dockerfiles has 85,261
STDIN = "-"

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a folder"),
)


class Content(NamedTuple):
    """The bytes of a file, and which file they came from: writing compares all of it again."""

    data: bytes
    path: str  # as it was named
    real: str  # without symbolic links
    device: int = 0
    inode: int = 0


def repository(path: str) -> str:
    """The top folder of the repository that holds `path` (itself never followed), or ""."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return os.path.realpath(folder)
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def read(path: str) -> Content:
    """The content of the regular file at `path`; never blocks on a pipe, never reads a device.

    Raises:
        CodiError: missing, unreadable, not a regular file, larger than `LIMIT`, or a symbolic
            link that leaves the repository it lies in.
    """
    real = _resolved(path)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        # A device may act on being opened, so it is looked at first; the descriptor is then
        # looked at again, since the name may have changed hands in between.
        _regular(path, os.stat(real))
        descriptor = os.open(real, flags)
    except OSError as error:
        raise _unreadable(path, error) from None
    with open(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        _regular(path, found)
        try:
            data = stream.read(LIMIT + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
    if len(data) > LIMIT:
        raise _too_large(path)
    return Content(data, path, real, found.st_dev, found.st_ino)


def read_stdin(name: str = STDIN) -> Content:
    """Everything on standard input, up to the same limit."""
    if sys.stdin is None:
        raise CodiError("standard input is closed", "pipe a Dockerfile in, or name a file", name)
    data = sys.stdin.buffer.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise _too_large(name)
    return Content(data, name, "")


def _resolved(path: str) -> str:
    if "\0" in path:
        raise CodiError("a path cannot hold a NUL byte", "check the path", path)
    real = os.path.realpath(path)
    top = repository(path)
    if top and os.path.commonpath([top, real]) != top:
        hint = f"it leads to {real}; name that file instead"
        raise CodiError("a symbolic link out of the repository is not followed", hint, path)
    return real


def _regular(path: str, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for test, name in _KINDS if test(found.st_mode)), "no regular file")
    raise CodiError(f"is {kind}, not a file", "name a regular file", path)


def _unreadable(path: str, error: OSError) -> CodiError:
    if isinstance(error, FileNotFoundError):
        return CodiError("no such file or folder", "check the path", path)
    if isinstance(error, PermissionError):
        return CodiError("cannot be read: permission denied", "check its permissions", path)
    return CodiError(f"cannot be read: {(error.strerror or 'error').lower()}", "check it", path)


def _too_large(path: str) -> CodiError:
    return CodiError(
        f"is larger than {LIMIT // (1024 * 1024)} MiB", "no Dockerfile needs that much", path
    )
