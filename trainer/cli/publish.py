"""`codi-train publish`: an adapter for others to pull."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codi_hook.cli.adapter import BASE, LOAD
from codi_hook.cli.model import ROOT
from trainer.cli.sync import store_options

if TYPE_CHECKING:
    from codi_hook.models.adapters import Adapter

FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def _checks(command: Callable[..., Any]) -> Callable[..., Any]:
    return FOLDER(BASE(LOAD(ROOT(command))))


@click.group(no_args_is_help=False)
def command() -> None:
    """Publish the adapter in FOLDER; it is verified first."""


@command.command()
@_checks
@click.option("--repo", required=True, metavar="OWNER/NAME", help="Made if there is none.")
@click.option("--private", is_flag=True, help="If it is made, nobody else can see it.")
@click.option("--revision", default="", metavar="BRANCH", help="Made if there is none.")
@click.option("--message", default="", help="Of the commit; else the id and version.")
def hub(folder: Path, repo: str, private: bool, revision: str, message: str, **chosen: Any) -> None:
    """To a Hugging Face repository, in one commit. The token is HF_TOKEN."""
    from trainer.package import publish

    adapter = _verified(folder, **chosen)
    text = message or f"{adapter.id} {adapter.version}"
    where = publish.to_hub(folder, repo, private=private, revision=revision, message=text)
    click.echo(where)
    at = f"@{revision}" if revision else ""
    click.echo(f"codi-hook adapter pull hf:{repo}{at}")


@command.command()
@_checks
@store_options
def r2(folder: Path, bucket: str, prefix: str, endpoint_url: str, **chosen: Any) -> None:
    """To Cloudflare R2 or another S3-compatible store.

    Without --prefix, to adapters/ID/VERSION.
    """
    from codi_hook.models import progress
    from trainer.package import publish

    adapter = _verified(folder, **chosen)
    place = prefix or f"adapters/{adapter.id}/{adapter.version}"
    source, sent = publish.to_r2(folder, bucket, place, endpoint_url, progress.choose())
    click.echo(f"sent {sent} files")
    click.echo(f"codi-hook adapter pull {source}")


def _verified(folder: Path, base: str | None, load: bool, root: str | None) -> Adapter:
    """The adapter, checked as `codi-train verify` does. Raises CodiError."""
    from codi_hook.cli.adapter import tell
    from codi_hook.cli.model import open_store
    from codi_hook.ranking import adapter_check
    from trainer.package.check import same_weights

    checked = adapter_check.check(folder, open_store(root), base or "", load=load)
    same_weights(checked)
    tell(checked)
    return checked.adapter
