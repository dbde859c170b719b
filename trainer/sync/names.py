"""Names of files as keys of objects, and back: a key never decides to leave the folder."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codi_hook.errors import CodiError

STATE = ".codi-sync"  # ours, in the folder and under the prefix; never a file of the data
MAX_KEY = 1024  # bytes, S3's limit
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Local:
    """A file of the folder: its relative name, where it is, and its size in bytes."""

    name: str
    path: Path
    size: int


def checked(name: str) -> str:
    """`name`, if it is the plain relative name of a file. Raises CodiError."""
    parts = name.split("/")
    bad = not name or CONTROL.search(name) or any(part in ("", ".", "..") for part in parts)
    if bad or PurePosixPath(name).is_absolute() or re.match("[A-Za-z]:", name):
        raise CodiError(f"the object {name!r} has a name that leads out of the folder")
    if parts[0] == STATE:
        raise CodiError(f"the name {name!r} is kept for this program")
    return name


def prefixed(prefix: str, name: str) -> str:
    """The key of `name` under `prefix`. Raises CodiError where it is too long."""
    key = f"{prefix}/{name}" if prefix else name
    if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY:
        raise CodiError(f"the name {name[:60]}… is too long for an object")
    return key


def clean_prefix(prefix: str) -> str:
    """`prefix` without slashes around it. Raises CodiError for one that is no plain path."""
    stripped = prefix.strip("/")
    return checked(stripped) if stripped else ""


def scan(folder: Path) -> dict[str, Local]:
    """The files under `folder` by name.

    A link to a file inside the folder counts as that file.

    Raises:
        CodiError: no folder, a link that leads out of it or to a folder, or no regular file.
        OSError: it cannot be read.
    """
    if not folder.is_dir():
        raise CodiError(f"no such folder: {folder}")
    home, found = folder.resolve(), {}
    for place, folders, names in os.walk(folder, onerror=_raise):
        here = Path(place)
        if here == folder and STATE in folders:
            folders.remove(STATE)
        for link in (here / one for one in folders):
            if link.is_symlink():
                raise CodiError(f"{link}: a link to a folder is not followed", "remove the link")
        for name in names:
            one = _local(here / name, folder, home)
            found[one.name] = one
        folders.sort()
    return found


def _raise(error: OSError) -> None:
    raise error


def _local(path: Path, folder: Path, home: Path) -> Local:
    real = path.resolve()
    if not real.is_relative_to(home):
        raise CodiError(f"{path}: leads out of the folder", "remove the link")
    if not real.is_file():
        raise CodiError(f"{path}: not a regular file")
    if not os.access(real, os.R_OK):
        raise CodiError(f"{path}: permission denied")
    name = path.relative_to(folder).as_posix()
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise CodiError(f"{name!r} is not UTF-8 and cannot be the name of an object") from None
    return Local(checked(name), path, real.stat().st_size)


def destination(folder: Path, name: str) -> Path:
    """Where an object goes, its folder made. Raises CodiError where a link leads elsewhere."""
    path = folder / checked(name)
    home = folder.resolve()
    for parent in reversed(path.relative_to(folder).parents):
        place = folder / parent
        if not place.resolve().is_relative_to(home):
            raise CodiError(f"{place}: leads out of the folder", "remove the link")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise CodiError(f"{path} is a folder, and an object has its name")
    return path


def mark(text: str) -> str:
    """A short file name that stands for `text`."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
