"""Run a command and say what it took. Nothing here knows what is measured."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run: wall time in seconds, and its exit status."""

    seconds: float
    status: int


@dataclass(frozen=True)
class Command:
    """A command under measurement. `accept` holds the exit statuses that count as done."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    accept: frozenset[int] = frozenset({0, 1})


class Failed(RuntimeError):
    """A command ended with a status that means it did not do the work."""


def run(command: Command) -> Run:
    """Run once with its output thrown away."""
    pid, started = _spawn(command)
    _, raw = os.waitpid(pid, 0)
    seconds = time.perf_counter() - started
    return _done(command, seconds, os.waitstatus_to_exitcode(raw))


def interleaved(
    commands: Sequence[Command], rounds: int, warm_up: bool = True
) -> dict[str, list[float]]:
    """Wall times by name. The commands take turns, so that a slow minute hits all of them."""
    times: dict[str, list[float]] = {command.name: [] for command in commands}
    if warm_up:
        for command in commands:
            run(command)
    for turn in range(rounds):
        # The order turns around: none of them is always the one after the heaviest.
        for command in commands if turn % 2 == 0 else reversed(commands):
            times[command.name].append(run(command).seconds)
    return times


def peak_memory(command: Command) -> int:
    """Largest sum of resident set sizes of the process and its children, in bytes."""
    return _watched(command, sum, every=0.02)[1]


def largest_process(command: Command) -> tuple[float, int]:
    """Wall time in seconds, and the largest resident set size of any one process, in bytes."""
    return _watched(command, max, every=0.2)


def _watched(
    command: Command, total: Callable[[list[int]], int], every: float
) -> tuple[float, int]:
    pid, started = _spawn(command)
    peak = 0
    while True:
        done, raw = os.waitpid(pid, os.WNOHANG)
        if done:
            seconds = time.perf_counter() - started
            return _done(command, seconds, os.waitstatus_to_exitcode(raw)).seconds, peak
        peak = max(peak, total([_rss(each) for each in _family(pid)] or [0]))
        time.sleep(every)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _spawn(command: Command) -> tuple[int, float]:
    """Start the command in its folder; its output goes nowhere, it has no input."""
    null = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    before = Path.cwd()
    os.chdir(command.cwd)
    try:
        started = time.perf_counter()
        return os.posix_spawn(command.argv[0], command.argv, os.environ, file_actions=null), started
    finally:
        os.chdir(before)


def _done(command: Command, seconds: float, status: int) -> Run:
    if status not in command.accept:
        raise Failed(f"{command.name} ended with {status}: {' '.join(command.argv[:8])} …")
    return Run(seconds, status)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _rss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:")), 0)
