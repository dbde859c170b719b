"""`codi-train prepare`: from collected files to split pairs in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trainer.options import Counts, data_step

if TYPE_CHECKING:
    from trainer.steps import Runner


@data_step("prepare")
@click.option("--cap", type=click.IntRange(1), default=800, show_default=True)
@click.option("--owner-cap", type=click.IntRange(1), default=40, show_default=True)
def command(runner: Runner, cap: int, owner_cap: int) -> Counts:
    """Label, standardise, make pairs and split: all steps between collect and train."""
    from trainer.label import label
    from trainer.pairs import build
    from trainer.split import split
    from trainer.standardise import standardise

    return {
        **label.run(runner),
        **standardise.run(runner),
        **build.run(runner, cap, owner_cap),
        **split.run(runner),
    }
