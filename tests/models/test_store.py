from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codi_hook.frozen import replace
from codi_hook.models import catalog, files, stamps
from codi_hook.models.catalog import Base
from codi_hook.models.errors import ModelError
from codi_hook.models.store import Store
from tests.models import parts


def flip(path: Path, at: int = -100, *, keep_time: bool = False) -> None:
    before = path.stat()
    with open(path, "r+b") as stream:
        stream.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 1]))
    when = before.st_mtime_ns if keep_time else before.st_mtime_ns + 1_000_000
    os.utime(path, ns=(before.st_atime_ns, when))


def test_a_pull_installs_and_records(store: Store, base: Base, tiny: Path) -> None:
    assert store.path("tiny") is None
    found = store.pull(base)
    assert found.path.read_bytes() == tiny.read_bytes()
    assert found.digest == found.origin == parts.digest(tiny)
    assert (found.architecture, found.quantisation) == ("llama", "F16")
    assert store.path("tiny") == found.path
    assert store.all() == (found,)
    assert store.resolve("tiny") == found
    assert not any((store.root / ".partial").iterdir())


def test_the_first_pull_pins_the_digest(store: Store, base: Base, tiny: Path) -> None:
    first = store.pull(base)
    first.path.unlink()
    parts.write_gguf(tiny, seed=1)
    with pytest.raises(ModelError, match="is not the expected"):
        store.pull(base)
    assert store.path("tiny") is None
    store.remove("tiny")
    assert store.pull(base).digest == parts.digest(tiny) != first.digest


def test_a_digest_of_the_catalog_is_binding(store: Store, base: Base) -> None:
    with pytest.raises(ModelError, match="is not the expected"):
        store.pull(replace(base, digest="0" * 64))
    assert store.path("tiny") is None
    assert not list(store.root.rglob("*.gguf"))


def test_the_next_source_is_tried(store: Store, base: Base, tmp_path: Path) -> None:
    two = replace(base, sources=(f"file:{tmp_path}/none/model.gguf", *base.sources))
    assert store.pull(two).source == base.sources[0]


def test_an_intact_model_is_not_fetched_again(store: Store, base: Base, tiny: Path) -> None:
    store.pull(base)
    tiny.unlink()
    assert store.pull(base).path.exists()


def test_a_flipped_byte_is_noticed_and_repaired(store: Store, base: Base, tiny: Path) -> None:
    found = store.pull(base)
    flip(found.path)
    with pytest.raises(ModelError, match="damaged or changed") as caught:
        store.resolve("tiny")
    assert caught.value.hint == "codi-hook model pull tiny"
    assert store.pull(base).digest == parts.digest(tiny)
    assert store.resolve("tiny").path.read_bytes() == tiny.read_bytes()


def test_a_full_check_needs_no_change_of_time(store: Store, base: Base) -> None:
    found = store.pull(base)
    flip(found.path, keep_time=True)
    store.check(found)  # the stamp is good: this is what it cannot see
    with pytest.raises(ModelError, match="damaged or changed"):
        store.check(found, full=True)


def test_a_truncated_file_is_noticed_before_it_is_hashed(store: Store, base: Base) -> None:
    found = store.pull(base)
    with open(found.path, "r+b") as stream:
        stream.truncate(found.size // 2)
    with pytest.raises(ModelError, match="truncated"):
        store.resolve("tiny")


def test_the_digest_is_paid_once(store: Store, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    found = store.pull(base)
    read: list[Path] = []
    real = files.sha256
    monkeypatch.setattr(files, "sha256", lambda path, report=None: read.append(path) or real(path))
    store.resolve("tiny")
    assert read == []  # stamped by the pull
    (found.path.parent / stamps.NAME).unlink()
    store.resolve("tiny")
    store.resolve("tiny")
    assert read == [found.path]


def test_damaged_stamps_cost_a_check_and_nothing_else(store: Store, base: Base) -> None:
    found = store.pull(base)
    (found.path.parent / stamps.NAME).write_text('{"model.gguf": 7')
    assert store.resolve("tiny") == found


def test_a_bare_path_resolves(store: Store, tiny: Path) -> None:
    found = store.resolve(str(tiny))
    assert (found.id, found.digest) == ("", parts.digest(tiny))
    assert store.resolve(str(tiny), found.digest).path == tiny
    with pytest.raises(ModelError, match="is not the expected"):
        store.resolve(str(tiny), "1" * 64)
    assert list(tiny.parent.iterdir()) == [tiny]  # nothing is written beside it


@pytest.mark.parametrize("name", ["../tiny", "/etc", ".hidden", "A B", ""])
def test_ids_cannot_leave_the_store(store: Store, name: str) -> None:
    with pytest.raises(ModelError, match="not a usable model id"):
        store.path(name)


def test_a_manifest_cannot_name_a_file_elsewhere(store: Store, base: Base) -> None:
    found = store.pull(base)
    place = found.path.parent / "manifest.json"
    raw = json.loads(place.read_text())
    raw["files"][0]["name"] = raw["active"] = "../../from/model.gguf"
    place.write_text(json.dumps(raw))
    with pytest.raises(ModelError, match="outside the folder"):
        store.path("tiny")
    assert store.all() == ()


def test_a_damaged_manifest_is_rebuilt_by_a_pull(store: Store, base: Base) -> None:
    found = store.pull(base)
    (found.path.parent / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match="not valid JSON"):
        store.resolve("tiny")
    assert store.pull(base) == found


def test_remove_frees_and_forgets(store: Store, base: Base) -> None:
    found = store.pull(base)
    assert store.remove("tiny") >= found.size
    assert store.path("tiny") is None
    with pytest.raises(ModelError, match="is not installed"):
        store.remove("tiny")


def test_another_architecture_is_refused(store: Store, base: Base, tmp_path: Path) -> None:
    other = parts.write_gguf(tmp_path / "qwen.gguf", architecture="qwen2")
    with pytest.raises(ModelError, match="architecture 'qwen2'"):
        store.pull(replace(base, architecture="llama"), source=f"file:{other}")
    assert store.path("tiny") is None


def test_a_file_that_is_no_gguf_is_refused(store: Store, base: Base, tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<html>Sign in to continue</html>")
    with pytest.raises(ModelError, match="not a usable GGUF"):
        store.pull(base, source=f"file:{page}")
    assert not list(store.root.rglob("*.gguf"))


def test_without_enough_space_nothing_is_begun(store: Store, base: Base) -> None:
    with pytest.raises(ModelError, match="are needed") as caught:
        store.pull(replace(base, size=1 << 60))
    assert "MODEL_MOUNT_PATH" in caught.value.hint


def test_mount_path_and_cache_decide_where(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    assert Store().root == own_cache / "codi-hook" / "models"
    monkeypatch.setenv("MODEL_MOUNT_PATH", "/mnt/models")
    assert Store().root == Path("/mnt/models")
    assert Store("/else").root == Path("/else")


class TestCatalog:
    def test_every_base_is_described(self) -> None:
        known = catalog.load()
        assert known.default == "smollm2-135m-instruct"
        for base in known.bases:
            assert base.sources and base.licence and base.context_length
            assert base.file.endswith(".gguf")
            assert base.digest == "" or len(base.digest) == 64

    def test_a_typo_gets_a_suggestion(self) -> None:
        with pytest.raises(ModelError) as caught:
            catalog.choose("smollm2-135-instruct")
        assert "smollm2-135m-instruct" in caught.value.hint

    def test_own_models_need_a_source_that_is_a_gguf(self) -> None:
        assert catalog.choose("mine", "s3:bucket/deep/x.gguf").file == "x.gguf"
        assert catalog.choose("mine", "hf:a/b/c.gguf@v1", "SHA256:" + "A" * 64).digest == "a" * 64
        with pytest.raises(ModelError, match="not a GGUF"):
            catalog.choose("mine", "s3:bucket/x.bin")
        with pytest.raises(ModelError, match="not a SHA-256"):
            catalog.choose("mine", "s3:bucket/x.gguf", "abc")

    def test_a_catalog_with_an_unknown_key_is_refused(self, tmp_path: Path) -> None:
        place = tmp_path / "catalog.yml"
        place.write_text("default: a\nmodels: [{id: a, colour: red, sources: []}]\n")
        with pytest.raises(ModelError, match="colour"):
            catalog.load(place)
