from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.models import parts as processes
from tests.trainer.train import parts
from trainer.cli import main

CODE = "from trainer.cli import main; main()"


def arguments(folder: Path, splits: Path, out: str, *more: str) -> list[str]:
    return [
        "train", "--config", str(folder / "config.yaml"), "--dataset", str(splits / "train"),
        "--validation", str(splits / "val"), "--out", str(folder / out), *more,
    ]  # fmt: skip


def train(folder: Path, splits: Path, out: str, *more: str) -> Result:
    return CliRunner().invoke(main, arguments(folder, splits, out, *more))


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "training.json").read_text())
    return found


def curve(folder: Path, key: str = "loss") -> list[tuple[int, float]]:
    return [(one["step"], one[key]) for one in record(folder)["history"] if key in one]


@pytest.fixture(scope="module")
def first(llama: Path, splits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that ran through, with its configuration beside it."""
    folder = tmp_path_factory.mktemp("training")
    parts.config(folder, llama)
    done = train(folder, splits, "run")
    assert done.exit_code == 0, done.output
    return folder


def test_it_learns_what_the_author_likes(first: Path, splits: Path) -> None:
    found = record(first / "run")
    assert found["best"]["nll"] < found["before"]["eval_nll"] - 0.1
    assert found["steps"] == found["planned_steps"] == curve(first / "run", "eval_nll")[-1][0]
    assert found["dataset"]["rows"].keys() == {"explain", "rank"}
    assert found["dataset"]["files"].keys() == {str(splits / "train" / "a.jsonl")}
    assert found["rows_seen"] == 2 * sum(found["dataset"]["rows"].values())
    assert found["config"]["lora"]["rank"] == 4 and found["config"]["loss"]["smoothing"] == 0
    assert {"torch", "trl", "peft"} <= found["versions"].keys()
    assert found["tokens_per_second"] > 0 and found["seconds"]["training"] > 0


def test_the_adapter_is_of_the_last_layers_alone(first: Path) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(first / "run" / "adapter" / "adapter_model.safetensors")
    assert {name.split("layers.")[1][0] for name in tensors} == {"1", "2"}
    assert any(value.any() for name, value in tensors.items() if "lora_B" in name)


def test_tensorboard_can_read_the_log(first: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(first / "run" / "logs"))
    events.Reload()
    assert {"train/loss", "eval/nll", "eval/accuracy"} <= set(events.Tags()["scalars"])


def test_killed_and_resumed_it_ends_as_if_nothing_had_been(first: Path, splits: Path) -> None:
    command = [sys.executable, "-c", CODE, *arguments(first, splits, "killed")]
    checkpoints = first / "killed" / "checkpoints"
    child = subprocess.Popen(command, cwd=processes.ROOT, start_new_session=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not list(checkpoints.glob("*/complete.json")):
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert not (first / "killed" / "training.json").exists()
    refused = train(first, splits, "killed")
    assert refused.exit_code == 2 and "--resume-from auto" in refused.output
    done = train(first, splits, "killed", "--resume-from", "auto")
    assert done.exit_code == 0, done.output
    assert record(first / "killed")["resumed_from"].startswith(str(checkpoints))
    assert record(first / "killed")["steps"] == record(first / "run")["steps"]
    for key in ("loss", "eval_nll"):
        whole, resumed = curve(first / "run", key), curve(first / "killed", key)
        assert [step for step, _ in resumed] == [s for s, _ in whole if s or key == "loss"][
            -len(resumed) :
        ]
        assert dict(resumed) == pytest.approx(
            {s: v for s, v in whole if s in dict(resumed)}, rel=1e-3
        )


def test_the_seed_decides(first: Path, splits: Path) -> None:
    for name, seed in (("again", "0"), ("other", "1")):
        done = train(first, splits, name, "--seed", seed, "--max-steps", "4")
        assert done.exit_code == 0, done.output
    again, other = curve(first / "again", "eval_nll"), curve(first / "other", "eval_nll")
    assert [step for step, _ in again] == [4]
    assert again != other
    assert record(first / "other")["config"]["seed"] == 1
    short = train(first, splits, "twin", "--seed", "0", "--max-steps", "4")
    assert short.exit_code == 0 and curve(first / "twin", "eval_nll") == again


def test_a_reason_behind_the_letter_has_an_effect(first: Path, splits: Path, llama: Path) -> None:
    parts.config(first, llama, loss="{rationale: 0.5}")
    try:
        done = train(first, splits, "reasons", "--max-steps", "4")
    finally:
        parts.config(first, llama)
    assert done.exit_code == 0, done.output
    plain = train(first, splits, "plain", "--max-steps", "4")
    assert plain.exit_code == 0, plain.output
    assert curve(first / "reasons")[0][1] > curve(first / "plain")[0][1] + 0.5
    assert curve(first / "reasons", "eval_nll") != curve(first / "plain", "eval_nll")


def test_it_stops_where_nothing_is_gained(first: Path, splits: Path, llama: Path) -> None:
    parts.config(
        first, llama, evaluation="{steps: 1, patience: 2}",
        optimiser="{learning_rate: 0, epochs: 3}",
    )  # fmt: skip
    try:
        done = train(first, splits, "stopped")
    finally:
        parts.config(first, llama)
    assert done.exit_code == 0, done.output
    assert record(first / "stopped")["steps"] < record(first / "stopped")["planned_steps"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--dataset", "nowhere"], "no such file or folder"),
        (["--resume-from", "nowhere"], "not a complete checkpoint"),
        (["--config", "nowhere.yaml"], "no such configuration"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    first: Path, splits: Path, more: list[str], word: str
) -> None:
    done = train(first, splits, "wrong", *more)
    assert done.exit_code == 2 and word in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (first / "wrong").exists()


def test_two_processes_share_the_work(first: Path, splits: Path) -> None:
    # accelerate launch starts torchrun for several GPUs, and on a CPU only one process.
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2",
        "--master_port", str(processes.free_ports(1)[0]),
        "-m", "trainer.train", *arguments(first, splits, "two", "--max-steps", "4")[1:],
    ]  # fmt: skip
    on_cpu = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=processes.ROOT, capture_output=True, text=True,
                          timeout=200, check=False, env=on_cpu)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = record(first / "two")
    assert (found["processes"], found["steps"]) == (2, 4)
    assert found["before"]["eval_nll"] == pytest.approx(
        record(first / "run")["before"]["eval_nll"], rel=1e-4
    )
