"""From 200 Dockerfiles to a verdict on promotion, with a tiny base: every command once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from codi_hook.models import catalog
from codi_hook.models.store import Store
from tests.trainer.conftest import own_cache, shipped, wheel
from tests.trainer.data.conftest import text_of
from tests.trainer.evaluate import parts
from trainer.cli import main

__all__ = ["own_cache", "shipped", "wheel"]
CONFIG = """
base: {base}
lora: {{rank: 4, alpha: 8}}
optimiser: {{learning_rate: 0.01, epochs: 1}}
batch: {{tokens: 1024, passes: 2}}
evaluation: {{steps: 5, rows: 20, patience: 0}}
"""


def call(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == code, done.output
    return done.output


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def corpus(folder: Path) -> list[Path]:
    files, changes = [], []
    for number in range(200):
        place = {"repo": f"owner{number % 37}/r{number}", "path": "Dockerfile"}
        files.append({**place, "text": text_of(number)})
        if number % 10 == 0:
            after = text_of(number)
            before = after.replace(" --no-cache-dir", "").replace(" --no-cache", "")
            commit = {"commit": f"{number:040x}", "time": 1_700_000_000, "subject": "Smaller"}
            changes.append({**place, **commit, "before": before, "after": after})
    return [written(folder / "own.jsonl.gz", files), written(folder / "edits.jsonl.gz", changes)]


def test_from_collect_to_promote(shipped: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    sources = [part for path in corpus(tmp_path) for part in ("--from-jsonl", path)]
    call("collect", *sources, "--data", data, "--shards", 4)
    call("prepare", "--data", data, "--tasks", 4)
    train, val, test = (data / "splits" / part for part in ("train", "val", "test"))
    prior = tmp_path / "prior.json"
    call("prior", "--dataset", train, "--validation", val, "--out", prior)
    assert json.loads(prior.read_bytes())["rules"]

    tiny = parts.small_base(shipped, tmp_path / "tiny.gguf")
    store = Store(tmp_path / "store")
    base = store.pull(catalog.custom("tiny", f"file:{tiny}"))
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG.format(base=base.path))
    run = tmp_path / "run"
    call("train", "--config", config, "--dataset", train, "--validation", val, "--out", run,
         "--max-steps", 10)  # fmt: skip
    exported = tmp_path / "exported"
    call("export", run, "--out", exported, "--base", base.path, "--check", 20, "--prompts", test)
    parity = json.loads((exported / "parity.json").read_bytes())
    assert parity["agreement"] >= 0.99, parity

    adapters = tmp_path / "adapters"
    call("package", exported, "--id", "tiny-one", "--version", "1.0", "--base", base.path,
         "--data", data, "--out", adapters, "--root", tmp_path / "store")  # fmt: skip
    adapter = adapters / "tiny-one"
    asked = ("--adapter", adapter, "--base", base.path, "--store", tmp_path / "store")
    # 200 files have too few for a temperature in val, which calibrate refuses
    assert "too few" in call(
        "calibrate", "--dataset", val, *asked, "--out", tmp_path / "no", code=2
    )
    call("calibrate", "--dataset", train, *asked, "--out", tmp_path / "calibration")
    call("verify", adapter, "--base", base.path)
    evaluated = tmp_path / "eval"
    call("evaluate", "--dataset", test, *asked, "--limit", 60, "--out", evaluated)
    assert (evaluated / "report.html").stat().st_size > 10_000
    figures = json.loads((evaluated / "metrics.json").read_bytes())
    assert {"order", "base", "adapter"} <= set(json.dumps(figures).replace('"', " ").split())

    registry = tmp_path / "registry.yml"
    registry.write_text("# ours\nllm_assist:\n  compatibility: []\n  promotions: []\n")
    done = CliRunner().invoke(
        main,
        ["promote", str(evaluated), "--registry", str(registry), "--adapter", str(adapter),
         "--store", str(tmp_path / "store")],
    )  # fmt: skip
    promotions = yaml.safe_load(registry.read_text())["llm_assist"]["promotions"]
    assert done.exit_code in (0, 1), done.output  # random weights rarely earn it
    assert bool(promotions) == (done.exit_code == 0), done.output
    assert "Traceback" not in done.output
