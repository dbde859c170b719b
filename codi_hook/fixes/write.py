"""Replacing a file whole or not at all.

The new bytes go to a temporary file in the same folder, reach the disk, and take the old
file's place by a rename. Before that the old file is read again: where anybody else has
changed it since it was checked, nothing is written.
"""

from __future__ import annotations

import contextlib
import os
import stat

from codi_hook.errors import CodiError
from codi_hook.reading import Content, read


def write(content: Content, data: bytes) -> None:
    """Replace the file that `content` was read from by `data`; mode and owner stay.

    A symbolic link stays one: the file it leads to is replaced.

    Raises:
        CodiError: the file changed meanwhile, may not be written, or the disk refused. It is
            then as it was before.
    """
    path, real = content.path, content.real
    try:
        old = os.lstat(real)
    except OSError as error:
        raise _refused(path, error) from None
    _writable(path, real, old)
    temporary = _temporary_name(real)
    try:
        _fill(temporary, data, old, real)
        _unchanged(content)
        os.replace(temporary, real)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    _sync_folder(os.path.dirname(real))


def create(path: str, data: bytes) -> None:
    """Make or replace the file at `path` whole, with the mode of a new file. Raises OSError.

    What exists and is no regular file (a terminal, /dev/null, a pipe) is written to in place.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    temporary = _temporary_name(path)
    try:
        with open(temporary, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _writable(path: str, real: str, old: os.stat_result) -> None:
    # A rename needs no permission on the file itself, so it is asked for here; the mode bits
    # count for root too, whom access() would let pass.
    if not old.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise CodiError("is write-protected and was not changed", "chmod u+w, then again", path)
    if old.st_nlink > 1:
        message = f"has {old.st_nlink} hard links and was not changed"
        raise CodiError(message, "a replaced file would part from the others", path)


def _temporary_name(real: str) -> str:
    folder, name = os.path.split(real)
    unique = f"{os.getpid():x}{os.urandom(4).hex()}"
    return os.path.join(folder, f".{name[:100]}.{unique}.tmp")


def _fill(temporary: str, data: bytes, old: os.stat_result, real: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags | getattr(os, "O_BINARY", 0), 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):
            os.chown(descriptor, old.st_uid, old.st_gid)
        _copy_attributes(real, descriptor)
        os.chmod(descriptor, stat.S_IMODE(old.st_mode))
        os.fsync(descriptor)


def _copy_attributes(real: str, descriptor: int) -> None:
    """Extended attributes (ACLs, labels) where the system has them."""
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):
        for name in os.listxattr(real):
            with contextlib.suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(real, name))


def _unchanged(content: Content) -> None:
    try:
        now = read(content.path)
    except CodiError:
        now = None
    if now is None or now != content:
        message = "changed while it was being fixed and was not written"
        raise CodiError(message, "run the fix again", content.path)


def _refused(path: str, error: OSError) -> CodiError:
    reason = (error.strerror or "error").lower()
    return CodiError(f"cannot be written: {reason}", "the file was left as it was", path)


def _sync_folder(folder: str) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
