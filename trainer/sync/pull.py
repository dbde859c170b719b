"""From the bucket to the folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from codi_hook.errors import CodiError
from codi_hook.models import files, s3
from codi_hook.models.progress import Progress
from trainer.sync import names
from trainer.sync.bucket import Bucket, Object
from trainer.sync.names import STATE, Local
from trainer.sync.pool import Meter, each
from trainer.sync.push import Summary, md5

WHOLE = files.CHUNK  # bytes up to which an object is fetched in one go
ATTEMPTS = 3  # of one object in one run; each goes on at its byte


def pull(
    folder: Path,
    bucket: Bucket,
    *,
    report: Progress,
    jobs: int = 8,
    delete: bool = False,
    dry_run: bool = False,
) -> Summary:
    """Make the folder hold what the prefix holds.

    An object whose content is not what its SHA-256 says is not put in place; the others are, and
    then that is an error.

    Raises:
        CodiError: an unsafe name, a damaged or lost object.
        BotoCoreError, ClientError, OSError: the store or the disk fails.
    """
    state = bucket.state(jobs)
    if delete and not state.objects:
        raise CodiError(f"{bucket} is empty: --delete would delete everything in {folder}")
    local = names.scan(folder) if folder.exists() else {}
    same = dict(each(jobs, state.objects.values(), lambda one: (one.name, _same(one, local))))
    wanted = [one for one in state.objects.values() if not same[one.name]]
    gone = sorted(local.keys() - state.objects.keys()) if delete else []
    done = Summary([one.name for one in wanted], gone, len(same) - len(wanted))
    if dry_run:
        done.bytes = sum(one.size for one in wanted)
        return done
    damaged = _fetch(folder, bucket, wanted, jobs, report, done)
    for name in gone:
        _remove(folder, local[name].path)
    if damaged or state.lost:
        raise _incomplete(bucket, damaged, state.lost)
    shutil.rmtree(folder / STATE, ignore_errors=True)
    return done


def _same(one: Object, local: dict[str, Local]) -> bool:
    """Whether the file holds the object's content; an object without a SHA-256 has its MD5."""
    there = local.get(one.name)
    if there is None or there.size != one.size:
        return False
    if one.sha256:
        return files.sha256(there.path) == one.sha256
    return md5(there.path) == one.etag.strip('"')


def _fetch(
    folder: Path, bucket: Bucket, wanted: list[Object], jobs: int, report: Progress, done: Summary
) -> list[str]:
    """Fetch the objects; returns the names of those that are damaged."""
    if not wanted:
        return []
    parts = folder / STATE
    parts.mkdir(parents=True, exist_ok=True)
    if parts.is_symlink():
        raise CodiError(f"{parts}: leads out of the folder", "remove the link")
    need = sum(one.size for one in wanted) - sum(one.stat().st_size for one in parts.glob("*.part"))
    if need > shutil.disk_usage(folder).free:
        raise CodiError(f"{need / 1e6:.0f} MB are needed in {folder}, and less is free")
    total = sum(one.size for one in wanted)
    meter = Meter(report, f"pulling {len(wanted)} files from {bucket}", total)
    try:
        results = each(jobs, wanted, lambda one: _one(folder, bucket, one, meter))
        damaged = [name for name in results if name]
    finally:
        report.end()
    done.bytes = meter.sent
    return sorted(damaged)


def _one(folder: Path, bucket: Bucket, one: Object, meter: Meter) -> str:
    """Fetch an object and put it in place; its name where it is damaged, else ""."""
    from botocore.exceptions import ClientError

    target = names.destination(folder, one.name)
    part = folder / STATE / f"{names.mark(one.name)}.part"
    try:
        if one.size <= WHOLE:
            part.write_bytes(_whole(bucket, one))
            meter.add(one.size)
        else:
            _download(bucket, one, part, meter)
    except ClientError as error:
        if s3.code(error) not in (*s3.MISSING, "PreconditionFailed", "412"):
            raise
        raise CodiError(f"{one.name} changed in {bucket} meanwhile", "pull again") from error
    if one.sha256 and files.sha256(part) != one.sha256:
        part.unlink()
        return one.name
    files.sync(part)  # a name never has less than its content; the names themselves may wait
    os.replace(part, target)
    part.with_suffix(".json").unlink(missing_ok=True)
    return ""


def _whole(bucket: Bucket, one: Object) -> bytes:
    """A small object: there is nothing to go on with, so nothing is written down about it."""
    key = bucket.key(one.name)
    answer = bucket.client.get_object(Bucket=bucket.name, Key=key, IfMatch=one.etag)
    data = b"".join(answer["Body"].iter_chunks(files.CHUNK))
    if len(data) != one.size:
        raise CodiError(f"{one.name}: the connection ended early", "pull again")
    return data


def _download(bucket: Bucket, one: Object, part: Path, meter: Meter) -> None:
    from botocore.exceptions import (
        ConnectionClosedError,
        IncompleteReadError,
        ReadTimeoutError,
        ResponseStreamingError,
    )

    known = {"etag": one.etag, "size": one.size, "key": bucket.key(one.name)}
    meter.add(s3.continued(part, known), sent=False)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            s3.download(bucket.client, bucket.name, bucket.key(one.name), part, known, meter.add)
            return
        except (
            ConnectionClosedError,
            IncompleteReadError,
            ReadTimeoutError,
            ResponseStreamingError,
        ):
            if attempt == ATTEMPTS:
                raise


def _remove(folder: Path, path: Path) -> None:
    path.unlink(missing_ok=True)
    for parent in path.relative_to(folder).parents:
        place = folder / parent
        if place == folder or any(place.iterdir()):
            return
        place.rmdir()


def _incomplete(bucket: Bucket, damaged: list[str], lost: tuple[str, ...]) -> CodiError:
    said = []
    for what, found in (("damaged", damaged), ("lost", list(lost))):
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            said.append(f"{what}: {', '.join(found[:3])}{more}")
    hint = "push the folder again from a machine that has it"
    return CodiError(f"{bucket} is not what its manifest says; {'; '.join(said)}", hint)
