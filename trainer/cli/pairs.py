"""`codi-train pairs`: questions with the answer that people gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trainer.options import Counts, data_step

if TYPE_CHECKING:
    from trainer.steps import Runner


@data_step("pairs")
@click.option(
    "--cap",
    type=click.IntRange(1),
    default=800,
    show_default=True,
    help="Most pairs of one template of a rule.",
)
@click.option(
    "--owner-cap",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="Most pairs of one owner among these.",
)
def command(runner: Runner, cap: int, owner_cap: int) -> Counts:
    """Make pairs by reversal and from history."""
    from trainer.pairs.build import run

    return run(runner, cap, owner_cap)
