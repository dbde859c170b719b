"""Send a large file in parts, and go on with those that are there.

The upload that was begun is remembered in the user's cache, under the store's, the bucket's and
the object's name, together with the SHA-256 of the file. A part counts as there if the server's
MD5 of it is that of the file's part.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import files, s3
from trainer.sync.bucket import DIGEST, Bucket, Object
from trainer.sync.names import Local, mark
from trainer.sync.pool import Meter, each

PART = 8 << 20  # bytes; S3 demands 5 MiB
MOST = 10_000  # parts of an object, S3's limit
ABOVE = 16 << 20  # bytes from which a file is sent in parts
MIB = 1 << 20


def part_size(size: int) -> int:
    """Bytes of a part of a file of `size` bytes: 8 MiB until there were more than 10,000."""
    least = -(-size // MOST)
    return max(PART, -(-least // MIB) * MIB)


@dataclass(frozen=True, slots=True)
class _Upload:
    """An upload that is under way, and the parts that the server has: number → (MD5, size)."""

    id: str
    part: int
    have: dict[int, tuple[str, int]]


def record_path(bucket: Bucket, name: str) -> Path:
    """Where the upload of an object is remembered."""
    return files.cache_root() / "sync" / f"{mark(f'{bucket.identity} {name}')}.json"


def send(bucket: Bucket, local: Local, digest: str, jobs: int, meter: Meter) -> Object:
    """Send `local`, whose SHA-256 is `digest`, in parts; `jobs` of them at a time.

    Raises:
        CodiError: the file changed meanwhile. BotoCoreError, ClientError, OSError.
    """
    record = record_path(bucket, local.name)
    before = files.stamp(local.path)
    upload = _resumed(bucket, local, digest, record) or _begun(bucket, local, digest, record)
    count = -(-local.size // upload.part)

    def one(number: int) -> tuple[int, str]:
        data = _read(local.path, (number - 1) * upload.part, upload.part)
        digest = hashlib.md5(data, usedforsecurity=False)
        there = upload.have.get(number) == (digest.hexdigest(), len(data))
        if not there:
            bucket.client.upload_part(
                Bucket=bucket.name,
                Key=bucket.key(local.name),
                UploadId=upload.id,
                PartNumber=number,
                Body=data,
                ContentMD5=base64.b64encode(digest.digest()).decode(),
            )
        meter.add(len(data), sent=not there)
        return number, digest.hexdigest()

    tags = dict(each(jobs, range(1, count + 1), one))
    if files.stamp(local.path) != before:
        raise CodiError(f"{local.path} changed while it was sent", "push again")
    answer = bucket.client.complete_multipart_upload(
        Bucket=bucket.name,
        Key=bucket.key(local.name),
        UploadId=upload.id,
        MultipartUpload={
            "Parts": [{"PartNumber": at, "ETag": f'"{tags[at]}"'} for at in sorted(tags)]
        },
    )
    record.unlink(missing_ok=True)
    return Object(local.name, local.size, answer["ETag"], digest)


def _read(path: Path, start: int, size: int) -> bytes:
    with open(path, "rb") as stream:
        stream.seek(start)
        return stream.read(size)


def _begun(bucket: Bucket, local: Local, digest: str, record: Path) -> _Upload:
    answer = bucket.client.create_multipart_upload(
        Bucket=bucket.name, Key=bucket.key(local.name), Metadata={DIGEST: digest}
    )
    part = part_size(local.size)
    os.makedirs(record.parent, exist_ok=True)
    files.write_json(record, {"upload": answer["UploadId"], DIGEST: digest, "part": part})
    return _Upload(answer["UploadId"], part, {})


def _resumed(bucket: Bucket, local: Local, digest: str, record: Path) -> _Upload | None:
    """The upload of an earlier run, if it is of this very content and the server still has it."""
    from botocore.exceptions import ClientError

    try:
        raw = files.read_json(record)
    except CodiError:
        raw = None
    if not raw or not isinstance(raw.get("upload"), str):
        return None
    place: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": bucket.key(local.name),
        "UploadId": raw["upload"],
    }
    part = part_size(local.size)
    try:
        if raw.get(DIGEST) != digest or raw.get("part") != part:
            bucket.client.abort_multipart_upload(**place)
            return None
        have = {
            row["PartNumber"]: (row["ETag"].strip('"'), row["Size"])
            for page in bucket.client.get_paginator("list_parts").paginate(**place)
            for row in page.get("Parts", ())
        }
    except ClientError as error:
        if s3.code(error) in (*s3.MISSING, "NoSuchUpload"):
            return None
        raise
    return _Upload(raw["upload"], part, have)
