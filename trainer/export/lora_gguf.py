"""Write LoRA weights as a GGUF adapter that llama.cpp applies to a llama or qwen2 base.

Each adapted matrix `NAME.weight` of the base has two tensors: `NAME.weight.lora_a` of shape
(rank, in) and `NAME.weight.lora_b` of shape (out, rank); llama.cpp adds
alpha / rank * scale * (B @ A) to the matrix.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codi_hook.models import files, gguf_check
from codi_hook.models.errors import ModelError

ARCHITECTURES = ("llama", "qwen2")
DTYPES = {"f16": np.float16, "f32": np.float32}
ATTENTION = ("attn_q", "attn_k", "attn_v", "attn_output")
ALL_LINEAR = (*ATTENTION, "ffn_gate", "ffn_up", "ffn_down")
HF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
HF_KEY = re.compile(r"(?:.*\.)?layers\.(\d+)\.([a-z_]+\.[a-z]_proj|mlp\.[a-z]+_proj)(?:\.|$)")

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """The two halves of one adapted matrix: `a` is (rank, in), `b` is (out, rank)."""

    a: Array
    b: Array


def permute(weights: Array, heads: int) -> Array:
    """Rows of a query or key projection, from the layout of HF transformers to llama.cpp's.

    Rotary embedding turns pairs of rows of a head: transformers pairs row i with row i + d/2,
    llama.cpp's llama architecture pairs row 2i with row 2i + 1. Only rows move, so of a LoRA
    only `b` is permuted. qwen2 keeps the layout of transformers and needs none of this.

    Args:
        weights: (heads * d, anything).
        heads: query heads for q, key-value heads for k.
    """
    rows, columns = weights.shape
    if rows % (heads * 2):
        raise ValueError(f"{rows} rows are not {heads} heads of an even size")
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def from_hf(
    pairs: Mapping[str, Pair], architecture: str, heads: int, key_value_heads: int
) -> dict[str, Pair]:
    """Pairs named and laid out as in HF transformers or peft, as the GGUF base has them.

    Raises:
        ValueError: a matrix that is none of the seven linear layers of a block.
    """
    converted = {}
    for key, pair in pairs.items():
        match = HF_KEY.match(key)
        if not match or match[2] not in HF_NAMES:
            raise ValueError(f"no place in a GGUF base for {key}")
        name = HF_NAMES[match[2]]
        if architecture == "llama" and name in ("attn_q", "attn_k"):
            pair = Pair(pair.a, permute(pair.b, heads if name == "attn_q" else key_value_heads))
        converted[f"blk.{match[1]}.{name}.weight"] = pair
    return converted


def write(
    path: Path, architecture: str, alpha: float, pairs: Mapping[str, Pair], dtype: str = "f32"
) -> None:
    """Write a LoRA adapter, atomically. `pairs` is by the name of the base's tensor.

    `dtype` is one of DTYPES. F16 is half the size; its precision of 11 bits is beyond that of
    any base that is shipped.

    Raises:
        ValueError: unknown architecture or type, no pairs, halves of different rank, or weights
            that the type cannot hold.
        OSError: the file cannot be written.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture {architecture!r} is none of {', '.join(ARCHITECTURES)}")
    if dtype not in DTYPES:
        raise ValueError(f"type {dtype!r} is none of {', '.join(DTYPES)}")
    if not pairs:
        raise ValueError("a LoRA adapter needs at least one adapted matrix")
    for name, pair in pairs.items():
        if pair.a.ndim != 2 or pair.b.ndim != 2 or pair.a.shape[0] != pair.b.shape[1]:
            raise ValueError(f"{name}: A {pair.a.shape} and B {pair.b.shape} do not multiply")
        largest = max(float(np.abs(half).max(initial=0)) for half in (pair.a, pair.b))
        if not largest <= float(np.finfo(DTYPES[dtype]).max):  # NaN, too
            raise ValueError(f"{name}: a weight of {largest} does not fit {dtype}")
    temporary = path.with_name(f".{path.name}.new")
    try:
        _write(temporary, architecture, alpha, pairs, DTYPES[dtype])
        files.install(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(
    path: Path, architecture: str, alpha: float, pairs: Mapping[str, Pair], dtype: Any
) -> None:
    from gguf import GGUFWriter

    writer: Any = GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name in sorted(pairs):
        writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(pairs[name].a, dtype))
        writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(pairs[name].b, dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def initialise(
    base: gguf_check.Header,
    rank: int,
    seed: int,
    scale: float,
    targets: Sequence[str] = ATTENTION,
) -> dict[str, Pair]:
    """Fresh LoRA weights for a base, reproducible by `seed`.

    A is normal with deviation 1/√in, B normal with deviation `scale`; 0 leaves the base as it
    is, which is how training starts.

    Raises:
        ModelError: the base is of another architecture, or lacks the target matrices.
    """
    if base.kind != "model" or base.architecture not in ARCHITECTURES:
        raise ModelError(
            f"cannot make an adapter for a {base.kind} of architecture {base.architecture!r}",
            f"known: {', '.join(ARCHITECTURES)}",
        )
    random = np.random.default_rng(seed)
    pairs = {}
    for tensor in base.tensors:
        parts = tensor.name.split(".")
        if len(parts) != 4 or parts[0] != "blk" or parts[2] not in targets or parts[3] != "weight":
            continue
        width, height = tensor.shape
        a = random.standard_normal((rank, width), np.float32) / np.float32(math.sqrt(width))
        b = random.standard_normal((height, rank), np.float32) * np.float32(scale)
        pairs[tensor.name] = Pair(a, b)
    if not pairs:
        raise ModelError(f"the base has none of the matrices {', '.join(targets)}")
    return pairs


def init_adapter(
    base: Path,
    target: Path,
    *,
    rank: int = 8,
    alpha: float = 16.0,
    seed: int = 0,
    scale: float = 0.0,
    targets: Sequence[str] = ATTENTION,
) -> None:
    """Write a fresh LoRA for the GGUF `base` to `target`. Raises ModelError, OSError."""
    header = gguf_check.read(base)
    write(target, header.architecture, alpha, initialise(header, rank, seed, scale, targets))
