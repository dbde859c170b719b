"""Structure of a GGUF file, read and checked before llama.cpp maps it.

llama.cpp trusts much of what it reads; a truncated file can end in SIGBUS, which no `except`
catches. The `gguf` package reads the same structure, but imports numpy and decodes every token
of the vocabulary, which costs more than loading the model. This walks the header only.

Source: the GGUF specification in the ggml repository (docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from math import prod
from pathlib import Path
from typing import Any

from codi_hook.frozen import dataclass
from codi_hook.models.errors import ModelError, from_os_error

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_KEYS = 1 << 16
MAX_TENSORS = 1 << 16
MAX_NAME = 1 << 16
MAX_ARRAY_DEPTH = 4
MAX_TEXT = 4096  # longer strings (chat templates) are skipped, not kept
STRING, ARRAY = 8, 9
SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
    10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
# ggml type: (name, elements in a block, bytes of a block)
TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2),
    26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's place: `shape` in ggml's order (fastest first), `offset` from the data start."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @property
    def size(self) -> int:
        """Bytes of the data; 0 for a type that this table does not know."""
        _, block, width = TYPES.get(self.type, ("", 1, 0))
        return prod(self.shape) // block * width


@dataclass(frozen=True, slots=True)
class Header:
    """A GGUF's scalar and short string metadata, and where its tensors lie."""

    metadata: dict[str, Any]
    tensors: tuple[Tensor, ...]
    size: int

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def kind(self) -> str:
        """`general.type`: "model" where absent, "adapter" for a LoRA."""
        return str(self.metadata.get("general.type", "model"))

    @property
    def quantisation(self) -> str:
        """The type that most of the tensors with two dimensions have."""
        counts: dict[int, int] = {}
        for tensor in self.tensors:
            if len(tensor.shape) > 1:
                counts[tensor.type] = counts.get(tensor.type, 0) + 1
        if not counts:
            return ""
        most = max(counts, key=lambda kind: counts[kind])
        return TYPES.get(most, (f"type {most}", 0, 0))[0]

    def tensor(self, name: str) -> Tensor | None:
        return next((tensor for tensor in self.tensors if tensor.name == name), None)


class _Reader:
    """A cursor over the bytes; every read is checked against the end."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.data, self.at, self.end = data, 0, len(data)

    def take(self, count: int) -> int:
        """Start of the next `count` bytes, which are then behind the cursor."""
        start = self.at
        if count > self.end - start:
            raise ValueError(f"ends inside its header, at byte {self.end}")
        self.at = start + count
        return start

    def scalar(self, form: str) -> Any:
        return struct.unpack_from(form, self.data, self.take(struct.calcsize(form)))[0]

    def text(self, limit: int = MAX_NAME) -> str:
        length = self.scalar("<Q")
        if length > limit:
            raise ValueError(f"has a name of {length} bytes at byte {self.at}")
        start = self.take(length)
        return bytes(self.data[start : start + length]).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """A metadata value; None for what is skipped (arrays, long strings)."""
        if kind == STRING:
            length = struct.unpack_from("<Q", self.data, self.take(8))[0]
            start = self.take(length)
            if length > MAX_TEXT:
                return None
            return bytes(self.data[start : start + length]).decode("utf-8", "replace")
        if kind == ARRAY:
            return self.skip_array(1)
        if kind not in SCALARS:
            raise ValueError(f"has a value of unknown type {kind} at byte {self.at}")
        return self.scalar(SCALARS[kind])

    def skip_array(self, depth: int) -> None:
        kind, count = self.scalar("<I"), self.scalar("<Q")
        if kind in SCALARS:
            self.take(count * struct.calcsize(SCALARS[kind]))
        elif count > self.end - self.at:
            raise ValueError(f"has an array longer than itself at byte {self.at}")
        elif kind == STRING:
            self.skip_strings(count)
        elif kind == ARRAY and depth < MAX_ARRAY_DEPTH:
            for _ in range(count):
                self.skip_array(depth + 1)
        else:
            raise ValueError(f"has an array of unknown type {kind} at byte {self.at}")

    def skip_strings(self, count: int) -> None:
        # Vocabularies have 10⁵ of these: kept flat on purpose.
        data, at, unpack = self.data, self.at, struct.Struct("<Q").unpack_from
        try:
            for _ in range(count):
                at += 8 + unpack(data, at)[0]
        except (struct.error, OverflowError):
            at = self.end + 1
        if at > self.end:
            raise ValueError(f"ends inside its header, at byte {self.end}")
        self.at = at


def read(path: Path) -> Header:
    """Read and check the structure of a GGUF file.

    Raises:
        ModelError: not a GGUF, truncated, or with parts that lie outside the file.
    """
    try:
        with open(path, "rb") as stream:
            if stream.seek(0, 2) == 0:
                raise ModelError(f"{path}: not a GGUF file: it is empty")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return parse(data)
    except ValueError as error:
        hint = "pull the model again, or rebuild the adapter"
        raise ModelError(f"{path}: not a usable GGUF file: it {error}", hint) from error
    except OSError as error:
        raise from_os_error(error, path, "read the file") from error


def parse(data: mmap.mmap | bytes) -> Header:
    """The checked header of a GGUF in memory. Raises ValueError with a phrase that says why."""
    reader = _Reader(data)
    if bytes(data[:4]) != MAGIC:
        raise ValueError("does not begin with the letters GGUF")
    reader.take(4)
    version = reader.scalar("<I")
    if version not in VERSIONS:
        raise ValueError(f"has version {version}, and versions 2 and 3 are known")
    tensor_count, key_count = reader.scalar("<Q"), reader.scalar("<Q")
    if tensor_count > MAX_TENSORS or key_count > MAX_KEYS:
        raise ValueError(f"claims {tensor_count} tensors and {key_count} keys")
    metadata: dict[str, Any] = {}
    for _ in range(key_count):
        key = reader.text()
        value = reader.value(reader.scalar("<I"))
        if value is not None:
            metadata[key] = value
    tensors = tuple(_tensor(reader) for _ in range(tensor_count))
    _check_places(tensors, metadata.get("general.alignment", 32), reader)
    return Header(metadata, tensors, reader.end)


def _tensor(reader: _Reader) -> Tensor:
    name = reader.text()
    dimensions = reader.scalar("<I")
    if dimensions > 4:
        raise ValueError(f"has {dimensions} dimensions in tensor {name!r}")
    shape = tuple(reader.scalar("<Q") for _ in range(dimensions))
    return Tensor(name, shape, reader.scalar("<I"), reader.scalar("<Q"))


def _check_places(tensors: tuple[Tensor, ...], alignment: Any, reader: _Reader) -> None:
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"has the alignment {alignment!r}")
    start, behind = -(-reader.at // alignment) * alignment, 0
    for tensor in sorted(tensors, key=lambda one: one.offset):
        if tensor.offset % alignment or tensor.offset < behind:
            raise ValueError(f"has tensor {tensor.name!r} in the wrong place")
        behind = tensor.offset + tensor.size
        if start + behind > reader.end:
            missing = start + behind - reader.end
            raise ValueError(f"is truncated: tensor {tensor.name!r} ends {missing} bytes behind it")
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise ValueError("has two tensors of the same name")
