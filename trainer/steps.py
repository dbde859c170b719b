"""How the data steps run: datatrove pipelines over JSON Lines, sharded, resumable.

A step is a list of datatrove blocks over the shards of its input folders. Each task reads its
share of the shards and writes one file, which appears under its name only when it is whole, and a
task that is done is not done again. So a run that was killed at any moment and is started again
ends with the same bytes. Which executor runs the tasks is a setting: local processes, Ray, Slurm.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from datatrove.pipeline.base import PipelineStep

from codi_hook.errors import CodiError
from codi_hook.models.files import write_json

Row = dict[str, Any]
Step = Callable[[Row, Counter[str]], Iterable[Row]]
EXECUTORS = ("local", "ray", "slurm")
TASKS = 32  # shards of a step: enough to share out evenly, few enough to look at


class Read(PipelineStep):  # type: ignore[misc]
    """Rows of the shards ``*.jsonl`` of some folders, those that fall to this task."""

    type, name = "reader", "rows"

    def __init__(self, *folders: Path) -> None:
        super().__init__()
        self.folders = [str(folder) for folder in folders]

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Row]:
        del data
        shards = [path for folder in self.folders for path in sorted(Path(folder).glob("*.jsonl"))]
        for path in shards[rank::world_size]:
            yield from read(path)


class Each(PipelineStep):  # type: ignore[misc]
    """A function from one row to any number of rows; what it counts goes to the statistics."""

    type, name = "rows", "each row"

    def __init__(self, function: Step) -> None:
        super().__init__()
        self.function = function

    def run(self, data: Iterable[Row], rank: int = 0, world_size: int = 1) -> Iterator[Row]:
        del rank, world_size
        for row in data:
            tally: Counter[str] = Counter()
            yield from self.function(row, tally)
            for key, count in tally.items():
                self.stat_update(key, value=count)


class Write(PipelineStep):  # type: ignore[misc]
    """The rows of a task as one file, ``<task>.jsonl``; nothing is there before it is whole."""

    type, name = "writer", "rows"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = str(folder)

    def run(self, data: Iterable[Row], rank: int = 0, world_size: int = 1) -> None:
        del world_size
        target = Path(self.folder) / f"{rank:05d}.jsonl"
        self.stat_update("rows written", value=write(target, data))


def read(path: Path) -> Iterator[Row]:
    """The rows of a file of JSON Lines.

    Raises:
        CodiError: a line is not a JSON object; says which.
    """
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                hint = "the file is damaged; make it again"
                raise CodiError(f"not JSON: {error}", hint, str(path), number) from None
            if not isinstance(row, dict):
                raise CodiError("not a JSON object", "", str(path), number)
            yield row


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write rows as JSON Lines, atomically; returns how many there were.

    What a killed run has left of the file is written over: each file is one task's alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    count = 0
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as stream:
            for row in rows:
                stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return count


@dataclass(frozen=True)
class Runner:
    """Runs steps under one folder of data.

    `workers` is how many tasks run at once. `fresh` does everything again. `options` goes to
    the constructor of a Slurm executor (time, partition, …).
    """

    data: Path
    executor: str = "local"
    workers: int = 2
    fresh: bool = False
    tasks: int = TASKS
    options: Mapping[str, Any] = field(default_factory=dict)

    def folder(self, name: str) -> Path:
        return self.data / name

    def run(
        self,
        name: str,
        blocks: Sequence[Any],
        inputs: Sequence[Path],
        outputs: Sequence[Path],
        tasks: int = 0,
        settings: Any = None,
    ) -> dict[str, int]:
        """Run a step, or the part of it that is not done; returns what its tasks have counted.

        What it was made of decides whether it is done: the inputs, byte for byte, and
        `settings`. Where these differ from the last time, its outputs are removed first.
        """
        tasks = tasks or self.tasks
        logs = self.data / "logs" / name
        made_of = {
            "inputs": {str(path.relative_to(self.data)): digest(path) for path in inputs},
            "settings": settings,
            "tasks": tasks,
        }
        if self.fresh or _known(logs) != made_of or not all(map(Path.is_dir, outputs)):
            for path in (*outputs, logs):
                shutil.rmtree(path, ignore_errors=True)
            for path in outputs:
                path.mkdir(parents=True)
            logs.mkdir(parents=True)
            write_json(logs / "made-of.json", made_of)
        with _progress(name, logs, tasks):
            self._go(name, self._executor(list(blocks), logs, tasks))
            self._wait(name, logs, tasks)
        return counted(logs)

    def _go(self, name: str, executor: Any) -> None:
        try:
            executor.run()
        except CodiError:
            raise
        except Exception as error:  # of a task: in another process, and of any kind
            if os.environ.get("CODI_DEBUG"):
                raise
            what = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            logs = executor.logging_dir.path
            raise CodiError(f"{name} failed: {what}", f"see {logs}/logs; CODI_DEBUG=1") from None

    def _executor(self, blocks: list[Any], logs: Path, tasks: int) -> Any:
        shared: dict[str, Any] = {"pipeline": blocks, "tasks": tasks, "logging_dir": str(logs)}
        if self.executor == "local":
            from datatrove.executor import LocalPipelineExecutor

            return LocalPipelineExecutor(workers=min(self.workers, tasks), **shared)
        if self.executor == "ray":
            from datatrove.executor import RayPipelineExecutor

            return RayPipelineExecutor(workers=self.workers, mem_per_cpu_gb=1, **shared)
        from datatrove.executor import SlurmPipelineExecutor

        options = {"time": "04:00:00", "partition": "cpu", **self.options}
        return SlurmPipelineExecutor(workers=self.workers, **options, **shared)

    def _wait(self, name: str, logs: Path, tasks: int) -> None:
        """Slurm only queues the tasks; the others have done them by now, or have failed."""
        while len(_done(logs)) < tasks:
            if self.executor != "slurm":
                raise CodiError(f"{name}: not all tasks were done", f"see {logs / 'logs'}")
            time.sleep(10)


def counted(logs: Path) -> dict[str, int]:
    """What the tasks of a step have counted, all together."""
    total: Counter[str] = Counter()
    for path in sorted((logs / "stats").glob("*.json")):
        for block in json.loads(path.read_bytes()):
            for key, value in block.get("stats", {}).items():
                total[key] += int(value["total"] if isinstance(value, dict) else value)
    return dict(sorted(total.items()))


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of the shards of a folder."""
    whole = sha256()
    for path in sorted(folder.glob("*.jsonl")):
        whole.update(path.name.encode() + b"\0")
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()


def _known(logs: Path) -> Any:
    try:
        return json.loads((logs / "made-of.json").read_bytes())
    except (OSError, ValueError):
        return None


def _done(logs: Path) -> list[Path]:
    return list((logs / "completions").glob("*"))


@contextlib.contextmanager
def _progress(name: str, logs: Path, tasks: int) -> Iterator[None]:
    """Says how far the step is; what datatrove and its processes say goes to a file."""
    sys.stderr.flush()
    terminal = os.dup(2)
    stop = threading.Event()
    with os.fdopen(terminal, "w") as out, open(logs / "messages.log", "ab") as messages:
        thread = threading.Thread(target=_say, args=(out, name, logs, tasks, stop), daemon=True)
        thread.start()
        os.dup2(messages.fileno(), 2)
        try:
            yield
        finally:
            stop.set()
            thread.join()
            sys.stderr.flush()
            os.dup2(terminal, 2)


def _say(out: IO[str], name: str, logs: Path, tasks: int, stop: threading.Event) -> None:
    started, said, moving = time.monotonic(), -1, out.isatty()
    while True:
        ended = stop.wait(0.5)
        done = len(_done(logs))
        if done != said and (moving or ended or done * 4 // tasks != said * 4 // tasks):
            line = f"{name}: {done}/{tasks} tasks, {time.monotonic() - started:.0f} s"
            out.write(f"\r{line}" if moving else f"{line}\n")
            out.flush()
            said = done
        if ended:
            out.write("\n" if moving else "")
            return
