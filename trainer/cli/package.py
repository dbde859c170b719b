"""`codi-train package`: adapters/<id>/ from the folder of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from codi_hook.cli.model import ROOT, open_store


@click.command()
@click.argument("run", metavar="RUN_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--id", "id", required=True, help="The adapter's id, the name of its folder.")
@click.option("--version", required=True, help="The adapter's version.")
@click.option("--base", default="", metavar="MODEL", help="Id or GGUF of the base; else RUN_DIR's.")
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="metrics.json of `codi-train evaluate` of this adapter.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default="datasets",
    show_default=True,
    help="Where splits/ is, whose rows and digests are described.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="adapters",
    show_default=True,
    help="Where the folder of that id is made.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0.01, 100),
    help="Divides the logits; else the one of the evaluation, else 1.",
)
@click.option("--licence", default="Apache-2.0", show_default=True)
@click.option("--replace", is_flag=True, help="Replace the folder if there is one.")
@click.option(
    "--load/--no-load",
    default=True,
    show_default=True,
    help="Load it in llama.cpp and see that answers change.",
)
@ROOT
def command(root: str | None, **chosen: Any) -> None:
    """Make adapters/ID from RUN_DIR: weights, configuration, metadata and model card.

    RUN_DIR, or its adapter/ or export/, has adapter.gguf, adapter_model.safetensors and
    adapter_config.json; training.json beside them says what it was trained on.
    """
    from codi_hook.cli.adapter import tell
    from trainer.package.build import Order, build

    checked = build(Order(**chosen), open_store(root), lambda note: click.echo(note, err=True))
    tell(checked)
    click.echo(str(chosen["out"] / chosen["id"]))
