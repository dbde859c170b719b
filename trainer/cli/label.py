"""`codi-train label`: what codi-hook knows about each collected file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trainer.options import Counts, data_step

if TYPE_CHECKING:
    from trainer.steps import Runner


@data_step("label")
@click.option("--hadolint", is_flag=True, help="Add hadolint's codes; needs the program.")
def command(runner: Runner, hadolint: bool) -> Counts:
    """Label the collected files: findings with candidates, stack, start command."""
    from trainer.label.label import run

    return run(runner, hadolint)
