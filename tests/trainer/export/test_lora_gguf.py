from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from gguf import GGUFReader

from codi_hook.models import adapters, gguf_check
from codi_hook.models.errors import ModelError
from tests.models import parts
from trainer.cli import main
from trainer.export import lora_gguf
from trainer.export.lora_gguf import Pair


def rotate_halves(rows: Any, angles: Any) -> Any:
    """Rotary embedding as HF transformers does it: row i turns with row i + d/2."""
    half = rows.shape[0] // 2
    turned = np.concatenate([-rows[half:], rows[:half]])
    both = np.concatenate([angles, angles])
    return rows * np.cos(both) + turned * np.sin(both)


def rotate_neighbours(rows: Any, angles: Any) -> Any:
    """Rotary embedding as llama.cpp does it for llama: row 2i turns with row 2i + 1."""
    out = np.empty_like(rows)
    even, odd = rows[0::2], rows[1::2]
    out[0::2] = even * np.cos(angles) - odd * np.sin(angles)
    out[1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return out


@pytest.mark.parametrize("heads", [1, 3])
def test_permuted_rows_attend_alike(heads: int) -> None:
    """q·k after the rotary embedding is the same in both layouts, and differs unpermuted."""
    random = np.random.default_rng(1)
    size, width = 16, 24
    query, key = (random.standard_normal((heads * size, width)).astype("f4") for _ in range(2))
    value = random.standard_normal(width).astype("f4")
    angles = 1.0 / 10000 ** (np.arange(size // 2) / (size // 2))
    one, two = 3 * angles, 7 * angles
    for head in range(heads):
        rows = slice(head * size, (head + 1) * size)

        def score(q: Any, k: Any, rotate: Any, rows: slice = rows) -> float:
            return float(rotate((q @ value)[rows], one) @ rotate((k @ value)[rows], two))

        expected = score(query, key, rotate_halves)
        permuted = [lora_gguf.permute(each, heads) for each in (query, key)]
        assert score(*permuted, rotate_neighbours) == pytest.approx(expected, rel=1e-4)
        assert score(query, key, rotate_neighbours) != pytest.approx(expected, rel=1e-2)


def test_names_and_layout_of_transformers_are_converted() -> None:
    random = np.random.default_rng(2)
    pair = Pair(random.random((2, 8), np.float32), random.random((8, 2), np.float32))
    prefix = "base_model.model.model.layers.3"
    names = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj")
    pairs = {f"{prefix}.{name}": pair for name in names}
    llama = lora_gguf.from_hf(pairs, "llama", 2, 1)
    assert set(llama) == {
        f"blk.3.{name}.weight" for name in ("attn_q", "attn_k", "attn_v", "ffn_down")
    }
    assert np.array_equal(llama["blk.3.attn_q.weight"].b, lora_gguf.permute(pair.b, 2))
    assert np.array_equal(llama["blk.3.attn_k.weight"].b, lora_gguf.permute(pair.b, 1))
    assert np.array_equal(llama["blk.3.attn_v.weight"].b, pair.b)
    qwen = lora_gguf.from_hf(pairs, "qwen2", 2, 1)
    assert np.array_equal(qwen["blk.3.attn_q.weight"].b, pair.b)
    with pytest.raises(ValueError, match="no place"):
        lora_gguf.from_hf({"model.embed_tokens": pair}, "llama", 2, 1)


def test_what_is_written_is_what_was_given(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    pair = Pair(random.random((2, 64), np.float32), random.random((32, 2), np.float32))
    lora_gguf.write(tmp_path / "a.gguf", "llama", 4.0, {"blk.0.attn_k.weight": pair})
    tensors = {one.name: one for one in GGUFReader(tmp_path / "a.gguf").tensors}
    assert np.array_equal(tensors["blk.0.attn_k.weight.lora_a"].data, pair.a)
    assert np.array_equal(tensors["blk.0.attn_k.weight.lora_b"].data, pair.b)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]


@pytest.mark.parametrize(
    ("architecture", "pairs", "word"),
    [
        ("gpt2", {"x": Pair(np.zeros((1, 2), "f4"), np.zeros((2, 1), "f4"))}, "architecture"),
        ("llama", {}, "at least one"),
        ("llama", {"x": Pair(np.zeros((1, 2), "f4"), np.zeros((2, 3), "f4"))}, "do not multiply"),
    ],
)
def test_bad_weights_write_nothing(
    tmp_path: Path, architecture: str, pairs: dict[str, Pair], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        lora_gguf.write(tmp_path / "a.gguf", architecture, 1.0, pairs)
    assert list(tmp_path.iterdir()) == []


def test_initial_weights_follow_the_seed(tiny: Path) -> None:
    header = gguf_check.read(tiny)
    first, again = (lora_gguf.initialise(header, 4, 7, 0.1) for _ in range(2))
    other = lora_gguf.initialise(header, 4, 8, 0.1)
    assert len(first) == 8
    for name, pair in first.items():
        assert np.array_equal(pair.a, again[name].a) and np.array_equal(pair.b, again[name].b)
        assert not np.array_equal(pair.a, other[name].a)
    assert all(not pair.b.any() for pair in lora_gguf.initialise(header, 4, 7, 0).values())


def test_an_unknown_architecture_has_no_adapter(tmp_path: Path) -> None:
    other = gguf_check.read(parts.write_gguf(tmp_path / "x.gguf", architecture="mamba"))
    with pytest.raises(ModelError, match="'mamba'"):
        lora_gguf.initialise(other, 4, 0, 0)


def logits(model: Path, adapter: Path | None, scale: float) -> Any:
    """Logits after a prompt, with llama.cpp applying the adapter."""
    import llama_cpp

    llm = llama_cpp.Llama(str(model), n_ctx=64, n_threads=1, n_threads_batch=1, verbose=False)
    if adapter:
        lora = llama_cpp.llama_adapter_lora_init(llm.model, os.fsencode(adapter))
        assert lora
        import ctypes

        kind = llama_cpp.llama_adapter_lora_p_ctypes
        weights = (ctypes.c_float * 1)(scale)
        assert llama_cpp.llama_set_adapters_lora(llm.ctx, (kind * 1)(lora), 1, weights) == 0
    llm.eval(llm.tokenize(b"RUN apt-get install"))
    pointer = llama_cpp.llama_get_logits_ith(llm.ctx, -1)
    values = np.ctypeslib.as_array(pointer, shape=(llm.n_vocab(),)).copy()
    llm.close()
    return values


def test_llama_cpp_applies_it_to_the_embedded_model(shipped: Path, tmp_path: Path) -> None:
    lora_gguf.init_adapter(shipped, tmp_path / "zero.gguf", scale=0)
    lora_gguf.init_adapter(
        shipped, tmp_path / "some.gguf", scale=0.02, targets=lora_gguf.ALL_LINEAR
    )
    bare = logits(shipped, None, 0)
    assert np.abs(logits(shipped, tmp_path / "some.gguf", 1.0) - bare).max() > 0.1
    assert np.abs(logits(shipped, tmp_path / "some.gguf", 0.0) - bare).max() < 1e-4
    assert np.abs(logits(shipped, tmp_path / "zero.gguf", 1.0) - bare).max() < 1e-4


class TestCommands:
    def test_init_and_verify(self, tiny: Path, tmp_path: Path) -> None:
        out = tmp_path / "made" / "my-adapter"
        arguments = ["init-adapter", str(tiny), str(out), "--rank", "2", "--base-id", "tiny"]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        assert sorted(path.name for path in out.iterdir()) == ["adapter.gguf", "metadata.json"]
        assert [path.name for path in out.parent.iterdir()] == ["my-adapter"]
        loaded = adapters.load(out)
        assert (loaded.rank, loaded.base_id, loaded.base_digest) == (2, "tiny", parts.digest(tiny))
        done = CliRunner().invoke(main, ["verify", str(out), "--base", str(tiny), "--no-load"])
        assert done.exit_code == 0, done.output
        again = CliRunner().invoke(main, arguments)
        assert again.exit_code == 2 and "is not empty" in again.stderr

    def test_a_bad_base_leaves_nothing(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.gguf"
        bad.write_bytes(b"GGUF")
        done = CliRunner().invoke(main, ["init-adapter", str(bad), str(tmp_path / "out")])
        assert done.exit_code == 2
        assert "not a usable GGUF" in done.stderr
        assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["bad.gguf"]

    def test_a_store_names_the_base(self, tiny: Path, tmp_path: Path) -> None:
        root = tmp_path / "store"
        pull = parts.run("pull", "tiny", "--source", f"file:{tiny}", "--quantise", "Q8_0",
                         "--root", str(root))  # fmt: skip
        assert pull.returncode == 0, pull.stderr
        converted = Path(pull.stdout.splitlines()[1])
        assert ".Q8_0." in converted.name
        done = CliRunner().invoke(main, ["init-adapter", str(converted), str(tmp_path / "a")])
        assert done.exit_code == 0, done.output
        raw = json.loads((tmp_path / "a" / "metadata.json").read_text())
        assert raw["base_model"] == {
            "architecture": "llama", "digest": parts.digest(tiny), "id": "tiny",
        }  # fmt: skip

    def test_reproducible(
        self, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        for name in "ab":
            CliRunner().invoke(main, ["init-adapter", str(tiny), str(tmp_path / name)])
        for file in ("adapter.gguf", "metadata.json"):
            assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()

    def test_help_starts_without_numpy(self) -> None:
        code = "import sys, trainer.cli; print('numpy' in sys.modules, 'torch' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=parts.ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["False", "False"]
