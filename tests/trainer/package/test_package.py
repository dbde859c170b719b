"""adapters/<id>/ from a training's folder, and the check that it passes."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from safetensors.numpy import load_file, save_file

from codi_hook import ruleset
from codi_hook.cli.adapter import adapter as hook
from codi_hook.errors import CodiError
from codi_hook.frozen import replace
from codi_hook.models import adapters, gguf_check
from codi_hook.models.store import Installed, Store
from tests.models import parts
from tests.trainer.package import making
from trainer.cli import main
from trainer.export import lora_gguf, metadata
from trainer.package import weights

HEADS = (parts.HEADS, parts.HEADS // 2)


def verify(folder: Path, store: Store, *more: str, load: bool = False) -> Result:
    arguments = ["verify", str(folder), "--root", str(store.root), *more]
    return CliRunner().invoke(main, arguments + ([] if load else ["--no-load"]))


def refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2, (result.output, result.exception)
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr, result.stderr


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestPackage:
    def test_the_folder(self, packaged: Path, small: Installed, store: Store, data: Path) -> None:
        assert listing(packaged) == [
            "README.md", "adapter.gguf", "adapter_config.json", "adapter_model.safetensors",
            "metadata.json",
        ]  # fmt: skip
        assert listing(packaged.parent) == ["first"]
        raw = json.loads((packaged / "metadata.json").read_text())
        assert raw["base_model"] == {
            "id": "tiny", "digest": small.origin, "architecture": "llama",
            "heads": 4, "key_value_heads": 2,
        }  # fmt: skip
        assert raw["id"] == "first" and raw["adapter_version"] == "0.1.0"
        assert raw["rule_set"] == ruleset.digest() and raw["prompt_version"] == "1"
        assert raw["splits"]["train"] == {
            "digest": making.split_digest(making.TRAIN),
            "rows": {"explain": 1, "rank": 2},
            "labels": {"explain rules": 1, "rank history": 1, "rank reversal": 1},
        }
        assert raw["splits"]["test"]["digest"] == making.split_digest(making.TEST)
        assert len(raw["dataset"]["digest"]) == 64
        assert raw["dataset"]["origins"] == {"modern": 2, "history": 2, "hub": 1}
        assert set(raw["checksums"]) == set(listing(packaged)) - {"metadata.json"}
        assert adapters.load(packaged, small).version == "0.1.0"

    def test_no_path_of_the_machine_is_published(self, packaged: Path, tmp_path: Path) -> None:
        for path in packaged.iterdir():
            data = path.read_bytes()
            assert b"/home/someone" not in data and str(tmp_path).encode() not in data, path.name

    def test_the_card(self, run: Path, data: Path, store: Store, tmp_path: Path) -> None:
        found = tmp_path / "metrics.json"
        digest = parts.digest(run / "adapter.gguf")
        found.write_text(json.dumps(making.metrics(digest, temperature=1.75)))
        out = tmp_path / "adapters"
        done = making.package(run, data, out, store, "--metrics", str(found))
        assert done.exit_code == 0, done.output
        raw = json.loads((out / "first" / "metadata.json").read_text())
        assert raw["temperature"] == 1.75, "that of the evaluation"
        assert raw["metrics"]["adapter.top1"] == 0.625
        assert raw["metrics"]["adapter-order.top1.low"] == 0.05
        assert raw["metrics"]["adapter-order.stacks_won"] == 0.75
        assert not any("DL3009" in key or "bins" in key for key in raw["metrics"])
        card = (out / "first" / "README.md").read_text()
        assert card.startswith("---\nlicense: apache-2.0\n")
        for line in (
            "| adapter | 0.625 | 0.750 | 0.800 | 0.700 | 0.040 |",
            "| order | top-1 | 0.125 | 0.050 to 0.200 |",
            "| train | rank | 2 |",
            "Evaluation `20261122_0245`: 90 questions of 40 owners.",
            "- *reversal* (1 rank rows to train on)",
            f"- test: SHA-256 `{making.split_digest(making.TEST)}`",
            "codi-hook adapter verify first",
        ):
            assert line in card, line

    def test_metrics_of_another_adapter(
        self, run: Path, data: Path, store: Store, tmp_path: Path
    ) -> None:
        found = tmp_path / "metrics.json"
        found.write_text(json.dumps(making.metrics("0" * 64)))
        done = making.package(run, data, tmp_path / "a", store, "--metrics", str(found))
        refused(done, "is about another adapter")
        found.write_text("[1]")
        done = making.package(run, data, tmp_path / "a", store, "--metrics", str(found))
        refused(done, "expected a JSON object")
        assert not (tmp_path / "a").exists()

    def test_other_rows_are_not_described(
        self, run: Path, data: Path, store: Store, tmp_path: Path
    ) -> None:
        with open(data / "splits" / "train" / "00000.jsonl", "a") as stream:
            stream.write(making.row("rank", "rules", "other") + "\n")
        done = making.package(run, data, tmp_path / "a", store)
        assert done.exit_code == 0 and "is not what this was trained on" in done.stderr
        raw = json.loads((tmp_path / "a" / "first" / "metadata.json").read_text())
        assert set(raw["splits"]) == {"train", "val"} and "origins" not in raw["dataset"]
        assert raw["splits"]["train"]["digest"] == making.split_digest(making.TRAIN)

    def test_nothing_is_left_of_what_fails(
        self, run: Path, data: Path, store: Store, tmp_path: Path
    ) -> None:
        path, out = run / "adapter" / "adapter_model.safetensors", tmp_path / "adapters"
        tensors = load_file(path)
        name = next(iter(tensors))
        save_file({**tensors, name: tensors[name] + np.float32(0.01)}, path)
        refused(making.package(run, data, out, store), "differ by 0.01")
        assert list(out.iterdir()) == []
        path.unlink()
        refused(making.package(run, data, out, store), "has no adapter_model.safetensors")
        assert list(out.iterdir()) == []

    def test_a_folder_is_replaced_only_if_asked(
        self, packaged: Path, run: Path, data: Path, store: Store
    ) -> None:
        before = (packaged / "metadata.json").read_bytes()
        again = making.package(run, data, packaged.parent, store)
        refused(again, "is there already", "--replace")
        assert (packaged / "metadata.json").read_bytes() == before
        done = making.package(run, data, packaged.parent, store, "--replace", "--temperature", "2")
        assert done.exit_code == 0, done.output
        assert adapters.load(packaged).temperature == 2.0
        assert listing(packaged.parent) == ["first"]

    @pytest.mark.parametrize(("name", "version"), [("../x", "1"), (".x", "1"), ("x", "1 0")])
    def test_ids_and_versions(
        self, run: Path, data: Path, store: Store, tmp_path: Path, name: str, version: str
    ) -> None:
        out = tmp_path / "deep" / "out"
        more = ("--id", name, "--version", version)
        refused(making.package(run, data, out, store, *more), "is not an id and a version")
        assert not (tmp_path / "deep").exists()


class TestVerify:
    def test_both_commands(self, packaged: Path, store: Store) -> None:
        done = verify(packaged, store)
        assert done.exit_code == 0, done.output
        assert "fits tiny" in done.output
        assert "is the same LoRA: 8 matrices, largest difference 0" in done.output
        done = CliRunner().invoke(
            hook, ["verify", str(packaged), "--root", str(store.root), "--no-load"]
        )
        assert done.exit_code == 0 and "LoRA of rank 4, alpha 8" in done.output

    def test_without_its_base(self, packaged: Path, tmp_path: Path) -> None:
        done = verify(packaged, Store(tmp_path / "bare"))
        assert done.exit_code == 0 and "not compared with a base" in done.output
        assert "is the same LoRA: 8 matrices" in done.output, "metadata knows the heads"

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            (lambda at: at.pop(next(iter(at))), "do not go together"),
            (lambda at: at.update({"x.lora_C.weight": np.ones((1, 1), "f4")}), "not half of"),
            (lambda at: at.update({next(iter(at)): np.ones((4, 8), "f4")}), "in the GGUF"),
            (lambda at: at.update({next(iter(at)): np.full((4, 64), np.nan, "f4")}), "differ by"),
            (
                lambda at: [at.pop(name) for name in list(at) if "layers.1.self_attn.v" in name],
                "blk.1.attn_v.weight is in adapter.gguf alone",
            ),
        ],
    )
    def test_other_weights(
        self,
        packaged: Path,
        store: Store,
        change: Callable[[dict[str, Any]], object],
        word: str,
    ) -> None:
        path = packaged / "adapter_model.safetensors"
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path)
        refused(verify(packaged, store), "is damaged or changed")
        self.sign(packaged)
        assert adapters.load(packaged)
        refused(verify(packaged, store), word)

    @staticmethod
    def sign(folder: Path) -> None:
        """New checksums, as somebody who means harm would write them."""
        raw = json.loads((folder / "metadata.json").read_text())
        raw["checksums"] = {name: parts.digest(folder / name) for name in raw["checksums"]}
        (folder / "metadata.json").write_text(json.dumps(raw))

    def test_unpermuted_weights_are_found(self, packaged: Path, store: Store) -> None:
        pairs = weights.read_gguf(packaged / "adapter.gguf")[0]
        wrong = {
            f"m.layers.{name.split('.')[1]}.{making.PEFT[name.split('.')[2]]}": pair
            for name, pair in pairs.items()
        }
        save_file(
            {f"{name}.lora_{half}.weight": getattr(pair, half.lower())
             for name, pair in wrong.items() for half in "AB"},
            packaged / "adapter_model.safetensors",
        )  # fmt: skip
        self.sign(packaged)
        refused(verify(packaged, store), "attn_", ".lora_b: adapter_model.safetensors and")

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"lora_alpha": 16}, "alpha is 16 in adapter_config.json and 8"),
            ({"use_rslora": True}, "alpha is 16 in"),
            ({"use_dora": True}, "DoRA"),
            ({"r": "many"}, "no usable lora_alpha"),
        ],
    )
    def test_another_scale(
        self, packaged: Path, store: Store, changes: dict[str, Any], word: str
    ) -> None:
        (packaged / "adapter_config.json").write_text(making.config(**changes))
        self.sign(packaged)
        refused(verify(packaged, store), word)

    def test_rules_that_have_changed_are_noted(self, packaged: Path, store: Store) -> None:
        path = packaged / "metadata.json"
        path.write_text(path.read_text().replace(ruleset.digest(), "0" * 64))
        done = verify(packaged, store)
        assert done.exit_code == 0 and "note: trained for other rules" in done.output
        path.write_text(path.read_text().replace('"prompt_version": "1"', '"prompt_version": "0"'))
        done = verify(packaged, store)
        assert done.exit_code == 0 and "note: trained with prompt version 0" in done.output

    @pytest.mark.parametrize("start", [b"\x80\x04.", b"PK\x03\x04"])
    def test_a_pickle_by_another_name(self, packaged: Path, store: Store, start: bytes) -> None:
        (packaged / "notes.txt").write_bytes(start)
        refused(verify(packaged, store), "notes.txt is a pickle or an archive")

    def test_llama_cpp_has_the_last_word(self, base: Installed, data: Path, tmp_path: Path) -> None:
        store = Store(base.path.parents[1])
        run = making.run(tmp_path / "loud", base, base.origin, scale=0.05)
        done = making.package(run, data, tmp_path / "adapters", store, load=True)
        assert done.exit_code == 0, done.output
        assert "llama.cpp loads it, and answers change" in done.output
        card = (tmp_path / "adapters" / "first" / "README.md").read_text()
        assert "base_model: HuggingFaceTB/SmolLM2-135M-Instruct" in card
        assert "The base's licence is Apache-2.0" in card
        done = verify(tmp_path / "adapters" / "first", store, load=True)
        assert done.exit_code == 0 and "is the same LoRA: 120 matrices" in done.output
        quiet = making.run(tmp_path / "quiet", base, base.origin, scale=0)
        out = tmp_path / "none"
        refused(making.package(quiet, data, out, store, load=True), "has no effect on the model")
        assert list(out.iterdir()) == []


class TestWeights:
    @pytest.fixture
    def folder(self, run: Path, tmp_path: Path) -> Path:
        made = tmp_path / "both"
        made.mkdir()
        shutil.copy(run / "adapter.gguf", made)
        for path in (run / "adapter").iterdir():
            shutil.copy(path, made)
        return made

    def test_rounded_types_are_the_same(self, folder: Path) -> None:
        half = making.tensors(folder / "adapter.gguf", HEADS, np.float16)
        save_file(half, folder / weights.SAFETENSORS)
        found = weights.compare(folder, HEADS)
        assert 0 < found.difference < 1e-3 and found.types == ("F16", "F32")

    def test_bf16(self, folder: Path) -> None:
        header, body = {}, b""
        for name, one in making.tensors(folder / "adapter.gguf", HEADS).items():
            bits = one.view("<u4")
            data = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()
            place = [len(body), len(body) + len(data)]
            header[name] = {"dtype": "BF16", "shape": list(one.shape), "data_offsets": place}
            body += data
        text = json.dumps(header).encode()
        whole = struct.pack("<Q", len(text)) + text + body
        (folder / weights.SAFETENSORS).write_bytes(whole)
        found = weights.compare(folder, HEADS)
        assert 0 < found.difference < 0.02 and found.types == ("BF16", "F32")

    @pytest.mark.parametrize("kind", ["F16", "Q8_0"])
    def test_a_smaller_gguf(self, folder: Path, kind: str) -> None:
        pairs = weights.read_gguf(folder / "adapter.gguf")[0]
        writer: Any = GGUFWriter(folder / "adapter.gguf", "llama")
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", 8.0)
        for name, pair in pairs.items():
            for half in "ab":
                values = getattr(pair, half)
                as_type = kind if values.shape[1] % 32 == 0 or kind == "F16" else "F16"
                raw = GGMLQuantizationType[as_type]
                writer.add_tensor(f"{name}.lora_{half}", quantize(values, raw), raw_dtype=raw)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        found = weights.compare(folder, HEADS)
        assert 0 < found.difference < 0.02 and kind in found.types

    def test_rounding_excuses_no_more_than_it_does(self, folder: Path) -> None:
        half = making.tensors(folder / "adapter.gguf", HEADS, np.float16)
        name = next(one for one in half if "v_proj.lora_A" in one)
        at = np.unravel_index(np.abs(half[name]).argmax(), half[name].shape)
        half[name][at] *= np.float16(1.003)
        save_file(half, folder / weights.SAFETENSORS)
        with pytest.raises(CodiError, match=r"attn_v\.weight\.lora_a"):
            weights.compare(folder, HEADS)


def test_the_rule_set_follows_codes_and_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    from codi_hook import registry

    known = registry.rules()
    one = next(rule for rule in known if rule.templates)
    others = tuple(rule for rule in known if rule is not one)

    def with_rules(*rules: Any) -> str:
        monkeypatch.setattr(registry, "rules", lambda: rules)
        ruleset.digest.cache_clear()
        return ruleset.digest()

    try:
        same = with_rules(*others, one)
        assert with_rules(*others, replace(one, summary="other words")) == same
        assert with_rules(*others) != same
        assert with_rules(*others, replace(one, code="CODI999")) != same
        assert with_rules(*others, replace(one, templates=("new: safe", *one.templates))) != same
    finally:
        ruleset.digest.cache_clear()


def test_extra_facts_do_not_overrule_what_the_hook_reads(small: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    lora_gguf.init_adapter(small.path, folder / "adapter.gguf", scale=0.1)
    metadata.write(
        folder, version="1", base_id="tiny", base_digest=small.origin, architecture="llama",
        more={"schema": 9, "checksums": {}, "dataset": {"digest": "x"}},
    )  # fmt: skip
    assert adapters.load(folder).version == "1"
    assert gguf_check.read(small.path).metadata["llama.attention.head_count"] == HEADS[0]
