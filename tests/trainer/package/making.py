"""Makes what a training leaves: the GGUF by the exporter, peft's form by its inverse."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result
from safetensors.numpy import save_file

from codi_hook.models import gguf_check
from codi_hook.models.store import Installed, Store
from trainer.cli import main
from trainer.export import lora_gguf
from trainer.package import weights

PEFT = {theirs: ours for ours, theirs in lora_gguf.HF_NAMES.items()}


def unpermuted(rows: Any, heads: int) -> Any:
    """The layout of transformers from llama.cpp's: neighbours apart into halves."""
    count, columns = rows.shape
    return rows.reshape(heads, count // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows.shape)


def tensors(gguf: Path, heads: tuple[int, int], kind: Any = np.float32) -> dict[str, Any]:
    """The adapter's weights under peft's names and in its layout."""
    found = {}
    for name, pair in weights.read_gguf(gguf)[0].items():
        _, block, part, _ = name.split(".")
        b = pair.b
        if part in ("attn_q", "attn_k"):
            b = unpermuted(b, heads[0 if part == "attn_q" else 1])
        stem = f"base_model.model.model.layers.{block}.{PEFT[part]}"
        found[f"{stem}.lora_A.weight"] = np.ascontiguousarray(pair.a.astype(kind))
        found[f"{stem}.lora_B.weight"] = np.ascontiguousarray(b.astype(kind))
    return found


def config(**changes: Any) -> str:
    values = {
        "peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": False, "use_dora": False,
        "alpha_pattern": {}, "base_model_name_or_path": "/home/someone/models/tiny",
        "target_modules": ["q_proj"],
    }  # fmt: skip
    return json.dumps({**values, **changes})


def run(folder: Path, base: Installed, origin: str, scale: float = 0.1) -> Path:
    (folder / "adapter").mkdir(parents=True)
    lora_gguf.init_adapter(base.path, folder / "adapter.gguf", rank=4, alpha=8, scale=scale, seed=3)
    heads = weights.heads_of(gguf_check.read(base.path))
    save_file(
        tensors(folder / "adapter.gguf", heads), folder / "adapter" / "adapter_model.safetensors"
    )
    (folder / "adapter" / "adapter_config.json").write_text(config())
    record = {
        "schema": 1,
        "base": {"name": "somewhere/tiny", "id": base.id, "digest": origin},
        "prompt_version": "1",
        "dataset": {"digest": split_digest(TRAIN), "rows": {"rank": 2, "explain": 1}},
        "validation": {"digest": split_digest(VAL), "rows": {"rank": 1}},
        "config": {"lora": {"rank": 4}, "optimiser": {"learning_rate": 0.0005}},
        "steps": 12,
    }
    (folder / "training.json").write_text(json.dumps(record))
    return folder


def row(task: str, source: str, origin: str) -> str:
    return json.dumps({"task": task, "source": source, "origin": origin, "id": "x"})


TRAIN = [
    row("rank", "reversal", "modern"), row("rank", "history", "history"),
    row("explain", "rules", "modern"),
]  # fmt: skip
VAL = [row("rank", "reversal", "hub")]
TEST = [row("rank", "history", "history")]


def split_digest(rows: list[str]) -> str:
    """As the training has it: the SHA-256 of lines of digest and name."""
    one = hashlib.sha256(text(rows)).hexdigest()
    return hashlib.sha256(f"{one}  00000.jsonl\n".encode()).hexdigest()


def text(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def data(folder: Path) -> Path:
    for name, rows in (("train", TRAIN), ("val", VAL), ("test", TEST)):
        (folder / "splits" / name).mkdir(parents=True)
        (folder / "splits" / name / "00000.jsonl").write_bytes(text(rows))
    return folder


def package(
    run: Path, data: Path, out: Path, store: Store, *more: str, load: bool = False
) -> Result:
    arguments = ["package", str(run), "--id", "first", "--version", "0.1.0", "--data", str(data)]
    arguments += ["--out", str(out), "--root", str(store.root), *more]
    return CliRunner().invoke(main, arguments + ([] if load else ["--no-load"]))


def metrics(digest: str, **adapter: Any) -> dict[str, Any]:
    """The parts of an evaluation's metrics.json that a card tells."""
    gap = {"value": 0.125, "low": 0.05, "high": 0.2}
    overall = {"rows": 90, "top1": 0.625, "mrr": 0.75, "ndcg": 0.8, "pairwise": 0.7, "ece": 0.04}
    return {
        "schema": 1,
        "id": "20261122_0245",
        "evaluated": 90,
        "owners": 40,
        "settings": {"models": {"adapter": {"adapter_digest": digest, **adapter}}},
        "systems": {
            "adapter": {"overall": {**overall, "bins": [1, 2]}, "rules": {"DL3009": {"top1": 0.9}}},
            "order": {"overall": {**overall, "top1": 0.5}},
        },
        "differences": {"adapter-order": {"overall": {"rows": 90, "top1": gap}}},
        "stacks_won": {"adapter-order": {"share": 0.75, "won": ["node"]}},
    }
