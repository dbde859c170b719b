"""What was trained in transformers answers alike in llama.cpp."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from gguf import GGUFReader

from codi_hook.models import adapters
from tests.trainer.train import parts
from trainer.cli import main
from trainer.export import adapter, base_gguf, lora_gguf, parity
from trainer.train import base as bases
from trainer.train import data


def trained(base: str, folder: Path, last_layers: int = 0) -> Path:
    """A peft adapter with random weights, as a training would leave it."""
    import torch

    from trainer.train import config, run

    torch.manual_seed(1)
    lora = {"rank": 4, "alpha": 8, "last_layers": last_layers}
    model = run.adapted(bases.find(base), config.parse({"base": base, "lora": lora}))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "training.json").write_text(json.dumps({"base": {"name": base}}))
    return folder


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def tiny_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(architecture, folder of the base, folder of the training)"""
    folder = tmp_path_factory.mktemp(request.param)
    base = parts.tiny(folder / "base", request.param)
    return request.param, base, trained(str(base), folder / "run")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prompts") / "rows.jsonl"
    return parts.write(path, parts.made(range(10)))


def export(run: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["export", str(run), "--out", str(out), *more])


def test_both_answer_alike(tiny_run: Any, prompts: Path, tmp_path: Path) -> None:
    architecture, base, run = tiny_run
    out = tmp_path / "out"
    done = export(run, out, "--check", "200", "--prompts", str(prompts))
    assert done.exit_code == 0, done.output
    found = json.loads((out / "parity.json").read_text())
    assert found["proved"] and found["agreement"] >= 0.99
    assert found["same_tokens"] == found["prompts"] > 30
    assert found["largest_difference"] < 0.05 < 0.5 < found["effect"]
    names = {"adapter.gguf", adapter.WEIGHTS, adapter.CONFIG, "training.json", "parity.json"}
    assert {path.name for path in out.iterdir()} == names
    loaded = adapters.load(out / "adapter.gguf")
    assert (loaded.architecture, loaded.rank, loaded.alpha) == (architecture, 4, 8.0)
    config = json.loads((out / adapter.CONFIG).read_text())
    assert config["base_model_name_or_path"] == str(base)


def test_rows_in_the_wrong_layout_would_be_noticed(
    tiny_run: Any, prompts: Path, tmp_path: Path
) -> None:
    """The proof must be able to fail: q and k in the other architecture's layout."""
    architecture, base, run = tiny_run
    pairs, _ = adapter.read(adapter.source(run))
    other = "qwen2" if architecture == "llama" else "llama"
    wrong = lora_gguf.from_hf(pairs, other, 4, 2)
    lora_gguf.write(tmp_path / "wrong.gguf", architecture, 8.0, wrong)
    questions = [one.question for one in data.read([prompts]).examples[:20]]
    found = parity.check(
        bases.find(str(base)), adapter.source(run), tmp_path / "wrong.gguf", questions
    )
    assert found.largest_difference > 0.5 and not found.proved


def test_half_precision_halves_the_file(tiny_run: Any, tmp_path: Path) -> None:
    _, _, run = tiny_run
    for dtype in ("f16", "f32"):
        done = export(run, tmp_path / dtype, "--dtype", dtype)
        assert done.exit_code == 0, done.output
    half, full = (
        {one.name: one.data for one in GGUFReader(tmp_path / dtype / "adapter.gguf").tensors}
        for dtype in ("f16", "f32")
    )
    assert half.keys() == full.keys() and len(half) == 2 * 7 * 3
    for name, value in full.items():
        assert half[name].dtype == np.float16
        assert np.array_equal(half[name], value.astype(np.float16))


def test_the_shipped_base_is_the_same_model_in_both(shipped: Path, tmp_path: Path) -> None:
    """Its GGUF, unpacked by transformers and by us, and an adapter of its last two layers."""
    run = trained(str(shipped), tmp_path / "run", 2)
    done = export(run, tmp_path / "out")
    assert done.exit_code == 0, done.output
    questions = [
        example.question
        for example in data.read([parts.write(tmp_path / "p.jsonl", parts.made([1]))]).examples[:3]
    ]
    found = parity.check(
        bases.find(str(shipped)), adapter.source(run), tmp_path / "out" / "adapter.gguf", questions
    )
    assert found.proved and found.largest_difference < 0.1 < found.effect


def test_an_unpacked_base_keeps_what_describes_it(shipped: Path, tmp_path: Path) -> None:
    base_gguf.from_gguf(shipped, tmp_path / "f16.gguf")
    before, after = GGUFReader(shipped), GGUFReader(tmp_path / "f16.gguf")
    for name, field in before.fields.items():
        if not name.startswith("GGUF.") and name != "general.file_type":
            assert after.fields[name].contents() == field.contents(), name
    assert [one.name for one in after.tensors] == [one.name for one in before.tensors]
    assert {one.tensor_type.name for one in after.tensors} == {"F16", "F32"}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"use_dora": True}, "uses use_dora"),
        ({"use_rslora": True}, "uses use_rslora"),
        ({"peft_type": "IA3"}, "is not a LoRA"),
    ],
)
def test_what_a_gguf_cannot_hold_is_refused(
    tiny_run: Any, tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    _, base, run = tiny_run
    copy = tmp_path / "run"
    copy.mkdir()
    for name in (adapter.WEIGHTS, adapter.CONFIG):
        (copy / name).write_bytes((run / "adapter" / name).read_bytes())
    config = json.loads((copy / adapter.CONFIG).read_text()) | change
    (copy / adapter.CONFIG).write_text(json.dumps(config))
    done = export(copy, tmp_path / "out", "--base", str(base))
    assert done.exit_code == 2 and word in done.output
    assert not (tmp_path / "out").exists()


def test_a_foreign_base_and_a_damaged_adapter(tiny_run: Any, shipped: Path, tmp_path: Path) -> None:
    _, _, run = tiny_run
    done = export(run, tmp_path / "out", "--base", str(shipped))
    assert done.exit_code == 2 and "does not fit the base" in done.output
    broken = tmp_path / "run"
    broken.mkdir()
    (broken / adapter.CONFIG).write_bytes((run / "adapter" / adapter.CONFIG).read_bytes())
    whole = (run / "adapter" / adapter.WEIGHTS).read_bytes()
    (broken / adapter.WEIGHTS).write_bytes(whole[: len(whole) // 2])
    done = export(broken, tmp_path / "out", "--base", str(shipped))
    assert done.exit_code == 2 and "damaged" in done.output
    done = export(tmp_path, tmp_path / "out")
    assert done.exit_code == 2 and len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_weight_that_half_precision_cannot_hold(tmp_path: Path) -> None:
    pair = lora_gguf.Pair(np.full((1, 2), 1e6, "f4"), np.zeros((2, 1), "f4"))
    with pytest.raises(ValueError, match="does not fit f16"):
        lora_gguf.write(tmp_path / "a.gguf", "llama", 1.0, {"x": pair}, "f16")
