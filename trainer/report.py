"""What the data steps did, as JSON and as a page to read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from codi_hook.models.files import write_json


def write(data: Path, step: str, counts: Mapping[str, int], seconds: float) -> Path:
    """Write reports/<step>.json; returns its path."""
    path = data / "reports" / f"{step}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"step": step, "seconds": round(seconds, 1), "counts": dict(counts)})
    return path


def lines(counts: Mapping[str, int]) -> list[str]:
    """The counts, one a line, the findings of rules left out: there is a file for these."""
    shown = {key: value for key, value in counts.items() if not key.startswith("finding ")}
    return [f"{value:>10,}  {key}" for key, value in shown.items()]
