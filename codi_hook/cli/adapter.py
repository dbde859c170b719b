"""`codi-hook adapter`: the LoRA adapters that are shipped or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from codi_hook.cli.model import ROOT, fail, open_store

if TYPE_CHECKING:
    from codi_hook.models.adapters import Adapter


@click.group(no_args_is_help=False)
def adapter() -> None:
    """Look at and check LoRA adapters."""


@adapter.command("list")
@click.argument("folder", required=False)
def list_adapters(folder: str | None) -> None:
    """List the adapters in FOLDER (those that are shipped unless named)."""
    from pathlib import Path

    from codi_hook.models import adapters, registry
    from codi_hook.models.errors import ModelError

    place = Path(folder) if folder else registry.default_path().parent
    try:
        trusted = registry.load()
    except ModelError as error:
        fail(error)
    found = sorted(one.parent for one in place.glob(f"*/{adapters.METADATA}"))
    if not found:
        click.echo(f"no adapters in {place}")
    for one in found:
        try:
            loaded = adapters.load(one)
        except ModelError as error:
            click.echo(f"{one.name}: not usable: {error.message}")
            continue
        click.echo(describe(loaded))
        for purpose in registry.PURPOSES:
            rules = sorted(trusted.promoted(loaded, purpose))
            click.echo(f"    promoted to {purpose}: {', '.join(rules) or 'no rule'}")


@adapter.command()
@click.argument("path")
@click.option("--base", metavar="MODEL", help="Id or GGUF of the base that it must fit.")
@ROOT
def verify(path: str, base: str | None, root: str | None) -> None:
    """Check an adapter's structure and checksums, and that it fits its base.

    Without --base, the base that the adapter names is used where it is installed.
    """
    from codi_hook.models import adapters
    from codi_hook.models.errors import ModelError

    store = open_store(root)
    try:
        loaded = adapters.load(path)
        name = base or (loaded.base_id if loaded.base_id and store.path(loaded.base_id) else "")
        if name:
            adapters.check_base(loaded, store.resolve(name))
    except ModelError as error:
        fail(error)
    click.echo(f"ok: {describe(loaded)}")
    click.echo(f"    fits {name}" if name else "    not compared with a base: none is installed")


def describe(loaded: Adapter) -> str:
    base = loaded.base_id or loaded.architecture
    return (
        f"{loaded.id} {loaded.version}: LoRA of rank {loaded.rank}, alpha {loaded.alpha:g}, "
        f"for {base}, sha256:{loaded.digest}"
    )
