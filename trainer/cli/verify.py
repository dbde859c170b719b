"""`codi-train verify`: the check of `codi-hook adapter verify`, and that both weights agree."""

from __future__ import annotations

import click

from codi_hook.cli.adapter import BASE, LOAD
from codi_hook.cli.model import ROOT, open_store


@click.command()
@click.argument("folder", metavar="DIR")
@BASE
@LOAD
@ROOT
def command(folder: str, base: str | None, load: bool, root: str | None) -> None:
    """Check an adapter as `codi-hook adapter verify` does, and compare its weights.

    adapter_model.safetensors, where there is one, must be the same LoRA as adapter.gguf.
    """
    from codi_hook.cli.adapter import tell
    from codi_hook.ranking import adapter_check
    from trainer.package.check import same_weights

    checked = adapter_check.check(folder, open_store(root), base or "", load=load)
    said = same_weights(checked)
    tell(checked)
    click.echo(f"    {said}")
