"""Fetch an adapter: hf:OWNER/NAME[@REVISION], s3:BUCKET/PREFIX or file:FOLDER.

Its metadata.json says which files there are; nothing else is fetched. They are gathered beside
the place where adapters are kept, checked there, and only then put in place as one folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from codi_hook.models import adapters, files, sources
from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.progress import Progress, Silent, watch

SCHEMES = ("hf", "s3", "file")


def shelf(root: Path) -> Path:
    """Where the adapters that were pulled lie, beside the base models."""
    return root / "adapters"


def pull(
    source: str,
    place: Path,
    check: Callable[[Path], object],
    *,
    name: str = "",
    progress: Progress | None = None,
) -> Path:
    """Fetch an adapter to a folder in `place` and return that folder.

    `check` raises ModelError for a folder that must not be installed. `name` is the adapter's id;
    without it, the one in its metadata, else the end of the source.

    Raises:
        ModelError: the source cannot be had, or what came from it failed the check.
    """
    from codi_hook.models.pull import locked

    _check_source(source)
    mark = _mark(source)
    with locked(place, f"adapter-{mark}", progress):
        stage = place / ".partial" / mark
        with watch(progress or Silent(), f"pulling {source}", 0, stage):
            folder = _gather(source, stage, name)
        final = place / folder.name
        check(folder)
        install(folder, final)
        shutil.rmtree(stage, ignore_errors=True)
    return final


def _check_source(source: str) -> None:
    kind, _, rest = source.partition(":")
    plain = rest.partition("@")[0].strip("/")
    if kind not in SCHEMES or not plain or (kind == "hf" and plain.count("/") != 1):
        raise ModelError(
            f"not a source of adapters: {source}", "hf:OWNER/NAME[@REVISION], s3:BUCKET/PREFIX"
        )


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _member(source: str, name: str) -> str:
    """The source of one file of the adapter."""
    if not source.startswith("hf:"):
        return f"{source.rstrip('/')}/{name}"
    path, _, revision = source.partition("@")
    return f"{path.rstrip('/')}/{name}" + (f"@{revision}" if revision else "")


def _gather(source: str, stage: Path, name: str) -> Path:
    """All files of the adapter in one folder of its name under `stage`."""
    parts = stage / "parts"
    described = _fetch(source, adapters.METADATA, parts)
    raw = files.read_json(described) or {}
    known = name or raw.get("id") or PurePosixPath(source.partition("@")[0].partition(":")[2]).name
    if not isinstance(known, str) or not adapters.ID.fullmatch(known):
        raise ModelError(f"{source}: not a usable adapter id: {known!r}", "name one with --id")
    folder = stage / "whole" / known
    for other in (stage / "whole").glob("*"):
        if other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _wanted(source, raw.get("checksums"))
    for there in folder.rglob("*"):
        if there.is_file() and there.relative_to(folder).as_posix() not in wanted:
            there.unlink()  # of an earlier state of the source
    for member, digest in wanted.items():
        target = folder / member
        if not (target.is_file() and files.sha256(target) == digest):
            got = _fetch(source, member, parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(got, target)
    os.replace(described, folder / adapters.METADATA)
    return folder


def _wanted(source: str, sums: object) -> dict[str, str]:
    """The files that metadata.json lists, none of which leads out of the folder."""
    if not isinstance(sums, dict) or adapters.WEIGHTS not in sums:
        raise ModelError(f"{source}: {adapters.METADATA} lists no {adapters.WEIGHTS}")
    if len(sums) > adapters.MAX_FILES:
        raise ModelError(
            f"{source}: {adapters.METADATA} lists more than {adapters.MAX_FILES} files"
        )
    for name in sums:
        place = PurePosixPath(name)
        odd = not name or "\\" in name or ".." in place.parts or str(place) != name
        if odd or place.is_absolute() or name == adapters.METADATA:
            raise ModelError(f"{source}: {adapters.METADATA} lists the file {name!r}")
        if place.suffix.lower() not in adapters.DATA:
            raise ModelError(f"{source}: {name} is not allowed in an adapter")
    return {name: str(value).removeprefix("sha256:") for name, value in sums.items()}


def _fetch(source: str, name: str, parts: Path) -> Path:
    """One file, in a folder of its own in which an interrupted download goes on."""
    own = parts / _mark(name)
    own.mkdir(parents=True, exist_ok=True)
    return sources.fetch(_member(source, name), own, "complete")


def install(staged: Path, final: Path) -> None:
    """Put a whole folder in place of `final`, in one step where there is none yet.

    Raises:
        ModelError: it cannot be written; then `final` is what it was.
    """
    try:
        for path in [*staged.rglob("*"), staged]:
            files.sync(path)
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = final.with_name(f".{final.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        if final.exists():
            os.rename(final, aside)
        try:
            os.rename(staged, final)
        except OSError:
            if aside.exists():
                os.rename(aside, final)
            raise
        files.sync(final.parent)
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise from_os_error(error, final, "install the adapter") from error
