"""`codi-train sync`: data in Cloudflare R2 or another S3-compatible store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trainer.sync.push import Summary

FOLDER = click.argument(
    "folder",
    metavar="[DIR]",
    default="datasets",
    type=click.Path(file_okay=False, path_type=Path),
)
STORE = (
    click.option("--bucket", required=True, envvar="R2_BUCKET", help="Bucket.  [env: R2_BUCKET]"),
    click.option("--prefix", default="", help="Where in the bucket; its root unless named."),
    click.option(
        "--endpoint-url",
        metavar="URL",
        default="",
        help="Else R2_ENDPOINT, R2_ACCOUNT_ID or AWS_ENDPOINT_URL_S3 say where.",
    ),
)
RUN = (
    click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True),
    click.option("--delete", is_flag=True, help="Delete at the target what the source lacks."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
)


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(STORE):
        command = option(command)
    return command


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(RUN):
        command = option(command)
    return FOLDER(store_options(command))


@click.group(no_args_is_help=False)
def command() -> None:
    """Push DIR to a bucket, or pull it from there; only what changed is moved."""


@command.command()
@_options
def push(folder: Path, bucket: str, prefix: str, endpoint_url: str, **chosen: Any) -> None:
    """Send what changed in DIR (datasets unless named)."""
    from codi_hook.models import progress
    from trainer.sync import run

    done = run.to_bucket(folder, bucket, prefix, endpoint_url, progress.choose(), **chosen)
    _say(done, "sent" if not chosen["dry_run"] else "would send", chosen["dry_run"])


@command.command()
@_options
def pull(folder: Path, bucket: str, prefix: str, endpoint_url: str, **chosen: Any) -> None:
    """Fetch what changed into DIR (datasets unless named)."""
    from codi_hook.models import progress
    from trainer.sync import run

    done = run.from_bucket(folder, bucket, prefix, endpoint_url, progress.choose(), **chosen)
    _say(done, "fetched" if not chosen["dry_run"] else "would fetch", chosen["dry_run"])


def _say(done: Summary, verb: str, dry: bool) -> None:
    from codi_hook.models.progress import megabytes

    if dry:
        for name in done.moved:
            click.echo(f"{verb} {name}")
        for name in done.deleted:
            click.echo(f"would delete {name}")
    deleted = (
        f", {'would delete' if dry else 'deleted'} {len(done.deleted)}" if done.deleted else ""
    )
    click.echo(
        f"{verb} {len(done.moved)} files, {megabytes(done.bytes)}; "
        f"{done.unchanged} unchanged{deleted}"
    )
