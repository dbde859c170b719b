"""The data steps as a whole: what comes out, and that nothing depends on how it was run."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codi_hook.errors import CodiError
from trainer.cli import main
from trainer.split.split import PARTS, dealt, owner
from trainer.steps import Each, Read, Runner, Write, read, write

TASKS = "4"


def prepare(data: Path, *more: str) -> str:
    done = CliRunner().invoke(main, ["prepare", "--data", str(data), "--tasks", TASKS, *more])
    assert done.exit_code == 0, done.output
    return done.output


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.rglob("*.jsonl")) for row in read(path)]


def outputs(data: Path) -> dict[str, bytes]:
    """What the steps have written, but for logs (times) and reports (seconds)."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.relative_to(data).parts[0] not in ("logs", "reports")
    }


class TestPrepare:
    @pytest.fixture
    def data(self, corpus: Path) -> Path:
        prepare(corpus)
        return corpus

    def test_what_comes_out(self, data: Path) -> None:
        counts = json.loads((data / "reports" / "prepare.json").read_bytes())["counts"]
        assert counts["files in"] == 146
        dropped = {key: value for key, value in counts.items() if key.startswith("dropped")}
        assert dropped == {
            "dropped: a near-copy of another": 20,
            "dropped: a template of a Dockerfile": 1,
            "dropped: more than 250 instructions": 1,
            "dropped: not text": 1,
            "dropped: nothing but FROM": 1,
            "dropped: refused by BuildKit": 2,
        }
        assert counts["files kept"] == 120
        ranked = rows(data / "pairs" / "rank")
        assert {row["source"] for row in ranked} == {"reversal", "history"}
        assert len({row["rule"] for row in ranked}) >= 5
        for row in ranked:
            assert 0 <= row["label"] < len(row["candidates"]) > 1
            assert row["order"].index(row["label"]) < 8
            assert row["weight"] >= 1

    def test_near_copies_keep_the_preferred_origin(self, data: Path) -> None:
        assert {row["origin"] for row in rows(data / "standard" / "files")} == {"git"}

    def test_the_parts_share_no_owner_cluster_or_question(self, data: Path) -> None:
        parts = {part: rows(data / "splits" / part) for part in PARTS}
        assert all(parts.values())
        for key in (owner, lambda row: row["cluster"], lambda row: row["file"] + row["body"]):
            held = [{key(row) for row in parts[part]} for part in PARTS]
            assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
        every = [row["id"] for part in parts.values() for row in part]
        assert len(every) == len(set(every))

    def test_done_once(self, data: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in data.rglob("*.jsonl")}
        prepare(data)
        assert {path: path.stat().st_mtime_ns for path in data.rglob("*.jsonl")} == before
        first = sorted((data / "raw").glob("*.jsonl"))[0]
        write(first, list(read(first))[1:])
        prepare(data)
        assert json.loads((data / "reports" / "prepare.json").read_bytes())["counts"][
            "files in"
        ] == (145)

    def test_the_number_of_workers_does_not_matter(self, data: Path, tmp_path: Path) -> None:
        expected = outputs(data)
        prepare(data, "--fresh", "--workers", "1")
        assert outputs(data) == expected

    def test_ray_gives_the_same(self, data: Path) -> None:
        ray = pytest.importorskip("ray")
        expected = outputs(data)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            prepare(data, "--fresh", "--executor", "ray")
        finally:
            ray.shutdown()
        assert outputs(data) == expected


def test_killed_and_started_again(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(corpus, whole, dirs_exist_ok=True)
    prepare(whole)
    command = [sys.executable, "-m", "trainer", "prepare", "--data", str(corpus), "--tasks", TASKS]
    chance = random.Random(7)
    for _ in range(6):
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(1.0, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    prepare(corpus)
    assert outputs(corpus) == outputs(whole)
    assert not list(corpus.rglob(".*.new"))


class TestStep:
    def test_a_damaged_shard_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "raw").mkdir()
        (tmp_path / "raw" / "0.jsonl").write_text('{"id": "1"}\n{"id": \n')
        command = [sys.executable, "-m", "trainer", "label", "--data", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "0.jsonl:2:1" in done.stderr and "Traceback" not in done.stderr

    def test_no_data(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(main, ["label", "--data", str(tmp_path / "no")])
        assert done.exit_code == 2 and "codi-train collect" in done.output

    def test_nothing_half_written(self, tmp_path: Path) -> None:
        def broken() -> Iterator[dict[str, Any]]:
            yield {"id": "1"}
            raise CodiError("no more")

        with pytest.raises(CodiError):
            write(tmp_path / "x.jsonl", broken())
        assert list(tmp_path.iterdir()) == []

    def test_counts_of_all_runs_add_up(self, tmp_path: Path) -> None:
        write(tmp_path / "in" / "0.jsonl", [{"n": 1}, {"n": 2}])
        write(tmp_path / "in" / "1.jsonl", [{"n": 3}])
        runner = Runner(tmp_path, workers=1, tasks=2)
        blocks = [Read(tmp_path / "in"), Each(_doubled), Write(tmp_path / "out")]
        for _ in range(2):  # the second time nothing is left to do, and the counts are the same
            counts = runner.run("double", blocks, [tmp_path / "in"], [tmp_path / "out"])
            assert (counts["seen"], counts["rows written"]) == (3, 6)
        assert Counter(row["n"] for row in rows(tmp_path / "out")) == {1: 2, 2: 2, 3: 2}


def _doubled(row: dict[str, Any], tally: Counter[str]) -> Iterator[dict[str, Any]]:
    tally["seen"] += 1
    yield row
    yield row


def test_owners_are_dealt_by_stack() -> None:
    stacks = {f"{stack}{n}": Counter({stack: 3}) for stack in ("go", "node") for n in range(40)}
    parts = dealt(stacks, {"test": 0.1, "val": 0.1, "train": 0.8}, "salt")
    for stack in ("go", "node"):
        found = Counter(part for name, part in parts.items() if name.startswith(stack))
        assert found == {"test": 4, "val": 4, "train": 32}
    assert parts != dealt(stacks, {"test": 0.1, "val": 0.1, "train": 0.8}, "other")
