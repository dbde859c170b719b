from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from codi_hook.models import adapters
from tests.trainer.evaluate import parts
from tests.trainer.evaluate.conftest import World, call
from trainer.evaluate import summary


def predictions(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "predictions.jsonl").read_text().splitlines()]


def timeless(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "ms"}


def test_the_metrics_follow_from_the_predictions(world: World) -> None:
    found = world.metrics
    rows = {r["id"]: r for r in parts.made(12) if r["task"] == "rank"}
    assert found["evaluated"] == len(rows) and found["rows"]["stale"] == {}
    assert list(found["systems"]) == ["adapter", "base", "order", "prior"]
    for system, one in found["systems"].items():
        mine = [p for p in predictions(world.run) if (p["task"], p["system"]) == ("rank", system)]
        right = [p["order"][0] == rows[p["row"]]["label"] for p in mine]
        assert len(mine) == len(rows)
        assert one["overall"]["top1"] == pytest.approx(sum(right) / len(right))
        assert sum(part["rows"] for part in one["rules"].values()) == len(rows)
        assert set(one["stacks"]) == {"python", "node", "unknown"}
        assert set(one["sources"]) == {"reversal", "history"}
    gap = found["differences"]["adapter-order"]["overall"]["top1"]
    systems = found["systems"]
    assert gap["value"] == pytest.approx(
        systems["adapter"]["overall"]["top1"] - systems["order"]["overall"]["top1"]
    )
    assert gap["low"] <= gap["value"] <= gap["high"]


def test_settled_rules_are_those_with_one_answer(world: World) -> None:
    rows: Any = [row for row in parts.made(12) if row["task"] == "rank"]
    before = summary.contested_rules(rows)
    assert before["DL3009"] == "settled"
    first = next(row for row in rows if row["rule"] == "DL3009")
    first["label"] = 0
    assert summary.contested_rules(rows) == {**before, "DL3009": "contested"}
    adapter = world.metrics["systems"]["adapter"]
    assert sum(one["rows"] for one in adapter["variety"].values()) == len(rows)


def test_displayed_candidates_are_last_in_every_ranking(world: World) -> None:
    rows = {r["id"]: r for r in parts.made(12) if r["task"] == "rank"}
    seen = 0
    for one in predictions(world.run):
        if one["task"] == "rank":
            levels = [rows[one["row"]]["candidates"][at]["applicability"] for at in one["order"]]
            shown = [level == "display" for level in levels]
            assert shown == sorted(shown)
            seen += any(shown) and not all(shown)
    assert seen


def test_each_system_ranks_as_the_hook_does(world: World) -> None:
    rows = {r["id"]: r for r in parts.made(12) if r["task"] == "rank"}
    for one in predictions(world.run):
        if one["task"] != "rank":
            continue
        if one["system"] == "order":
            levels = [c["applicability"] == "display" for c in rows[one["row"]]["candidates"]]
            assert one["order"] == sorted(range(len(levels)), key=levels.__getitem__)
            assert one["confidences"] is None and one["by"] == "order"
        if one["system"] in ("base", "adapter"):
            assert one["by"] == "llm" and sum(one["confidences"]) == pytest.approx(1, abs=1e-6)
            assert one["temperature"] == (2.0 if one["system"] == "adapter" else 1.0)


def test_reasons_and_sentences(world: World) -> None:
    found = world.metrics
    agreement = found["explain"]["overall"]["agreement"]
    assert agreement["first"]["value"] == 0.0  # the label is always the second clause
    assert 0 < agreement["adapter"]["value"] <= 1
    told = found["sentences"]["composed"]
    assert told["findings"] == 12 and told["sentences"] >= 24
    assert told["grounded"] == 1.0 and told["by"]["composed"] == 12


def test_a_killed_run_goes_on(world: World, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    code = "from trainer.cli import main; main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "evaluate", *world.arguments(out)],
        cwd=Path(__file__).parents[3], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    log = out / "predictions.jsonl"
    give_up = time.monotonic() + 60
    while not (log.exists() and log.read_bytes().count(b"\n") > 25):
        assert child.poll() is None and time.monotonic() < give_up
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    before = log.read_bytes()
    assert not (out / "metrics.json").exists()
    assert before.count(b"\n") < len(predictions(world.run))
    done = call("evaluate", *world.arguments(out))
    assert done.exit_code == 0, done.output
    assert log.read_bytes().startswith(before[: before.rindex(b"\n") + 1])
    assert list(map(timeless, predictions(out))) == list(map(timeless, predictions(world.run)))
    found = json.loads((out / "metrics.json").read_text())
    assert found["differences"] == world.metrics["differences"]


def test_another_dataset_or_adapter_is_not_mixed_in(world: World, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(world.run, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    done = call("evaluate", *world.arguments(out, seed="5"))
    assert done.exit_code == 2 and "seed differ" in done.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"dataset": "nowhere"}, "no such dataset"),
        ({"adapter": "nowhere"}, "no adapter at nowhere"),
        ({"base": "absent"}, "model absent is not installed"),
        ({"systems": "order,magic"}, "no such system: magic"),
    ],
)
def test_bad_input_is_one_line(
    world: World, tmp_path: Path, changed: dict[str, str], word: str
) -> None:
    done = call("evaluate", *world.arguments(tmp_path / "run", **changed))
    assert done.exit_code == 2 and word in done.stderr
    assert "Traceback" not in done.output and not (tmp_path / "run").exists()


def test_a_damaged_adapter_is_not_asked(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "small"
    shutil.copytree(world.adapter, copy)
    data = bytearray((copy / "adapter.gguf").read_bytes())
    data[-1] ^= 1
    (copy / "adapter.gguf").write_bytes(data)
    done = call("evaluate", *world.arguments(tmp_path / "run", adapter=str(copy)))
    assert done.exit_code == 2 and "damaged or changed" in done.stderr


def test_a_limit_draws_the_same_rows(world: World, tmp_path: Path) -> None:
    def drawn(out: str, seed: str) -> list[str]:
        changed = {"systems": "order", "limit": "9", "seed": seed}
        assert call("evaluate", *world.arguments(tmp_path / out, **changed)).exit_code == 0
        return sorted(one["row"] for one in predictions(tmp_path / out) if one["task"] == "rank")

    first = drawn("a", "1")
    assert len(first) == 9 and drawn("b", "1") == first and drawn("c", "2") != first


class TestCalibrate:
    def test_the_temperature_is_written_and_holds(self, world: World, tmp_path: Path) -> None:
        folder, rows = tmp_path / "small", parts.write(tmp_path / "val", parts.made(18))
        shutil.copytree(world.adapter, folder)
        options = ["--dataset", str(rows), "--adapter", str(folder), "--base", "tiny",
                   "--store", str(world.store), "--out", str(tmp_path / "out")]  # fmt: skip
        done = call("calibrate", *options)
        assert done.exit_code == 0, done.output
        found = json.loads((tmp_path / "out" / "calibration.json").read_text())
        assert found["before"]["temperature"] == 2.0
        assert found["after"]["log_loss"] < found["before"]["log_loss"]
        assert adapters.load(folder).temperature == found["temperature"] != 2.0
        log = tmp_path / "out" / "predictions.jsonl"
        asked = log.read_bytes()
        again = call("calibrate", *options)  # at the new temperature, from the same answers
        assert again.exit_code == 0 and log.read_bytes() == asked
        assert adapters.load(folder).temperature == found["temperature"]

    def test_too_few_rows_change_nothing(self, world: World, tmp_path: Path) -> None:
        folder, rows = tmp_path / "small", parts.write(tmp_path / "val", parts.made(2))
        shutil.copytree(world.adapter, folder)
        done = call("calibrate", "--dataset", str(rows), "--adapter", str(folder), "--base", "tiny",
                    "--store", str(world.store), "--out", str(tmp_path / "out"))  # fmt: skip
        assert done.exit_code == 2 and "too few" in done.stderr
        assert adapters.load(folder).temperature == 2.0
