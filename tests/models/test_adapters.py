from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFWriter

from codi_hook.frozen import replace
from codi_hook.models import adapters, catalog
from codi_hook.models.errors import ModelError
from codi_hook.models.store import Installed, Store
from tests.models import parts
from trainer.export import lora_gguf, metadata


@pytest.fixture
def model(store: Store, tiny: Path) -> Installed:
    return store.pull(catalog.custom("tiny", f"file:{tiny}"))


@pytest.fixture
def folder(tmp_path: Path, model: Installed) -> Path:
    """An adapter of the small base."""
    place = tmp_path / "first-adapter"
    place.mkdir()
    lora_gguf.init_adapter(model.path, place / "adapter.gguf", rank=4, alpha=8, scale=0.1)
    describe(place, model)
    return place


def describe(place: Path, model: Installed, **changes: Any) -> None:
    values: dict[str, Any] = {
        "version": "0.1.0",
        "base_id": "tiny",
        "base_digest": model.origin,
        "architecture": "llama",
        "temperature": 1.5,
        "metrics": {"win_rate": 0.5},
    }
    metadata.write(place, **{**values, **changes})


def change(place: Path, **values: Any) -> None:
    path = place / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_sound_adapter_loads(folder: Path, model: Installed) -> None:
    adapter = adapters.load(folder, model)
    assert adapter == replace(
        adapter,
        id="first-adapter",
        path=folder / "adapter.gguf",
        digest=parts.digest(folder / "adapter.gguf"),
        version="0.1.0",
        architecture="llama",
        rank=4,
        alpha=8.0,
        base_id="tiny",
        base_digest=model.digest,
        temperature=1.5,
        metrics=(("win_rate", 0.5),),
    )
    assert adapter.created_at.endswith("Z")


def test_a_lone_file_loads(folder: Path, model: Installed) -> None:
    adapter = adapters.load(folder / "adapter.gguf", model)
    assert (adapter.rank, adapter.temperature, adapter.base_id) == (4, 1.0, "")
    assert adapter.version == adapter.digest[:12]


def flip(folder: Path) -> None:
    data = bytearray((folder / "adapter.gguf").read_bytes())
    data[-5] ^= 1
    (folder / "adapter.gguf").write_bytes(data)


def truncate(folder: Path) -> None:
    size = (folder / "adapter.gguf").stat().st_size
    os.truncate(folder / "adapter.gguf", size - 1000)
    change(folder, checksums={"adapter.gguf": parts.digest(folder / "adapter.gguf")})


def not_a_lora(folder: Path) -> None:
    parts.write_gguf(folder / "adapter.gguf")
    change(folder, checksums={"adapter.gguf": parts.digest(folder / "adapter.gguf")})


def half_a_pair(folder: Path) -> None:
    writer = GGUFWriter(folder / "adapter.gguf", "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 8.0)
    writer.add_tensor("blk.0.attn_q.weight.lora_a", np.zeros((4, parts.WIDTH), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    change(folder, checksums={"adapter.gguf": parts.digest(folder / "adapter.gguf")})


def outside(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "note.txt").symlink_to("../secret.txt")


def outside_folder(folder: Path) -> None:
    (folder / "deep").symlink_to("/etc", target_is_directory=True)


def pickle(folder: Path) -> None:
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04.")


def unlisted(folder: Path) -> None:
    (folder / "README.md").write_text("hello")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "adapter.txt")


def bad_safetensors(folder: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    path = folder / "adapter_model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    sums = {one.name: parts.digest(one) for one in (path, folder / "adapter.gguf")}
    change(folder, checksums=sums)


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (flip, "damaged or changed"),
    (truncate, "truncated"),
    (not_a_lora, "not a LoRA adapter"),
    (half_a_pair, "not half of a LoRA pair"),
    (outside, "leads out of the folder"),
    (outside_folder, "leads out of the folder"),
    (pickle, "not allowed in an adapter"),
    (unlisted, "no checksum of README.md"),
    (fifo, "not a regular file"),
    (bad_safetensors, "truncated or has a tail"),
    (lambda one: (one / "metadata.json").unlink(), "has no metadata.json"),
    (lambda one: (one / "adapter.gguf").unlink(), "has no adapter.gguf"),
    (lambda one: (one / "metadata.json").write_text("{"), "not valid JSON"),
    (lambda one: (one / "metadata.json").write_text("[]"), "expected a JSON object"),
    (lambda one: (one / "metadata.json").write_text("[" * 100_000), "not valid JSON"),
    (lambda one: change(one, schema=9), "schema 9 is not known"),
    (lambda one: change(one, temperature=0), "temperature 0 is not"),
    (lambda one: change(one, temperature="warm"), "temperature 'warm' is not"),
    (lambda one: change(one, prior_weight=-0.5), "prior_weight -0.5 is not"),
    (lambda one: change(one, temperature=float("nan")), "temperature nan is not"),
    (lambda one: change(one, adapter_version="1 0"), "is not a version"),
    (lambda one: change(one, metrics={"x": [1]}), "metric 'x'"),
    (lambda one: change(one, prompt_version=1), "prompt_version must be text"),
    (lambda one: change(one, base_model="tiny"), "base_model must be an object"),
    (lambda one: change(one, base_model={"architecture": "qwen2"}), "says architecture 'qwen2'"),
    (lambda one: change(one, checksums={"../secret.txt": "0"}), "has no file ../secret.txt"),
]


@pytest.mark.parametrize(("damage", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_a_broken_adapter_is_refused(
    folder: Path, damage: Callable[[Path], object], words: str
) -> None:
    damage(folder)
    with pytest.raises(ModelError) as caught:
        adapters.load(folder)
    assert words in caught.value.message
    assert "\n" not in str(caught.value)


def test_every_truncation_of_the_weights_is_refused(folder: Path) -> None:
    whole = (folder / "adapter.gguf").read_bytes()
    short = folder.parent / "short.gguf"
    for length in range(0, len(whole), 499):
        short.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            adapters.load(short)


def test_a_safetensors_file_written_by_its_library_is_sound(folder: Path, model: Installed) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.ones((3, 5), np.float32)}, folder / "adapter_model.safetensors")
    describe(folder, model)
    assert adapters.load(folder).version == "0.1.0"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "qwen2"}, "is for the architecture llama"),
        ({"id": "another"}, "is for the base tiny, not for another"),
        ({"origin": "0" * 64, "digest": "1" * 64}, "was trained on a base of digest"),
    ],
)
def test_another_base_is_refused(
    folder: Path, model: Installed, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        adapters.load(folder, replace(model, **changes))


def test_the_base_it_was_converted_to_is_accepted(folder: Path, model: Installed) -> None:
    assert adapters.load(folder, replace(model, digest="1" * 64)).base_digest == model.origin


def test_a_base_of_other_shapes_is_refused(folder: Path, tmp_path: Path, store: Store) -> None:
    wide = parts.write_gguf(tmp_path / "wide.gguf", width=128)
    with pytest.raises(ModelError, match="does not fit"):
        adapters.load(folder / "adapter.gguf", store.resolve(str(wide)))


def test_no_adapter_at_all(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no adapter at"):
        adapters.load(tmp_path / "none")
    with pytest.raises(ModelError, match=r"has no metadata\.json"):
        adapters.load(tmp_path)
