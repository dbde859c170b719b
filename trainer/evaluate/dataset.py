"""Reads the rows of a split: a folder of JSON Lines, or one such file; .gz is fine."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from codi_hook.errors import CodiError
from codi_hook.models import files
from trainer.rows import Explain, Rank
from trainer.rows import digest as one_digest

ENDINGS = (".jsonl", ".jsonl.gz")
NEEDED = {
    "rank": {"id", "source", "rule", "stack", "repo", "text", "span", "candidates", "label",
             "file", "contexts"},
    "explain": {"id", "source", "how", "rule", "stack", "repo", "text", "span", "candidate",
                "reasons", "label", "file"},
}  # fmt: skip


def parts(place: Path) -> list[Path]:
    """The files of a dataset in the order of their names. Raises CodiError where there is none."""
    if place.is_file():
        return [place]
    found = sorted(path for path in place.rglob("*") if path.name.endswith(ENDINGS))
    if not found:
        raise CodiError("no rows", "a folder with *.jsonl, or one such file", str(place))
    return found


def digest(place: Path) -> str:
    """SHA-256 over the names and contents of the dataset's files."""
    return one_digest((path.name, files.sha256(path)) for path in parts(place))


def held_out(place: Path, adapter: Path) -> bool:
    """False where the rows are not the test split that the adapter was packaged with.

    The split follows what the rules find, so that of another time or of other rules may hold what
    the adapter has learned from. True where the adapter's metadata names no test split.
    """
    found = files.read_json(adapter / "metadata.json") or {}
    packaged = found.get("splits", {}).get("test", {}).get("digest", "")
    return packaged in ("", digest(place))


def rows(place: Path) -> Iterator[dict[str, Any]]:
    """Every row, checked for the fields of its task. Raises CodiError with path and line."""
    for path in parts(place):
        opener = gzip.open if path.name.endswith(".gz") else open
        try:
            with opener(path, "rt", encoding="utf-8") as stream:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        yield _row(line, path, number)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise CodiError(f"cannot be read: {error}", path=str(path)) from None


def _row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise CodiError(f"not JSON: {error}", path=str(path), line=number) from None
    task = row.get("task") if isinstance(row, dict) else None
    if not isinstance(task, str):
        raise CodiError("a row without a task", path=str(path), line=number)
    if missing := NEEDED.get(task, set()) - set(row):
        what = ", ".join(sorted(missing))
        raise CodiError(f"a {task} row without {what}", path=str(path), line=number)
    return cast("dict[str, Any]", row)


def read(place: Path) -> tuple[list[Rank], list[Explain]]:
    """The rows of both tasks whose label is a person's choice, or follows from one.

    Passed over are those of other tasks, and explain rows that only repeat the rule's own order
    (`how` is "first"): they are there to be trained on.
    """
    rank: list[Rank] = []
    explain: list[Explain] = []
    for row in rows(place):
        if row["task"] == "rank":
            rank.append(cast("Rank", row))
        elif row["task"] == "explain" and row["how"] != "first":
            explain.append(cast("Explain", row))
    return rank, explain


def drawn(identity: str, seed: int) -> bytes:
    """A key that puts rows into a random order, the same one every time."""
    return hashlib.sha256(f"{seed}\0{identity}".encode()).digest()


def owner(row: Rank | Explain) -> str:
    """Whom a row belongs to: the part of `repo` before the slash, in lower case."""
    return row["repo"].split("/")[0].lower()
