"""`codi-hook adapter`: the LoRA adapters that are shipped or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from codi_hook.cli.model import ROOT, fail, open_store

if TYPE_CHECKING:
    from codi_hook.models.adapters import Adapter
    from codi_hook.ranking.adapter_check import Checked


@click.group(no_args_is_help=False)
def adapter() -> None:
    """Look at, check and fetch LoRA adapters."""


@adapter.command("list")
@click.argument("folder", required=False)
def list_adapters(folder: str | None) -> None:
    """List the adapters in FOLDER (those that are shipped or were pulled unless named)."""
    from pathlib import Path

    from codi_hook.models import adapter_pull, adapters, files, registry
    from codi_hook.models.errors import ModelError

    shipped, pulled = registry.default_path().parent, adapter_pull.shelf(files.store_root())
    try:
        trusted = registry.load()
    except ModelError as error:
        fail(error)
    places = [Path(folder)] if folder else [shipped, pulled]
    found = [
        one.parent
        for place in places
        for one in sorted(place.glob(f"*/{adapters.METADATA}"))
        if not one.parent.name.startswith(".")
    ]
    if not found:
        click.echo(f"no adapters in {' or '.join(map(str, places))}")
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


BASE = click.option("--base", metavar="MODEL", help="Id or GGUF of the base that it must fit.")
LOAD = click.option(
    "--load/--no-load",
    default=True,
    show_default=True,
    help="Load it in llama.cpp and see that answers change.",
)


@adapter.command()
@click.argument("path")
@BASE
@LOAD
@ROOT
def verify(path: str, base: str | None, load: bool, root: str | None) -> None:
    """Check an adapter's structure and checksums, that it fits its base, and that it works.

    Without --base, the base that the adapter names is used where it is installed.
    """
    from codi_hook.models.errors import ModelError
    from codi_hook.ranking import adapter_check

    try:
        tell(adapter_check.check(path, open_store(root), base or "", load=load))
    except ModelError as error:
        fail(error)


def tell(checked: Checked) -> None:
    """Print what a check found."""
    click.echo(f"ok: {describe(checked.adapter)}")
    if checked.base:
        click.echo(f"    fits {checked.base.id or checked.base.path}")
    else:
        click.echo("    not compared with a base: none is installed")
    if checked.loaded:
        click.echo("    llama.cpp loads it, and answers change")
    for note in checked.notes:
        click.echo(f"    note: {note}")


@adapter.command()
@click.argument("source")
@click.option("--id", "name", default="", help="Its id, where its metadata does not say one.")
@click.option("--into", metavar="FOLDER", help="Where to put it (default: adapters/ in the store).")
@BASE
@LOAD
@ROOT
def pull(
    source: str, name: str, into: str | None, base: str | None, load: bool, root: str | None
) -> None:
    """Fetch an adapter from SOURCE, verify it, and install it.

    SOURCE is hf:OWNER/NAME[@REVISION] or s3:BUCKET/PREFIX. What fails the check of
    `adapter verify` is not installed, and an interrupted download goes on.
    """
    from pathlib import Path

    from codi_hook.models import adapter_pull, progress
    from codi_hook.models.errors import ModelError
    from codi_hook.ranking import adapter_check

    store = open_store(root)
    place = Path(into) if into else adapter_pull.shelf(store.root)
    try:
        found = adapter_pull.pull(
            source,
            place,
            lambda folder: tell(adapter_check.check(folder, store, base or "", load=load)),
            name=name,
            progress=progress.choose(),
        )
    except ModelError as error:
        fail(error)
    click.echo(str(found))


def describe(loaded: Adapter) -> str:
    base = loaded.base_id or loaded.architecture
    return (
        f"{loaded.id} {loaded.version}: LoRA of rank {loaded.rank}, alpha {loaded.alpha:g}, "
        f"for {base}, sha256:{loaded.digest}"
    )
