"""Publish to a hub and to an S3 store, and pull from both as somebody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codi_hook.cli.adapter import adapter
from codi_hook.models import adapters
from codi_hook.models.store import Store
from tests.models import parts, weed
from tests.trainer.package.hub import TOKEN, Hub

TRAIN = "from trainer.cli import main; main()"
HOOK = "from codi_hook.cli.adapter import adapter; adapter()"


def call(
    code: str, *arguments: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=parts.ROOT, capture_output=True, text=True,
        env={**os.environ, **environment}, timeout=120, check=False,
    )  # fmt: skip
    assert TOKEN not in done.stdout + done.stderr and weed.SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestHub:
    @pytest.fixture
    def environment(self, hub: Hub, tmp_path: Path) -> dict[str, str]:
        return hub.environment(tmp_path / "hf")

    def publish(
        self, folder: Path, store: Store, environment: dict[str, str], *more: str
    ) -> subprocess.CompletedProcess[str]:
        arguments = ("publish", "hub", str(folder), "--root", str(store.root), "--no-load")
        return call(TRAIN, *arguments, "--repo", "me/first-lora", *more, environment=environment)

    def pull(
        self, source: str, root: Path, environment: dict[str, str], *more: str
    ) -> subprocess.CompletedProcess[str]:
        arguments = ("pull", source, "--root", str(root), "--no-load", *more)
        return call(HOOK, *arguments, environment={**environment, "HF_TOKEN": ""})

    def test_there_and_back(
        self, packaged: Path, store: Store, hub: Hub, environment: dict[str, str], tmp_path: Path
    ) -> None:
        done = self.publish(packaged, store, environment, "--private")
        assert done.returncode == 0, done.stderr
        assert "codi-hook adapter pull hf:me/first-lora\n" in done.stdout
        assert hub.private["me/first-lora"] and hub.commits == ["first 0.1.0"]
        assert set(hub.repos["me/first-lora"]["main"]) == {".gitattributes", *content(packaged)}
        theirs = tmp_path / "theirs"
        done = self.pull("hf:me/first-lora", theirs, environment)
        assert done.returncode == 0, done.stderr
        installed = theirs / "adapters" / "first"
        assert done.stdout.splitlines()[-1] == str(installed)
        assert content(installed) == content(packaged)
        listed = call(HOOK, "list", environment={"MODEL_MOUNT_PATH": str(theirs)})
        assert "\nfirst 0.1.0: LoRA of rank 4" in "\n" + listed.stdout

    def test_a_revision(
        self, packaged: Path, store: Store, hub: Hub, environment: dict[str, str], tmp_path: Path
    ) -> None:
        assert self.publish(packaged, store, environment, "--revision", "v1").returncode == 0
        assert set(hub.repos["me/first-lora"]["main"]) == {".gitattributes"}
        missing = self.pull("hf:me/first-lora", tmp_path / "theirs", environment)
        parts.assert_clear(missing, "cannot fetch hf:me/first-lora/metadata.json")
        done = self.pull("hf:me/first-lora@v1", tmp_path / "theirs", environment, "--id", "mine")
        assert done.returncode == 0, done.stderr
        assert content(tmp_path / "theirs" / "adapters" / "mine") == content(packaged)

    def test_what_was_changed_on_the_way_is_not_installed(
        self, packaged: Path, store: Store, hub: Hub, environment: dict[str, str], tmp_path: Path
    ) -> None:
        self.publish(packaged, store, environment)
        files = hub.repos["me/first-lora"]["main"]
        whole = files["adapter.gguf"]
        theirs = tmp_path / "theirs"
        files["adapter.gguf"] = whole[:-1] + bytes([whole[-1] ^ 1])
        parts.assert_clear(self.pull("hf:me/first-lora", theirs, environment), "damaged or changed")
        assert not (theirs / "adapters" / "first").exists()
        files["adapter.gguf"] = whole
        done = self.pull("hf:me/first-lora", theirs, environment)
        assert done.returncode == 0, done.stderr
        before = content(theirs / "adapters" / "first")
        files["README.md"] = b"other"
        parts.assert_clear(self.pull("hf:me/first-lora", theirs, environment), "damaged or changed")
        assert content(theirs / "adapters" / "first") == before

    def test_a_refused_token_and_no_hub(
        self, packaged: Path, store: Store, hub: Hub, environment: dict[str, str]
    ) -> None:
        done = self.publish(packaged, store, {**environment, "HF_TOKEN": "hf_wrong"})
        assert done.returncode == 2 and "hf_wrong" not in done.stderr
        assert "the hub refused the token (set HF_TOKEN" in done.stderr
        done = self.publish(packaged, store, {**environment, "HF_ENDPOINT": "http://127.0.0.1:9"})
        assert done.returncode == 2 and "no connection to the hub" in done.stderr
        assert hub.repos == {}

    def test_what_fails_the_check_is_not_published(
        self, packaged: Path, store: Store, hub: Hub, environment: dict[str, str]
    ) -> None:
        (packaged / "README.md").write_text("changed")
        done = self.publish(packaged, store, environment)
        assert done.returncode == 2 and "damaged or changed" in done.stderr
        assert hub.repos == {}


class TestHostile:
    """What a source may not do; a folder is the simplest source."""

    def pull(self, source: Path, root: Path) -> Result:
        arguments = ["pull", f"file:{source}", "--root", str(root), "--no-load"]
        return CliRunner().invoke(adapter, arguments)

    def change(self, folder: Path, **values: Any) -> None:
        raw = json.loads((folder / "metadata.json").read_text())
        (folder / "metadata.json").write_text(json.dumps({**raw, **values}))

    @pytest.mark.parametrize(
        ("names", "word"),
        [
            ({"../evil.txt": "0"}, "lists the file '../evil.txt'"),
            ({"/tmp/evil.txt": "0"}, "lists the file '/tmp/evil.txt'"),
            ({"a/../../evil.txt": "0"}, "lists the file"),
            ({"metadata.json": "0"}, "lists the file"),
            ({"adapter_model.bin": "0"}, "is not allowed in an adapter"),
            ({f"{index}.txt": "0" for index in range(80)}, "more than 64 files"),
        ],
    )
    def test_files(self, packaged: Path, tmp_path: Path, names: dict[str, str], word: str) -> None:
        (packaged.parent / "evil.txt").write_text("evil")
        raw = json.loads((packaged / "metadata.json").read_text())
        self.change(packaged, checksums={**raw["checksums"], **names})
        theirs = tmp_path / "deep" / "theirs"
        done = self.pull(packaged, theirs)
        assert done.exit_code == 2 and word in done.stderr, done.output
        assert not (theirs / "adapters" / "first").exists()
        assert not list((tmp_path / "deep").rglob("evil*"))

    @pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", 7, "x" * 200])
    def test_ids(self, packaged: Path, tmp_path: Path, name: object) -> None:
        self.change(packaged, id=name)
        done = self.pull(packaged, tmp_path / "theirs")
        assert done.exit_code == 2 and "not a usable adapter id" in done.stderr, done.output

    def test_without_an_id_it_has_the_source_s_name(self, packaged: Path, tmp_path: Path) -> None:
        self.change(packaged, id="")
        packaged = packaged.rename(packaged.with_name("named"))
        assert self.pull(packaged, tmp_path / "theirs").exit_code == 0
        assert (tmp_path / "theirs" / "adapters" / "named").is_dir()

    @pytest.mark.parametrize("source", ["hf:me", "hf:me/x/y", "pypi:x==1#y", "s3:", "nothing"])
    def test_no_source(self, source: str, tmp_path: Path) -> None:
        done = CliRunner().invoke(adapter, ["pull", source, "--root", str(tmp_path)])
        assert done.exit_code == 2 and "not a source of adapters" in done.stderr


class TestR2:
    def publish(self, folder: Path, store: Store, *more: str) -> subprocess.CompletedProcess[str]:
        arguments = ("publish", "r2", str(folder), "--root", str(store.root), "--no-load")
        return call(TRAIN, *arguments, "--bucket", weed.BUCKET, *more, environment={})

    def test_there_and_back(
        self, client: Any, packaged: Path, store: Store, tmp_path: Path
    ) -> None:
        done = self.publish(packaged, store)
        assert done.returncode == 0, done.stderr
        source = "s3:models/adapters/first/0.1.0"
        assert done.stdout.splitlines()[-2:] == ["sent 5 files", f"codi-hook adapter pull {source}"]
        assert "sent 0 files" in self.publish(packaged, store).stdout
        times = {
            row["Key"].rpartition("/")[2]: row["LastModified"]
            for row in client.list_objects_v2(Bucket=weed.BUCKET, Prefix="adapters/first/")[
                "Contents"
            ]
        }
        assert max(times[name] for name in content(packaged)) == times["metadata.json"]
        theirs = tmp_path / "theirs"
        arguments = ("pull", source, "--into", str(theirs), "--root", str(store.root))
        done = call(HOOK, *arguments, "--no-load", environment={})
        assert done.returncode == 0, done.stderr
        assert "fits tiny" in done.stdout
        assert content(theirs / "first") == content(packaged)
        assert adapters.load(theirs / "first").id == "first"

    def test_one_that_does_not_fit_is_not_installed(
        self, client: Any, packaged: Path, store: Store, tmp_path: Path
    ) -> None:
        self.publish(packaged, store, "--prefix", "other")
        wrong = parts.write_gguf(tmp_path / "q.gguf", architecture="qwen2")
        arguments = ("pull", "s3:models/other", "--into", str(tmp_path / "theirs"), "--no-load")
        done = call(HOOK, *arguments, "--base", str(wrong), environment={})
        parts.assert_clear(done, "is for the architecture llama")
        assert not (tmp_path / "theirs" / "first").exists()

    def test_without_its_parts_it_is_not_published(
        self, client: Any, packaged: Path, store: Store, tmp_path: Path
    ) -> None:
        bare = tmp_path / "bare"
        bare.mkdir()
        shutil.copy(packaged / "adapter.gguf", bare)
        raw = json.loads((packaged / "metadata.json").read_text())
        raw["checksums"] = {"adapter.gguf": raw["checksums"]["adapter.gguf"]}
        (bare / "metadata.json").write_text(json.dumps(raw))
        done = self.publish(bare, store)
        assert done.returncode == 2 and "has no adapter_model.safetensors" in done.stderr
