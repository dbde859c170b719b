"""`codi-train standardise`: quality filters, and one of every cluster of near-copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.options import Counts, data_step

if TYPE_CHECKING:
    from trainer.steps import Runner


@data_step("standardise")
def command(runner: Runner) -> Counts:
    """Keep the labelled files that are worth learning from, one of every kind."""
    from trainer.standardise.standardise import run

    return run(runner)
