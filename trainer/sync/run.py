"""A whole run: the client, the lock, and whatever fails as one clear line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codi_hook.errors import CodiError
from codi_hook.models import files, s3
from codi_hook.models.progress import Progress
from trainer.sync.bucket import Bucket
from trainer.sync.names import clean_prefix, mark
from trainer.sync.pull import pull
from trainer.sync.push import Summary, push


def to_bucket(
    folder: Path,
    name: str,
    prefix: str,
    endpoint: str,
    report: Progress,
    *,
    jobs: int = 8,
    delete: bool = False,
    dry_run: bool = False,
    last: tuple[str, ...] = (),
) -> Summary:
    """Push; see push.py. Raises CodiError."""
    with clear_errors(f"push to {name}", name, folder):
        bucket = Bucket(s3.client(endpoint, jobs + 2), name, clean_prefix(prefix))
        with _alone(f"push {bucket.identity}"):
            return push(
                folder, bucket, report=report, jobs=jobs, delete=delete, dry_run=dry_run, last=last
            )


def from_bucket(
    folder: Path,
    name: str,
    prefix: str,
    endpoint: str,
    report: Progress,
    *,
    jobs: int = 8,
    delete: bool = False,
    dry_run: bool = False,
) -> Summary:
    """Pull; see pull.py. Raises CodiError."""
    with clear_errors(f"pull from {name}", name, folder):
        bucket = Bucket(s3.client(endpoint, jobs + 2), name, clean_prefix(prefix))
        with _alone(f"pull {folder.resolve()}"):
            return pull(folder, bucket, report=report, jobs=jobs, delete=delete, dry_run=dry_run)


@contextmanager
def clear_errors(doing: str, bucket: str, folder: Path) -> Iterator[None]:
    """Turn what the store and the disk raise into CodiError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise s3.explain(error, doing, bucket) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            hint = "free some, then run this again: it goes on where it stopped"
            raise CodiError(f"cannot {doing}: no space left in {folder}", hint) from error
        where = error.filename or folder
        raise CodiError(f"cannot {doing}: {error.strerror or error}: {where}") from error


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """One run at a time for `what`, on this machine. Raises CodiError."""
    from filelock import FileLock, Timeout

    place = files.cache_root() / "sync" / f"{mark(what)}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place, timeout=0):
            yield
    except Timeout:
        raise CodiError(f"another process is at it: {what}", "wait until it has ended") from None
