from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.train import parts
from trainer.train import data


def test_rows_become_questions_with_their_answer(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = parts.write(tmp_path / "a.jsonl", rows)
    found = data.read([tmp_path])
    assert len(found.examples) == len(rows) and found.skipped == 0
    assert found.digests == {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    for row, example in zip(rows, found.examples, strict=True):
        assert example.question.order[example.letter] == row["label"]
        expected = row["reasons"][0][1] if row["task"] == "explain" else ""
        assert (example.task, example.reason) == (row["task"], expected)
    assert {example.task for example in found.examples} == {"rank", "explain"}


def test_other_tasks_are_left_out_and_lost_labels_are_counted(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    lost = {**rows[0], "order": [index for index in rows[0]["order"] if index != rows[0]["label"]]}
    rewrite = {"task": "rewrite", "input": "", "output": ""}
    parts.write(tmp_path / "a.jsonl", [lost, rewrite, rows[1]])
    found = data.read([tmp_path / "a.jsonl"])
    assert (len(found.examples), found.skipped) == (1, 1)


def test_the_digest_does_not_depend_on_the_folder(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    digests = {
        data.read([parts.write(tmp_path / name / "a.jsonl", rows[:2])]).digest for name in "xy"
    }
    other = data.read([parts.write(tmp_path / "z" / "a.jsonl", rows[:3])]).digest
    assert len(digests) == 1 and other not in digests


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "a.jsonl:2:1: not a JSON object"),
        ("[]", "a.jsonl:2:1: not a row of pairs"),
        ('{"task": "rank"}', "a.jsonl:2:1: the row has no file"),
    ],
)
def test_a_bad_line_is_named(
    rows: list[dict[str, Any]], tmp_path: Path, line: str, word: str
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(rows[0]) + "\n" + line + "\n")
    with pytest.raises(CodiError, match=word):
        data.read([tmp_path])


def test_a_prompt_that_the_hook_would_not_ask(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    parts.write(tmp_path / "a.jsonl", [{**rows[0], "prompt_version": "0"}])
    with pytest.raises(CodiError, match="a prompt of version 0"):
        data.read([tmp_path])


@pytest.mark.parametrize("make", ["nothing", "folder", "empty"])
def test_no_rows(tmp_path: Path, make: str) -> None:
    place = tmp_path / make
    if make == "folder":
        place.mkdir()
    if make == "empty":
        place = place.with_suffix(".jsonl")
        place.write_text("")
    with pytest.raises(CodiError, match="no "):
        data.read([place])
