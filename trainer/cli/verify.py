"""`codi-train verify`: the check that `codi-hook adapter verify` does, too."""

from __future__ import annotations

import click

from codi_hook.cli.model import ROOT


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--base", metavar="MODEL", help="Id or GGUF of the base that it must fit.")
@ROOT
@click.pass_context
def command(ctx: click.Context, folder: str, base: str | None, root: str | None) -> None:
    """Check an adapter as `codi-hook adapter verify` does."""
    from codi_hook.cli.adapter import verify as check

    ctx.invoke(check, path=folder, base=base, root=root)
