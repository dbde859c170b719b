"""`codi-hook model`: base models on this machine. Only `pull` uses the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from codi_hook.models.errors import ModelError
    from codi_hook.models.store import Store

ROOT = click.option(
    "--root",
    metavar="FOLDER",
    help="Where models are kept (default: $MODEL_MOUNT_PATH, else the user's cache).",
)


def fail(error: ModelError) -> NoReturn:
    """End with exit status 2 and one clear line."""
    click.echo(f"error: {error}", err=True)
    raise click.exceptions.Exit(2)


def open_store(root: str | None) -> Store:
    from codi_hook.models.store import Store

    return Store(root)


@click.group(no_args_is_help=False)
def model() -> None:
    """Manage the base models that rank and explain."""


@model.command("list")
@ROOT
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def list_models(root: str | None, as_json: bool) -> None:
    """List the known models, and those that are installed."""
    from codi_hook.models import catalog
    from codi_hook.models.errors import ModelError

    store = open_store(root)
    try:
        known = catalog.load()
        present = {one.id: one for one in store.all()}
    except ModelError as error:
        fail(error)
    titles = {base.id: base.title for base in known.bases}
    if as_json:
        import json

        rows = [
            {
                "id": name,
                "default": name == known.default,
                "installed": name in present,
                "path": str(present[name].path) if name in present else None,
                "digest": present[name].digest if name in present else None,
                "quantisation": present[name].quantisation if name in present else None,
            }
            for name in sorted({*titles, *present})
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for name in sorted({*titles, *present}):
        one = present.get(name)
        state = (
            f"installed, {one.quantisation}, {one.size / 1e6:.0f} MB" if one else "not installed"
        )
        mark = " (default)" if name == known.default else ""
        click.echo(f"{name}{mark}: {state}\n    {titles.get(name, 'from your own source')}")
    click.echo(f"store: {store.root}")


@model.command()
@click.argument("model_id", required=False)
@click.option("--source", metavar="SOURCE", help="Take it from here: pypi:, hf:, s3: or file:.")
@click.option("--digest", metavar="SHA256", default="", help="The SHA-256 that it must have.")
@click.option(
    "--quantise",
    type=click.Choice(["auto", "none", "Q8_0", "Q4_0"]),
    default="auto",
    show_default=True,
    help="Type to convert to after the pull; auto is what the catalog measured as best.",
)
@ROOT
def pull(
    model_id: str | None, source: str | None, digest: str, quantise: str, root: str | None
) -> None:
    """Download a model (the default one unless named), check it and install it.

    Pulling again costs nothing when it is intact, goes on after an interruption, and repairs
    what is damaged.
    """
    from codi_hook.models import catalog, progress
    from codi_hook.models.errors import ModelError

    try:
        base = catalog.choose(model_id or "", source or "", digest)
        wanted = {"auto": None, "none": ""}.get(quantise, quantise)
        found = open_store(root).pull(
            base, source=source or "", requantise=wanted, progress=progress.choose()
        )
    except ModelError as error:
        fail(error)
    click.echo(f"{found.id} {found.quantisation} sha256:{found.digest}\n{found.path}")


@model.command()
@click.argument("model_id", required=False)
@ROOT
def path(model_id: str | None, root: str | None) -> None:
    """Print the path of an installed model's GGUF."""
    from codi_hook.models import catalog
    from codi_hook.models.errors import ModelError

    try:
        name = model_id or catalog.load().default
        found = open_store(root).path(name)
        if found is None:
            raise ModelError(f"model {name} is not installed", f"codi-hook model pull {name}")
    except ModelError as error:
        fail(error)
    click.echo(str(found))


@model.command()
@click.argument("model_ids", nargs=-1)
@click.option("--full", is_flag=True, help="Read every byte even where a file has not changed.")
@ROOT
def verify(model_ids: tuple[str, ...], full: bool, root: str | None) -> None:
    """Check installed models against their digests. Exit status 1 where one is damaged."""
    from codi_hook.models import progress
    from codi_hook.models.errors import ModelError

    store, damaged = open_store(root), 0
    report = progress.choose()
    try:
        names = model_ids or tuple(one.id for one in store.all())
        found = [one for name in names for one in store.files(name)]
    except ModelError as error:
        fail(error)
    if not found:
        click.echo(f"no models in {store.root}")
    for one in found:
        try:
            store.check(one, full=full, progress=report)
            click.echo(f"ok: {one.path}")
        except ModelError as error:
            damaged += 1
            click.echo(f"damaged: {error}", err=True)
    raise click.exceptions.Exit(1 if damaged else 0)


@model.command()
@click.argument("model_id")
@ROOT
def remove(model_id: str, root: str | None) -> None:
    """Delete an installed model and what is left of its downloads."""
    from codi_hook.models.errors import ModelError

    try:
        freed = open_store(root).remove(model_id)
    except ModelError as error:
        fail(error)
    click.echo(f"removed {model_id}, {freed / 1e6:.0f} MB")
