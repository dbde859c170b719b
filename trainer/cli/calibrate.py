"""`codi-train calibrate`: makes an adapter's confidences mean what they say."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default="datasets/splits/val",
              show_default=True, help="Rank rows: a folder or a file.")  # fmt: skip
@click.option("--adapter", metavar="DIR", required=True, help="Folder of the adapter, or its GGUF.")
@click.option("--base", metavar="MODEL", default="", help="Id or GGUF.  [default: the catalog's]")
@click.option("--store", metavar="DIR", default="", help="Folder of the installed models.")
@click.option("--limit", type=click.IntRange(0), default=0, show_default=True,
              help="Rows, drawn by --seed; 0 for all.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True)
@click.option("--restart", is_flag=True, help="Throw away what an earlier run found.")
@click.option("--dry-run", is_flag=True, help="Leave metadata.json as it is.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=None,
              help="Folder of the answers.  [default: eval/calibration/<adapter>]")  # fmt: skip
def command(
    dataset: Path, adapter: str, base: str, store: str, limit: int, seed: int, threads: int,
    restart: bool, dry_run: bool, out: Path | None,
) -> None:  # fmt: skip
    """Fit temperature and prior's weight on rows held out, and write them to metadata.json.

    Writes calibration.json to --out, too. An adapter that is a lone GGUF has no metadata.json.
    """
    from trainer.evaluate import calibrate, run
    from trainer.evaluate.systems import Model

    plan = run.Plan(
        dataset,
        out or Path("eval/calibration") / Path(adapter).resolve().stem,
        Model(base, adapter, store, threads),
        ("prior", "adapter"),
        limit,
        seed,
        0,
        0,
        restart,
        ("codi-train", *sys.argv[1:]),
        any_scale=True,
    )
    found = calibrate.calibrate(
        plan, write=not dry_run, tell=lambda line: click.echo(line, err=True)
    )
    click.echo(calibrate.outcome(found))
