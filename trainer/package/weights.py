"""Whether adapter_model.safetensors and adapter.gguf are the same LoRA."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codi_hook.errors import CodiError
from codi_hook.models import adapters, files, gguf_check
from trainer.export import lora_gguf
from trainer.export.lora_gguf import Pair

SAFETENSORS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
BLOCK = 32  # weights that share a scale in Q8_0
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`matrices` were compared; the largest difference between two weights, and their types."""

    matrices: int
    difference: float
    types: tuple[str, ...]


def compare(folder: Path, heads: tuple[int, int]) -> Likeness:
    """Hold the two files in `folder` to each other; `heads` are the base's for q and for k.

    Names are mapped and llama's rows permuted as the export does it. Values may differ by what
    the types of both files round.

    Raises:
        CodiError: a matrix is in one file alone, a shape, a value or the scale differs.
    """
    gguf, types, alpha = read_gguf(folder / adapters.WEIGHTS)
    header = gguf_check.read(folder / adapters.WEIGHTS)
    pairs, source = read_safetensors(folder / SAFETENSORS)
    try:
        wanted = lora_gguf.from_hf(pairs, header.architecture, *heads)
    except ValueError as error:
        raise CodiError(f"{SAFETENSORS}: {error}") from None
    if odd := sorted(wanted.keys() ^ gguf.keys()):
        here = SAFETENSORS if odd[0] in wanted else adapters.WEIGHTS
        raise CodiError(f"{odd[0]} is in {here} alone, and {len(odd) - 1} more are", "export again")
    _check_scale(folder / CONFIG, alpha)
    most = 0.0
    for name, pair in wanted.items():
        for half, mine, theirs in (
            ("lora_a", pair.a, gguf[name].a),
            ("lora_b", pair.b, gguf[name].b),
        ):
            kinds = (source[name_of(half)], types[f"{name}.{half}"])
            most = max(most, _difference(f"{name}.{half}", mine, theirs, kinds))
    return Likeness(len(wanted), most, tuple(sorted({*source.values(), *types.values()})))


def name_of(half: str) -> str:
    return half[-1].upper()


def heads_of(header: gguf_check.Header) -> tuple[int, int]:
    """Query heads and key-value heads of a base. Raises CodiError where it does not say."""
    architecture = header.architecture
    q = header.metadata.get(f"{architecture}.attention.head_count")
    k = header.metadata.get(f"{architecture}.attention.head_count_kv", q)
    if not isinstance(q, int) or not isinstance(k, int):
        raise CodiError("the base does not say how many heads it has")
    return q, k


def read_gguf(path: Path) -> tuple[dict[str, Pair], dict[str, str], float]:
    """Pairs by the base's name, the type of each tensor, and alpha. The file was checked before."""
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader: Any = GGUFReader(path)
    halves: dict[str, Floats] = {}
    types = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        halves[tensor.name] = np.asarray(values, np.float32)
        types[tensor.name] = tensor.tensor_type.name
    names = {name.rpartition(".")[0] for name in halves}
    pairs = {name: Pair(halves[f"{name}.lora_a"], halves[f"{name}.lora_b"]) for name in names}
    return pairs, types, float(reader.fields["adapter.lora.alpha"].contents())


def read_safetensors(path: Path) -> tuple[dict[str, Pair], dict[str, str]]:
    """Pairs by peft's name of the matrix, and the type of the A and the B matrices.

    Raises:
        CodiError: a tensor that is not half of a LoRA pair, or of a type that is no float.
    """
    import safetensors
    from safetensors import SafetensorError

    parse: Any = safetensors.deserialize
    try:
        tensors = parse(path.read_bytes())
    except SafetensorError as error:
        raise CodiError(f"{path}: {error}") from None
    except OSError as error:
        raise CodiError(f"{path}: {error.strerror}") from None
    halves: dict[str, dict[str, Floats]] = {"A": {}, "B": {}}
    types: dict[str, str] = {}
    for name, tensor in tensors:
        base, _, half = name.removesuffix(".weight").removesuffix(".default").rpartition(".lora_")
        if half not in halves or len(tensor["shape"]) != 2:
            raise CodiError(f"{path.name}: {name} is not half of a LoRA pair")
        halves[half][base] = _floats(name, tensor)
        types[half] = tensor["dtype"]
    if halves["A"].keys() != halves["B"].keys() or not types:
        raise CodiError(f"{path.name}: A and B matrices do not go together")
    return {one: Pair(halves["A"][one], halves["B"][one]) for one in halves["A"]}, types


def _floats(name: str, tensor: dict[str, Any]) -> Floats:
    data, shape = tensor["data"], tensor["shape"]
    if tensor["dtype"] == "BF16":  # the upper half of a float
        words = np.frombuffer(data, "<u2").astype("<u4") << 16
        return np.asarray(words.view(np.float32).reshape(shape), np.float32)
    if tensor["dtype"] in ("F32", "F16"):
        kind = "<f4" if tensor["dtype"] == "F32" else "<f2"
        return np.asarray(np.frombuffer(data, kind).reshape(shape), np.float32)
    raise CodiError(f"{SAFETENSORS}: {name} has the type {tensor['dtype']}")


def _check_scale(path: Path, alpha: float) -> None:
    """alpha in adapter_config.json and in the GGUF. Raises CodiError."""
    raw = files.read_json(path)
    if raw is None:
        raise CodiError(f"{path.parent.name} has no {CONFIG}")
    wanted, rank = raw.get("lora_alpha"), raw.get("r")
    if not isinstance(wanted, int | float) or not isinstance(rank, int) or rank < 1:
        raise CodiError(f"{CONFIG}: no usable lora_alpha and r")
    if raw.get("alpha_pattern") or raw.get("use_dora"):
        raise CodiError(f"{CONFIG}: alpha_pattern and DoRA have no form in a GGUF")
    if raw.get("use_rslora"):  # peft then divides by √r, llama.cpp always by r
        wanted = wanted * math.sqrt(rank)
    if not math.isclose(wanted, alpha, rel_tol=1e-5):
        raise CodiError(f"alpha is {wanted:g} in {CONFIG} and {alpha:g} in {adapters.WEIGHTS}")


def _difference(name: str, mine: Floats, theirs: Floats, kinds: tuple[str, str]) -> float:
    """The largest difference, 0 for none. Raises CodiError where rounding does not explain it."""
    if mine.shape != theirs.shape:
        raise CodiError(f"{name}: {mine.shape} in {SAFETENSORS}, {theirs.shape} in the GGUF")
    apart = np.abs(mine - theirs)
    slack = sum(_rounding(mine, kind) for kind in kinds)
    if not np.isfinite(apart).all() or (apart > slack).any():
        raise CodiError(
            f"{name}: {SAFETENSORS} and {adapters.WEIGHTS} differ by {float(apart.max()):g}",
            "export again",
        )
    return float(apart.max(initial=0.0))


def _rounding(values: Floats, kind: str) -> Floats:
    """The most by which writing `values` as `kind` can change each of them."""
    size = np.abs(values)
    if kind == "Q8_0":
        flat = size.reshape(-1, BLOCK).max(axis=1, keepdims=True)
        # Half a step of the block's scale, which is an F16 itself.
        return np.broadcast_to(flat / 127 * 0.51 + flat * 2.0**-11, (flat.size, BLOCK)).reshape(
            values.shape
        )
    bits, least = {"F32": (24, 0.0), "F16": (11, 2.0**-25), "BF16": (8, 0.0)}.get(kind, (0, 0.0))
    if not bits:
        raise CodiError(
            f"{adapters.WEIGHTS} has tensors of the type {kind}", "F32, F16, BF16, Q8_0"
        )
    return (size * 2.0**-bits + least).astype(np.float32)
