"""`codi-train train`: a LoRA adapter of a base, from questions with an answer."""

from __future__ import annotations

from pathlib import Path

import click

from codi_hook.errors import CodiError


@click.command()
@click.option(
    "--config", "config_path", required=True, help="A YAML file, or the name of one of ours."
)
@click.option(
    "--dataset",
    type=click.Path(path_type=Path),
    multiple=True,
    default=("datasets/splits/train",),
    show_default=True,
    help="A .jsonl file or a folder of them; may be given several times.",
)
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    multiple=True,
    default=("datasets/splits/val",),
    show_default=True,
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--resume-from", default="", help="A checkpoint, or auto for the newest of --out.")
@click.option("--seed", type=click.IntRange(0), help="Instead of the configuration's.")
@click.option(
    "--max-steps", type=click.IntRange(0), default=0, show_default=True, help="0 for all."
)
def command(
    config_path: str,
    dataset: tuple[Path, ...],
    validation: tuple[Path, ...],
    out: Path,
    resume_from: str,
    seed: int | None,
    max_steps: int,
) -> None:
    """Train an adapter; it is written to OUT/adapter, its record to OUT/training.json."""
    import dataclasses
    import os

    # Threads of OpenMP that wait for each other sleep soon: where other processes want the cores,
    # spinning keeps the very thread away that is waited for. Read when torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from trainer.train import config as configs
    from trainer.train import run

    chosen = configs.read(configs.locate(config_path))
    if seed is not None:
        chosen = dataclasses.replace(chosen, seed=seed)
    order = run.Order(chosen, dataset, validation, out, resume_from, max_steps)
    try:
        record = run.train(order, click.echo)
    except OSError as error:
        raise CodiError(f"cannot write {out}: {error.strerror or error}") from None
    if record:
        click.echo(
            f"wrote {out / 'adapter'}: {record['steps']} steps, best nll {record['best']['nll']} "
            f"at step {record['best']['step']}, {record['rows_per_second']} rows/s"
        )
