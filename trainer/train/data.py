"""Rows from files to examples: what the model reads, and which letter answers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.ranking.prompt import LETTERS, PROMPT_VERSION, Question
from trainer import rows

TASKS = ("rank", "explain")
FIELDS = ("file", "finding", "body", "order", "label", "prompt_version")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its answer: `letter` is the answer's place among the letters.

    `reason` is the text behind the letter, "" where there is none; `answer` is the id of the
    candidate or reason that the letter stands for, and `rule` the code.
    """

    question: Question
    letter: int
    task: str
    reason: str = ""
    rule: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples from files. `digests` has the SHA-256 of each file; `skipped` had no letter."""

    examples: tuple[Example, ...]
    digests: dict[str, str]
    skipped: int

    @property
    def digest(self) -> str:
        """One SHA-256 for all files, whatever folder they lie in."""
        return rows.digest((Path(name).name, value) for name, value in self.digests.items())


def read(places: Sequence[Path]) -> Dataset:
    """The Rank and Explain rows of .jsonl files, and of those in folders.

    Raises:
        CodiError: no files, no such rows, or a row that cannot be used; says where.
    """
    digests, examples, skipped = {}, [], 0
    for path in files(places):
        digest = hashlib.sha256()
        for example in _examples(path, digest):
            if example is None:
                skipped += 1
            else:
                examples.append(example)
        digests[str(path)] = digest.hexdigest()
    if not examples:
        raise CodiError(f"no rank or explain rows in {', '.join(map(str, places))}")
    return Dataset(tuple(examples), digests, skipped)


def files(places: Sequence[Path]) -> list[Path]:
    """The .jsonl files that are meant, in order of their names. Raises CodiError."""
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += sorted(place.glob("*.jsonl"))
        elif place.is_file():
            found.append(place)
        else:
            raise CodiError("no such file or folder", "codi-train split", str(place))
    if not found:
        raise CodiError(f"no .jsonl files in {', '.join(map(str, places))}", "codi-train split")
    return found


def _examples(path: Path, digest: Any) -> Iterator[Example | None]:
    try:
        with open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                digest.update(line)
                if not line.strip():
                    continue
                row = _row(line, path, number)
                if row["task"] in TASKS:
                    yield _example(row, path, number)
    except OSError as error:
        raise CodiError(f"cannot be read: {error.strerror}", path=str(path)) from None


def _row(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise CodiError("not a JSON object", path=str(path), line=number) from None
    if not isinstance(row, dict) or not isinstance(row.get("task"), str):
        raise CodiError("not a row of pairs: it has no task", path=str(path), line=number)
    return row


def _example(row: Any, path: Path, number: int) -> Example | None:
    missing = [name for name in FIELDS if name not in row]
    if missing:
        raise CodiError(f"the row has no {missing[0]}", path=str(path), line=number)
    if row["prompt_version"] != PROMPT_VERSION:
        raise CodiError(
            f"a prompt of version {row['prompt_version']}, codi-hook asks in {PROMPT_VERSION}",
            "run codi-train pairs and split again",
            str(path),
            number,
        )
    question = rows.question(row)
    if not 0 < len(question.order) <= len(LETTERS):
        raise CodiError(f"{len(question.order)} options", path=str(path), line=number)
    try:
        letter = rows.letter(row)
    except ValueError:
        return None
    reason, options = "", row.get("candidates", [])
    if row["task"] == "explain":
        reason = str(row["reasons"][row["label"]][1])
        options = [{"id": one} for one, _ in row["reasons"]]
    answer = str(options[row["label"]]["id"]) if options else ""
    return Example(question, letter, row["task"], reason, str(row.get("rule", "")), answer)
