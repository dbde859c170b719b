"""Install a model: fetch, check, put in place, convert, and only then record it.

Every step leaves either the old state or the new one. Until the manifest names a file it does
not exist for anybody, so a process killed anywhere leaves work that the next pull takes over.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codi_hook.frozen import replace
from codi_hook.models import files, gguf_check, manifest, quantise, sources, stamps
from codi_hook.models.catalog import Base
from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.manifest import File, Manifest
from codi_hook.models.progress import Progress, Silent, megabytes, watch
from codi_hook.models.store import Installed, Store, installed

TEMPORARY = ".new-"


@contextmanager
def locked(root: Path, model_id: str, progress: Progress | None = None) -> Iterator[None]:
    """Hold the lock of a model; whoever comes second waits. Raises ModelError."""
    from filelock import FileLock, Timeout

    place = root / ".locks" / f"{model_id}.lock"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            (progress or Silent()).note(f"waiting for another process that pulls {model_id}")
            lock.acquire()
    except OSError as error:
        raise from_os_error(error, root, "write to the model store") from error
    try:
        yield
    except OSError as error:
        raise from_os_error(error, root, "write to the model store") from error
    finally:
        lock.release()


def pull(
    store: Store,
    base: Base,
    *,
    source: str = "",
    requantise: str | None = None,
    progress: Progress | None = None,
) -> Installed:
    """Install `base`, or repair what is damaged of it. Nothing is fetched that is already there.

    `source` replaces the sources of the catalog. `requantise` replaces the type that the
    catalog converts to; "" keeps the file as it is.

    Raises:
        ModelError: no source gave the file, its digest is wrong, or it cannot be written.
    """
    report = progress or Silent()
    kind = base.requantise if requantise is None else requantise
    kind = "" if kind == base.quantisation else kind
    if found := _intact(store, base, kind):
        return found
    with locked(store.root, base.id, report):
        if found := _intact(store, base, kind):
            return found
        folder = store.folder(base.id)
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"{TEMPORARY}*"):
            stale.unlink()
        known = _manifest(folder, base)
        known = _original(store, base, known, (source,) if source else base.sources, report)
        known = _converted(folder, known, kind, report)
        manifest.write(folder, known)
        file = known.file(known.active)
        assert file is not None
        stamps.record(folder / file.name, file.digest, files.stamp(folder / file.name))
        shutil.rmtree(store.root / ".partial" / base.id, ignore_errors=True)
        return installed(known, file, folder)


def _manifest(folder: Path, base: Base) -> Manifest:
    try:
        known = manifest.read(folder)
    except ModelError:
        known = None  # damaged: the digests are taken anew
    return known or Manifest(base.id, licence=base.licence)


def _intact(store: Store, base: Base, kind: str) -> Installed | None:
    """What is installed, if it is what is wanted and undamaged."""
    try:
        found = store.get(base.id)
        if found is None or (kind and found.quantisation != kind):
            return None
        if not kind and found.origin != found.digest:
            return None
        if base.digest and found.origin != base.digest:
            return None
        store.check(found)
    except ModelError:
        return None
    return found


def _original(
    store: Store, base: Base, known: Manifest, origins: tuple[str, ...], report: Progress
) -> Manifest:
    """The manifest with the file as its source has it, which is then in place."""
    folder, before = store.folder(base.id), known.original()
    expected = base.digest or (before.digest if before else "")
    final = folder / base.file
    if expected and final.is_file() and _has(final, expected):
        origin = before.source if before else origins[0]
    else:
        origin = _fetch_any(store, base, origins, final, expected, report)
    header = gguf_check.read(final)
    if header.kind != "model" or (base.architecture and header.architecture != base.architecture):
        final.unlink()
        raise ModelError(
            f"{origin}: a {header.kind} of architecture {header.architecture!r}, "
            f"and not a model of architecture {base.architecture!r}"
        )
    digest = expected or files.sha256(final)
    if not expected:
        report.note(f"{base.id}: no digest was known; pinned SHA-256 {digest}")
    file = File(base.file, digest, header.size, header.quantisation, origin)
    kept = tuple(one for one in known.files if one.parent == digest)
    return replace(known, architecture=header.architecture, active=file.name, files=(file, *kept))


def _has(path: Path, expected: str) -> bool:
    try:
        gguf_check.read(path)
        return files.sha256(path) == expected
    except ModelError:
        return False


def _fetch_any(
    store: Store, base: Base, origins: tuple[str, ...], final: Path, expected: str, report: Progress
) -> str:
    """Try the sources in order; returns the one that gave the file, which is then in place."""
    failure = ModelError(f"{base.id} has no source", "name one with --source")
    for source in origins:
        key = hashlib.sha256(source.encode()).hexdigest()[:12]
        partial = store.root / ".partial" / base.id / key
        partial.mkdir(parents=True, exist_ok=True)
        _check_space(partial, base)
        try:
            with watch(report, f"pulling {base.id} from {source}", base.transfer, partial):
                got = _fetch(source, partial, base.file, expected)
        except ModelError as error:
            failure = error
            if source != origins[-1]:
                report.note(f"{error}; trying the next source")
            continue
        files.install(got, final)
        return source
    raise failure


def _fetch(source: str, partial: Path, name: str, expected: str) -> Path:
    finished = partial / name
    if expected and finished.is_file() and _has(finished, expected):
        return finished  # a pull was killed after the last byte
    got = sources.fetch(source, partial, name)
    try:
        gguf_check.read(got)
    except ModelError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if expected and (found := files.sha256(got)) != expected:
        shutil.rmtree(partial, ignore_errors=True)
        raise ModelError(
            f"{source}: SHA-256 {found} is not the expected {expected}",
            "the source has other content than the catalog knows; nothing was installed",
        )
    return got


def _check_space(folder: Path, base: Base) -> None:
    """Fail before the download rather than at its end; the partial files count as free."""
    have = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    free, need = shutil.disk_usage(folder).free + have, base.transfer + base.size
    if free < need:
        raise ModelError(
            f"cannot pull {base.id}: {megabytes(need)} are needed in {folder.parents[1]} "
            f"and {megabytes(free)} are free",
            "free some space, or set MODEL_MOUNT_PATH to a folder on another disk",
        )


def _converted(folder: Path, known: Manifest, kind: str, report: Progress) -> Manifest:
    """The manifest with the converted file as the one in use; unchanged where that fails."""
    original = known.original()
    if original is None or not kind or kind == original.quantisation:
        return known
    name = f"{original.name.removesuffix('.gguf')}.{kind}.gguf"
    before = known.file(name)
    if before and (folder / name).is_file() and _has(folder / name, before.digest):
        return replace(known, active=name)
    temporary = folder / f"{TEMPORARY}{os.getpid()}.gguf"
    try:
        with watch(report, f"converting to {kind}", 0, folder / "none"):
            quantise.requantise(folder / original.name, temporary, kind)
        header = gguf_check.read(temporary)
        digest = files.sha256(temporary)
        files.install(temporary, folder / name)
    except (ModelError, OSError) as error:
        temporary.unlink(missing_ok=True)
        report.note(f"{known.id}: kept as {original.quantisation}, not converted: {error}")
        return known
    file = File(name, digest, header.size, header.quantisation, original.source, original.digest)
    return replace(known, active=name, files=(*(f for f in known.files if f.name != name), file))
