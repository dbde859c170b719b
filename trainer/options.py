"""What the commands of the data steps share: where the data is, and how the tasks run."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codi_hook.errors import CodiError

if TYPE_CHECKING:
    from trainer.steps import Runner

Counts = dict[str, int]


def data_step(name: str) -> Callable[[Callable[..., Counts]], click.Command]:
    """Makes a command of a function that takes a Runner and returns counts: adds the options of
    every data step, and reports."""

    def made(function: Callable[..., Counts]) -> click.Command:
        @functools.wraps(function)
        def command(
            data: Path,
            executor: str,
            workers: int,
            tasks: int,
            fresh: bool,
            slurm: tuple[str, ...],
            **options: Any,
        ) -> None:
            runner = _runner(data, executor, workers, tasks, fresh, slurm)
            started = time.monotonic()
            counts = function(runner, **options)
            _report(runner, name, counts, time.monotonic() - started)

        for option in reversed(_OPTIONS):
            command = option(command)
        return click.command()(command)

    return made


_OPTIONS = (
    click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("datasets"),
        show_default=True,
        help="Folder of the data.",
    ),
    click.option(
        "--executor",
        type=click.Choice(["local", "ray", "slurm"]),
        default="local",
        show_default=True,
        help="Who runs the tasks.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1),
        default=2,
        show_default=True,
        help="Tasks that run at once.",
    ),
    click.option(
        "--tasks",
        type=click.IntRange(1, 10_000),
        default=32,
        show_default=True,
        help="Shards that the rows are parted into.",
    ),
    click.option("--fresh", is_flag=True, help="Do everything again, also what is done."),
    click.option(
        "--slurm",
        metavar="KEY=VALUE",
        multiple=True,
        help="An option of datatrove's Slurm executor, such as partition=cpu; may be repeated.",
    ),
)


def _runner(
    data: Path, executor: str, workers: int, tasks: int, fresh: bool, slurm: tuple[str, ...]
) -> Runner:
    from trainer.steps import Runner

    options = {}
    for one in slurm:
        key, equals, value = one.partition("=")
        if not equals or not key.isidentifier():
            raise CodiError(f"--slurm {one}: not KEY=VALUE", "such as --slurm partition=cpu")
        options[key] = value
    if not data.is_dir():
        raise CodiError(f"no folder {data}", "codi-train collect makes it")
    return Runner(data.resolve(), executor, workers, fresh, tasks, options)


def _report(runner: Runner, name: str, counts: Counts, seconds: float) -> None:
    from trainer import report

    path = report.write(runner.data, name, counts, seconds)
    for line in report.lines(counts):
        click.echo(line)
    click.echo(f"{name}: {seconds:.0f} s, {path}")
