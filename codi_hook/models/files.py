"""Digests, stamps and atomic writes of the model store."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codi_hook.models.errors import ModelError, from_os_error

CHUNK = 1 << 20
DIGEST_LENGTH = 64  # hexadecimal digits of a SHA-256


def sha256(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file, hexadecimal. `progress` is told the bytes read so far.

    Raises:
        ModelError: the file cannot be read.
    """
    digest, done = hashlib.sha256(), 0
    try:
        with open(path, "rb", buffering=0) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done)
    except OSError as error:
        raise from_os_error(error, path, "read the file") from error
    return digest.hexdigest()


def stamp(path: Path) -> list[int]:
    """What changes when a file's content is changed behind our back: size, mtime (ns), inode."""
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def sync(path: Path) -> None:
    """Force the content of a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def install(temporary: Path, final: Path) -> None:
    """Put a complete file in place: fsync, rename within the file system, fsync the folder."""
    sync(temporary)
    os.replace(temporary, final)
    sync(final.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object atomically, readable by whoever may read the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8") as stream:
            json.dump(value, stream, indent=2, sort_keys=True)
            stream.write("\n")
        install(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`, or None where there is no such file.

    Raises:
        ModelError: unreadable, or no JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os_error(error, path, "read the file") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object")
    return value


def cache_root() -> Path:
    """The folder for what can be made again: $XDG_CACHE_HOME/codi-hook or ~/.cache/codi-hook."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return home / "codi-hook"


def store_root() -> Path:
    """Where models live: $MODEL_MOUNT_PATH, else models/ in the cache folder."""
    mounted = os.environ.get("MODEL_MOUNT_PATH", "")
    return Path(mounted).expanduser() if mounted else cache_root() / "models"
