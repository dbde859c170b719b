"""`codi-train evaluate`: measures an adapter with the hook's own ranker."""

from __future__ import annotations

import sys
from pathlib import Path

import click

SYSTEMS = ("order", "prior", "base", "adapter")


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default="datasets/splits/test",
              show_default=True, help="Rows with known answers: a folder or a file.")  # fmt: skip
@click.option("--adapter", metavar="DIR", default="", help="Folder of the adapter, or its GGUF.")
@click.option("--base", metavar="MODEL", default="", help="Id or GGUF.  [default: the catalog's]")
@click.option("--store", metavar="DIR", default="", help="Folder of the installed models.")
@click.option("--systems", default="", metavar="NAMES",
              help="Of order,prior,base,adapter.  [default: all that there are]")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), default=0, show_default=True,
              help="Rank rows, drawn by --seed; 0 for all.")  # fmt: skip
@click.option("--reasons", type=click.IntRange(0), default=0, show_default=True,
              help="Explain rows, drawn by --seed; 0 for all.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--sentences", type=click.IntRange(0), default=500, show_default=True,
              help="Findings of which every sentence that is shown is checked.")  # fmt: skip
@click.option("--free", type=click.IntRange(0), default=0, show_default=True,
              help="Findings of which free sentences are written down.")  # fmt: skip
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True)
@click.option("--excerpts/--no-excerpts", default=True, show_default=True,
              help="Show lines of the files in the report.")  # fmt: skip
@click.option("--restart", is_flag=True, help="Throw away what an earlier run found.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder of this run, eval/runs/ID; a killed run goes on.")  # fmt: skip
def command(
    dataset: Path, adapter: str, base: str, store: str, systems: str, limit: int, reasons: int,
    seed: int, sentences: int, free: int, threads: int, excerpts: bool, restart: bool, out: Path,
) -> None:  # fmt: skip
    """Rank rows with known answers as the hook does, and report how often it is right.

    Writes predictions.jsonl, metrics.json and report.html to --out.
    """
    from trainer.evaluate import run
    from trainer.evaluate.systems import Model

    plan = run.Plan(
        dataset,
        out,
        Model(base, adapter, store, threads),
        run.choose(systems, adapter),
        limit,
        seed,
        sentences,
        free,
        restart,
        ("codi-train", *sys.argv[1:]),
        excerpts,
        reasons=reasons,
    )
    found = run.evaluate(plan, lambda line: click.echo(line, err=True))
    click.echo(run.outcome(found, out))
