"""What was answered so far, one JSON object a line, so that a run goes on where it was killed.

predictions.jsonl is appended to; settings.json beside it says what the answers belong to. A line
that a kill has torn is cut off; answers that belong to something else are never taken over. A run
may ask more than the one before it: more rows, or another system.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import files

SETTINGS, PREDICTIONS = "settings.json", "predictions.jsonl"
SCOPE = {"systems", "limit", "reasons", "sentences", "free"}  # what is asked, not what is answered

Key = tuple[str, str, str]  # task, row, system


class Journal:
    """The answers in a folder. Raises CodiError where they belong to another evaluation."""

    def __init__(self, folder: Path, settings: dict[str, Any], *, restart: bool = False) -> None:
        self.folder = folder
        self.path = folder / PREDICTIONS
        folder.mkdir(parents=True, exist_ok=True)
        known = files.read_json(folder / SETTINGS)
        differing = [] if known is None else _differing(known, settings)
        if differing and not restart:
            raise CodiError(
                f"holds an evaluation of something else: {', '.join(differing)} differ",
                "name another folder, or give --restart",
                str(folder),
            )
        if restart or known is None:
            self.path.unlink(missing_ok=True)
        files.write_json(folder / SETTINGS, settings)
        self.found: dict[Key, dict[str, Any]] = {}
        self._read()
        self._stream = open(self.path, "a", encoding="utf-8")  # noqa: SIM115 (closed by close)

    def _read(self) -> None:
        if not self.path.exists():
            return
        whole = 0
        with open(self.path, "rb") as stream:
            for line in stream:
                try:
                    if not line.endswith(b"\n"):
                        raise ValueError
                    answer = json.loads(line)
                    self.found[key(answer)] = answer
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(line)
        if whole < self.path.stat().st_size:
            os.truncate(self.path, whole)

    def has(self, task: str, row: str, system: str) -> bool:
        return (task, row, system) in self.found

    def add(self, answers: Iterable[dict[str, Any]]) -> None:
        for answer in answers:
            self._stream.write(json.dumps(answer, ensure_ascii=False) + "\n")
            self.found[key(answer)] = answer
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


def _differing(known: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """The settings by which answers would differ. A model may be added, but none left out: it
    could come back as another one."""
    asked = {**settings.get("models", {}), **known.get("models", {})}
    both = {*known, *settings} - SCOPE - {"models"}
    return sorted(
        [*(name for name in both if known.get(name) != settings.get(name))]
        + ["models"] * (asked != settings.get("models", {}))
    )


def key(answer: dict[str, Any]) -> Key:
    return str(answer["task"]), str(answer["row"]), str(answer["system"])
