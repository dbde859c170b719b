"""From the folder to the bucket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from codi_hook.errors import CodiError
from codi_hook.models import files
from codi_hook.models.progress import Progress
from trainer.sync import multipart, names
from trainer.sync.bucket import DIGEST, Bucket, Object, State
from trainer.sync.names import Local
from trainer.sync.pool import Meter, each

CHECKPOINT = 200  # objects, or a fifth of them all, between two writings of the manifest


@dataclass(slots=True)
class Summary:
    """What a run did, or would do: names that were moved and deleted, bytes over the wire."""

    moved: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unchanged: int = 0
    bytes: int = 0


def push(
    folder: Path,
    bucket: Bucket,
    *,
    report: Progress,
    jobs: int = 8,
    delete: bool = False,
    dry_run: bool = False,
    last: Collection[str] = (),
) -> Summary:
    """Make the prefix hold what the folder holds; what is `last` is sent after everything else.

    Raises:
        CodiError: an unsafe name, a link out of the folder, a file that changes meanwhile.
        BotoCoreError, ClientError, OSError: the store or the disk fails.
    """
    local = names.scan(folder)
    if delete and not local:
        raise CodiError(f"{folder} is empty: --delete would delete everything in {bucket}")
    digests = dict(each(jobs, local.values(), lambda one: (one.name, files.sha256(one.path))))
    state = bucket.state(jobs)
    changed = [one for one in local.values() if not _same(one, digests[one.name], state)]
    gone = sorted(state.objects.keys() - local.keys()) if delete else []
    done = Summary([one.name for one in changed], gone, len(local) - len(changed))
    if dry_run:
        done.bytes = sum(one.size for one in changed)
        return done
    objects = {name: one for name, one in state.objects.items() if name not in set(gone)}
    total = sum(one.size for one in changed)
    if changed:
        meter = Meter(report, f"pushing {len(changed)} files to {bucket}", total)
        try:
            for group in (
                [c for c in changed if c.name not in last],
                [c for c in changed if c.name in last],
            ):
                _send(bucket, group, digests, objects, jobs, meter)
        finally:
            report.end()
        done.bytes = meter.sent
    bucket.delete(gone)
    if {name: one for name, one in objects.items() if one.sha256} != state.manifest:
        bucket.write_manifest(objects)
    return done


def _same(local: Local, digest: str, state: State) -> bool:
    """Whether the object holds the file's content."""
    there = state.objects.get(local.name)
    if there is None or (there.size, there.sha256) != (local.size, digest):
        return False
    if state.manifest.get(local.name) == there:
        return True
    # Not seen before as it is now: its own word is checked where the ETag is an MD5.
    tag = there.etag.strip('"')
    return "-" in tag or tag == md5(local.path)


def md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as stream:
        while chunk := stream.read(files.CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _send(
    bucket: Bucket,
    group: Iterable[Local],
    digests: dict[str, str],
    objects: dict[str, Object],
    jobs: int,
    meter: Meter,
) -> None:
    """Send the files, small ones first, and enter each in `objects` when it is there."""
    wanted = list(group)
    small = [one for one in wanted if one.size <= multipart.ABOVE]
    sent = each(jobs, small, lambda one: _put(bucket, one, digests[one.name], meter))
    since = 0
    for put in sent:
        objects[put.name] = put
        since += 1
        if since >= max(CHECKPOINT, len(objects) // 5):
            bucket.write_manifest(objects)
            since = 0
    for large in wanted:
        if large.size > multipart.ABOVE:
            objects[large.name] = multipart.send(bucket, large, digests[large.name], jobs, meter)


def _put(bucket: Bucket, local: Local, digest: str, meter: Meter) -> Object:
    data = local.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise CodiError(f"{local.path} changed while it was sent", "push again")
    check = hashlib.md5(data, usedforsecurity=False).digest()
    answer = bucket.client.put_object(
        Bucket=bucket.name,
        Key=bucket.key(local.name),
        Body=data,
        ContentMD5=base64.b64encode(check).decode(),
        Metadata={DIGEST: digest},
    )
    meter.add(len(data))
    return Object(local.name, len(data), answer["ETag"], digest)
