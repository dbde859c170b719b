"""The digest of a file, paid once: later looks compare size, time of change and inode.

A stamp is written beside the model, or in the user's cache where the model's folder is
read-only. Two processes that write at once cost one of them its stamp, which is taken again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from codi_hook.models import files, gguf_check
from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.progress import Progress, Silent

NAME = "stamps.json"


def digest(path: Path, *, full: bool = False, progress: Progress | None = None) -> str:
    """SHA-256 of a GGUF, hexadecimal; from its stamp unless `full` or the file has changed.

    Raises:
        ModelError: unreadable, no sound GGUF, or changed while it was read.
    """
    try:
        before = files.stamp(path)
    except OSError as error:
        raise from_os_error(error, path, "read the model") from error
    if not full and (known := _known(path, before)):
        return known
    gguf_check.read(path)
    report = progress or Silent()
    report.begin(f"checking {path.name}", before[0])
    try:
        found = files.sha256(path, report.at)
    finally:
        report.end()
    record(path, found, before)
    return found


def record(path: Path, found: str, stamp: list[int]) -> None:
    """Remember that `path`, as `stamp` shows it, has the digest `found`."""
    if files.stamp(path) != stamp:
        raise ModelError(f"{path}: changed while it was read")
    for place in _places(path):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            entries = _read(place)
            entries[str(path.name)] = {"digest": found, "stamp": stamp}
            files.write_json(place, entries)
            return
        except OSError:
            continue  # read-only or full: the next place, or pay again next time


def _known(path: Path, stamp: list[int]) -> str:
    for place in _places(path):
        entry = _read(place).get(path.name)
        if isinstance(entry, dict) and entry.get("stamp") == stamp:
            return str(entry.get("digest", ""))
    return ""


def _places(path: Path) -> tuple[Path, Path]:
    folder = path.resolve().parent
    key = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    beside = folder / NAME if (folder / "manifest.json").exists() else None
    own = files.cache_root() / "stamps" / f"{key}.json"
    return (beside or own, own)


def _read(place: Path) -> dict[str, object]:
    try:
        return files.read_json(place) or {}
    except ModelError:
        return {}  # a damaged stamp file is no stamp
