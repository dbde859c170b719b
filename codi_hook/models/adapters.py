"""LoRA adapters: what one is made of, and whether it may be loaded onto a base.

An adapter is a folder with adapter.gguf and metadata.json, or a lone .gguf file. llama.cpp is
given a path only after everything here has been checked.

metadata.json:
    schema 1, adapter_version, created_at (RFC 3339), base_model {id, digest, architecture},
    prompt_version, rule_set (digest of the rules it was trained for, or ""), temperature,
    metrics {name: number or text}, checksums {file: SHA-256} of every other file in the folder;
    optional: prior_weight; and not used here: id, dataset {…}, splits {train|val|test:
    {digest, …}}, base_model.heads and .key_value_heads
"""

from __future__ import annotations

import math
import re
import stat
import struct
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from codi_hook.frozen import dataclass
from codi_hook.models import files, gguf_check
from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.store import Installed

WEIGHTS, METADATA = "adapter.gguf", "metadata.json"
SCHEMA = 1
MAX_FILES = 64
MAX_METADATA = 1 << 20  # bytes
MAX_WEIGHTS = 2 << 30  # bytes
DATA = (".gguf", ".safetensors", ".json", ".md", ".txt", ".jinja", ".csv", "")
BINARY = (".gguf", ".safetensors")  # whose own structure is checked
TEXT_KEYS = ("adapter_version", "created_at", "prompt_version", "rule_set")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
HINT = "codi-hook adapter verify"
# How pickles of protocol 2 and later begin, and the zip archives that torch.save puts them in.
CODE = re.compile(rb"\x80[\x02-\x0f]|PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter whose files are intact.

    `path` is the GGUF, `digest` its SHA-256. What a lone GGUF cannot say is "" (and its
    `version` is the beginning of its digest, its `temperature` 1.0). `base_digest` is that of
    the base as its source has it. `temperature` divides the logits of the letters, and
    `prior_weight` says how much the learned frequencies count beside them (`scores.pooled`).
    """

    id: str
    path: Path
    digest: str
    version: str
    architecture: str
    rank: int
    alpha: float
    base_id: str = ""
    base_digest: str = ""
    created_at: str = ""
    prompt_version: str = ""
    rule_set: str = ""
    temperature: float = 1.0
    prior_weight: float = 0.0
    metrics: tuple[tuple[str, float | str], ...] = ()


def load(path: Path | str, base: Installed | None = None) -> Adapter:
    """Check an adapter, and that it belongs to `base` where one is given.

    Raises:
        ModelError: it must not be used; the message says why.
    """
    path = Path(path).expanduser()
    try:
        adapter = _load_folder(path) if path.is_dir() else _load_bare(path)
    except OSError as error:
        raise from_os_error(error, path, "read the adapter") from error
    if base is not None:
        check_base(adapter, base)
    return adapter


def check_base(adapter: Adapter, base: Installed) -> None:
    """Hold an adapter to the base it was trained on. Raises ModelError."""
    if adapter.architecture != base.architecture:
        raise ModelError(
            f"adapter {adapter.id} is for the architecture {adapter.architecture}, "
            f"and {base.path.name} is {base.architecture}",
            "use the base that the adapter was trained on",
        )
    if adapter.base_id and base.id and adapter.base_id != base.id:
        raise ModelError(
            f"adapter {adapter.id} is for the base {adapter.base_id}, not for {base.id}",
            f"codi-hook model pull {adapter.base_id}",
        )
    if adapter.base_digest and adapter.base_digest not in (base.origin, base.digest):
        raise ModelError(
            f"adapter {adapter.id} was trained on a base of digest {adapter.base_digest[:12]}…, "
            f"and {base.path.name} comes from {base.origin[:12]}…",
            "use the base that the adapter was trained on",
        )
    _check_shapes(adapter, base)


def _check_shapes(adapter: Adapter, base: Installed) -> None:
    shapes = {tensor.name: tensor.shape for tensor in gguf_check.read(base.path).tensors}
    for tensor in gguf_check.read(adapter.path).tensors:
        name, _, part = tensor.name.rpartition(".")
        shape = shapes.get(name)
        axis = 0 if part == "lora_a" else 1
        if shape is None or len(shape) < 2 or shape[axis] != tensor.shape[axis]:
            raise ModelError(
                f"adapter {adapter.id}: {tensor.name} {tensor.shape} does not fit "
                f"{name} {shape or 'which the base lacks'}",
                "use the base that the adapter was trained on",
            )


def _load_bare(path: Path) -> Adapter:
    if path.suffix != ".gguf" or not path.is_file():
        raise ModelError(
            f"no adapter at {path}", "name a folder with adapter.gguf and metadata.json, or a .gguf"
        )
    header, rank, alpha = _lora(path)
    digest = files.sha256(path)
    return Adapter(path.stem, path, digest, digest[:12], header.architecture, rank, alpha)


def _load_folder(folder: Path) -> Adapter:
    present = _listing(folder)
    if METADATA not in present or WEIGHTS not in present:
        missing = METADATA if METADATA not in present else WEIGHTS
        raise ModelError(f"adapter {folder.name} has no {missing}", HINT)
    if present[METADATA] > MAX_METADATA or present[WEIGHTS] > MAX_WEIGHTS:
        raise ModelError(f"adapter {folder.name} is larger than an adapter can be", HINT)
    raw = files.read_json(folder / METADATA) or {}
    meta = _Metadata(folder.name, raw)
    digests = _check_sums(folder, present, meta.table("checksums"))
    for name in present:
        if name.endswith(".safetensors"):
            _check_safetensors(folder / name)
    header, rank, alpha = _lora(folder / WEIGHTS)
    base = meta.table("base_model")
    if base.get("architecture", header.architecture) != header.architecture:
        raise ModelError(
            f"adapter {folder.name}: {METADATA} says architecture {base['architecture']!r}, "
            f"{WEIGHTS} says {header.architecture!r}"
        )
    for key in ("dataset", "splits"):
        if key in raw:
            meta.table(key)
    texts = {key: meta.text(key) for key in TEXT_KEYS}
    return Adapter(
        id=folder.resolve().name,
        path=folder / WEIGHTS,
        digest=digests[WEIGHTS],
        version=meta.version(texts.pop("adapter_version")),
        architecture=header.architecture,
        rank=rank,
        alpha=alpha,
        base_id=str(base.get("id", "")),
        base_digest=str(base.get("digest", "")).removeprefix("sha256:"),
        temperature=meta.number("temperature", 1.0, 0.01, 100),
        prior_weight=meta.number("prior_weight", 0.0, 0, 10),
        metrics=meta.metrics(),
        **texts,
    )


def _listing(folder: Path) -> dict[str, int]:
    """Relative names and sizes of the files in the folder; refuses what does not belong there."""
    home, found = folder.resolve(), {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(home):
            raise ModelError(f"adapter {folder.name}: {name} leads out of the folder")
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            continue
        if not stat.S_ISREG(mode):
            raise ModelError(f"adapter {folder.name}: {name} is not a regular file")
        if path.suffix.lower() not in DATA:
            raise ModelError(
                f"adapter {folder.name}: {name} is not allowed in an adapter",
                "weights are GGUF or safetensors; formats that can run code are refused",
            )
        with open(path, "rb") as stream:
            if path.suffix.lower() not in BINARY and CODE.match(stream.read(4)):
                raise ModelError(
                    f"adapter {folder.name}: {name} is a pickle or an archive",
                    "weights are GGUF or safetensors; formats that can run code are refused",
                )
        found[name] = path.stat().st_size
        if len(found) > MAX_FILES:
            raise ModelError(f"adapter {folder.name} has more than {MAX_FILES} files")
    return found


def _check_sums(
    folder: Path, present: Mapping[str, int], wanted: Mapping[str, Any]
) -> dict[str, str]:
    for name in wanted:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or name not in present:
            raise ModelError(f"adapter {folder.name} has no file {name}, which {METADATA} lists")
    digests = {}
    for name in present:
        if name == METADATA:
            continue
        if name not in wanted:
            raise ModelError(f"adapter {folder.name}: {METADATA} has no checksum of {name}", HINT)
        digests[name] = files.sha256(folder / name)
        if digests[name] != str(wanted[name]).removeprefix("sha256:"):
            raise ModelError(
                f"adapter {folder.name}: {name} is damaged or changed: its SHA-256 is not the one "
                f"in {METADATA}",
                "fetch or export the adapter again",
            )
    return digests


def _lora(path: Path) -> tuple[gguf_check.Header, int, float]:
    """Header, rank and alpha of a LoRA in GGUF. Raises ModelError."""
    header = gguf_check.read(path)
    if header.kind != "adapter" or header.metadata.get("adapter.type") != "lora":
        raise ModelError(f"{path}: a GGUF of type {header.kind}, not a LoRA adapter")
    alpha = header.metadata.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not math.isfinite(alpha):
        raise ModelError(f"{path}: the LoRA has no usable adapter.lora.alpha")
    parts = {tensor.name: tensor.shape for tensor in header.tensors}
    ranks = set()
    for name, shape in parts.items():
        base, _, part = name.rpartition(".")
        other = parts.get(f"{base}.{'lora_b' if part == 'lora_a' else 'lora_a'}")
        if part not in ("lora_a", "lora_b") or other is None or len(shape) != 2 != len(other):
            raise ModelError(f"{path}: tensor {name} is not half of a LoRA pair")
        a, b = (shape, other) if part == "lora_a" else (other, shape)
        if a[1] != b[0] or not a[1]:
            raise ModelError(f"{path}: the pair of {base} has the ranks {a[1]} and {b[0]}")
        ranks.add(a[1])
    if not ranks:
        raise ModelError(f"{path}: the LoRA has no tensors")
    return header, max(ranks), alpha


def _check_safetensors(path: Path) -> None:
    """The header of a safetensors file: its length, and a JSON object. Raises ModelError."""
    import json

    with open(path, "rb") as stream:
        size, first = path.stat().st_size, stream.read(8)
        length = struct.unpack("<Q", first)[0] if len(first) == 8 else size
        if length > min(size - 8, 100 << 20):
            raise ModelError(f"{path}: not a safetensors file, or truncated")
        try:
            header = json.loads(stream.read(length))
            ends = [one["data_offsets"][1] for key, one in header.items() if key != "__metadata__"]
            whole = max(ends, default=0) == size - 8 - length
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise ModelError(f"{path}: its safetensors header is damaged") from error
    if not whole:
        raise ModelError(f"{path}: the safetensors file is truncated or has a tail")


class _Metadata:
    """metadata.json, each value checked as it is taken."""

    def __init__(self, name: str, raw: dict[str, Any]) -> None:
        self.name, self.raw = name, raw
        if raw.get("schema") != SCHEMA:
            raise self.error(f"schema {raw.get('schema')!r} is not known")

    def error(self, what: str) -> ModelError:
        return ModelError(f"adapter {self.name}: {METADATA}: {what}", HINT)

    def table(self, key: str) -> dict[str, Any]:
        value = self.raw.get(key)
        if not isinstance(value, dict):
            raise self.error(f"{key} must be an object")
        return value

    def text(self, key: str) -> str:
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            raise self.error(f"{key} must be text")
        return value

    def version(self, text: str) -> str:
        if not VERSION.fullmatch(text):
            raise self.error(f"adapter_version {text!r} is not a version")
        return text

    def number(self, key: str, missing: float, low: float, high: float) -> float:
        value = self.raw.get(key, missing)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise self.error(f"{key} {value!r} is not a number between {low} and {high}")
        return float(value)

    def metrics(self) -> tuple[tuple[str, float | str], ...]:
        table = self.table("metrics") if "metrics" in self.raw else {}
        for key, value in table.items():
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise self.error(f"metric {key!r} must be a number or text")
        return tuple(sorted(table.items()))
