"""A trained adapter as the files that ship: GGUF for llama.cpp, safetensors for everything else."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from codi_hook.errors import CodiError
from codi_hook.models import adapters, files, gguf_check
from trainer.export import lora_gguf
from trainer.export.lora_gguf import Pair

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
RECORD = "training.json"


def source(run: Path) -> Path:
    """The folder of the trained weights: RUN_DIR/adapter, or RUN_DIR itself.

    Raises:
        CodiError: there are none.
    """
    for folder in (run / "adapter", run):
        if (folder / WEIGHTS).is_file() and (folder / CONFIG).is_file():
            return folder
    raise CodiError(f"no {WEIGHTS} and {CONFIG}", "codi-train train writes them", str(run))


def read(folder: Path) -> tuple[dict[str, Pair], dict[str, Any]]:
    """The LoRA pairs of a peft adapter, by the name of the module, and its configuration.

    Raises:
        CodiError: not a plain LoRA, or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    config = files.read_json(folder / CONFIG) or {}
    odd = [key for key in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "bias")
           if config.get(key) not in (None, False, {}, "none")]  # fmt: skip
    if config.get("peft_type") != "LORA" or odd:
        what = f"uses {odd[0]}" if odd else "is not a LoRA"
        raise CodiError(f"the adapter {what}, which a GGUF cannot hold", path=str(folder))
    try:
        tensors = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError, ValueError) as error:
        raise CodiError(f"damaged: {error}", path=str(folder / WEIGHTS)) from None
    halves: dict[str, dict[str, Any]] = {}
    for key, value in tensors.items():
        name, _, part = key.removesuffix(".weight").rpartition(".lora_")
        halves.setdefault(name, {})[part] = np.asarray(value, np.float32)
    if not halves or any(set(pair) != {"A", "B"} for pair in halves.values()):
        raise CodiError("a matrix lacks half of its pair", path=str(folder / WEIGHTS))
    return {name: Pair(pair["A"], pair["B"]) for name, pair in halves.items()}, config


def export(run: Path, out: Path, base: Path, name: str = "", dtype: str = "f16") -> Path:
    """Write adapter.gguf, the safetensors, their configuration and the training's record to `out`.

    Args:
        base: the GGUF that the adapter is for; it decides architecture and heads.
        name: what the configuration calls it.
        dtype: f16 or f32, of the GGUF's tensors.

    Raises:
        CodiError: no adapter, one that does not fit the base, or `out` is in use.
    """
    folder = source(run)
    header = gguf_check.read(base)
    pairs, config = read(folder)
    converted = _converted(pairs, header, folder)
    if out.exists() and any(out.iterdir()):
        raise CodiError("the folder is not empty", "name a new one", str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".codi-train-") as scratch:
        made = Path(scratch) / out.name
        made.mkdir()
        alpha = float(config.get("lora_alpha", 0))
        lora_gguf.write(made / adapters.WEIGHTS, header.architecture, alpha, converted, dtype)
        shutil.copyfile(folder / WEIGHTS, made / WEIGHTS)
        config["base_model_name_or_path"] = name or config.get("base_model_name_or_path")
        (made / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        if (run / RECORD).is_file():
            shutil.copyfile(run / RECORD, made / RECORD)
        made.replace(out)
    return out / adapters.WEIGHTS


def _converted(pairs: dict[str, Pair], header: gguf_check.Header, folder: Path) -> dict[str, Pair]:
    """The pairs as the base has its matrices. Raises CodiError where one does not fit."""
    architecture = header.architecture
    try:
        heads = int(header.metadata[f"{architecture}.attention.head_count"])
        values = int(header.metadata.get(f"{architecture}.attention.head_count_kv", heads))
        converted = lora_gguf.from_hf(pairs, architecture, heads, values)
    except (KeyError, ValueError) as error:
        raise CodiError(f"the adapter does not fit the base: {error}", path=str(folder)) from None
    for name, pair in converted.items():
        tensor = header.tensor(name)
        shape = (pair.a.shape[1], pair.b.shape[0])
        if tensor is None or tensor.shape != shape:
            there = tensor.shape if tensor else "none"
            raise CodiError(
                f"the adapter does not fit the base: {name} is {shape}, there {there}",
                "--base must be the base of the training",
                str(folder),
            )
    return converted
