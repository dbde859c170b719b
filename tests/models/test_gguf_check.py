from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from gguf import GGUFReader

from codi_hook.models import gguf_check
from codi_hook.models.errors import ModelError
from tests.models import parts


def test_agrees_with_the_gguf_package(tiny: Path) -> None:
    header, judge = gguf_check.read(tiny), GGUFReader(tiny)
    assert len(header.tensors) == len(judge.tensors) == 10
    start = judge.data_offset
    for ours, theirs in zip(header.tensors, judge.tensors, strict=True):
        assert ours.name == theirs.name
        assert list(ours.shape) == [int(size) for size in theirs.shape]
        assert ours.type == theirs.tensor_type.value
        assert ours.size == theirs.n_bytes
        assert start + ours.offset == theirs.data_offset
    assert header.architecture == "llama"
    assert header.metadata["llama.attention.head_count"] == parts.HEADS


def test_reads_the_embedded_model_in_a_moment(shipped: Path) -> None:
    began = time.perf_counter()
    header = gguf_check.read(shipped)
    assert time.perf_counter() - began < 1.0  # 26 ms idle; the gguf package needs 4.6 s
    assert (header.architecture, header.kind, header.quantisation) == ("llama", "model", "Q4_1")
    assert len(header.tensors) == 272
    assert header.metadata["llama.context_length"] == 8192


def test_block_sizes_agree_with_the_gguf_package() -> None:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    for number, (name, elements, size) in gguf_check.TYPES.items():
        kind = GGMLQuantizationType(number)
        assert (kind.name, GGML_QUANT_SIZES[kind]) == (name, (elements, size))


def test_every_truncation_is_refused(tiny: Path) -> None:
    whole = tiny.read_bytes()
    for length in [*range(0, 2000, 7), *range(2000, len(whole), 997), len(whole) - 1]:
        with pytest.raises(ValueError):
            gguf_check.parse(whole[:length])


def test_damaged_headers_never_crash_or_hang(tiny: Path) -> None:
    whole, dice = tiny.read_bytes(), random.Random(5)
    began, refused = time.perf_counter(), 0
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(6000)] = dice.randrange(256)
        try:
            gguf_check.parse(bytes(data))
        except ValueError:
            refused += 1
    assert refused > 50
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a zip, perhaps", "letters GGUF"),
        (b"GGUF\x09\0\0\0" + bytes(16), "version 9"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 16, "claims"),
        (b"GGUF\x03\0\0\0" + bytes(8) + b"\x01" + bytes(7) + b"\xff" * 8, "name of"),
        (b"GGUF\x03", "inside its header"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        gguf_check.read(path)
    assert str(path) in caught.value.message
    assert word in caught.value.message


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        gguf_check.read(tmp_path / "none.gguf")
