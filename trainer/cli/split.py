"""`codi-train split`: train, val and test, by owner, balanced over the stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.options import Counts, data_step

if TYPE_CHECKING:
    from trainer.steps import Runner


@data_step("split")
def command(runner: Runner) -> Counts:
    """Split the pairs into train, val and test."""
    from trainer.split.split import run

    return run(runner)
