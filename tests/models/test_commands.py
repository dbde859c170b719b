"""`codi-hook model` and `codi-hook adapter` as a person types them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from codi_hook.cli.adapter import adapter
from codi_hook.cli.model import model
from codi_hook.models.store import Store
from tests.models import parts
from trainer.export import lora_gguf


def test_a_life(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_MOUNT_PATH", str(tmp_path / "mount"))
    cli = CliRunner()
    assert "smollm2-135m-instruct (default): not installed" in cli.invoke(model, ["list"]).output
    missing = cli.invoke(model, ["path"])
    assert missing.exit_code == 2
    assert "(codi-hook model pull smollm2-135m-instruct" in missing.stderr
    pulled = cli.invoke(model, ["pull", "mine", "--source", f"file:{tiny}"])
    assert pulled.exit_code == 0, pulled.output
    path = Path(cli.invoke(model, ["path", "mine"]).output.strip())
    assert path == tmp_path / "mount" / "mine" / "model.gguf"
    rows = {row["id"]: row for row in json.loads(cli.invoke(model, ["list", "--json"]).output)}
    assert rows["mine"]["digest"] == parts.digest(tiny)
    assert not rows["smollm2-135m-instruct"]["installed"]
    assert cli.invoke(model, ["verify"]).output == f"ok: {path}\n"
    os.truncate(path, tiny.stat().st_size - 1)
    damaged = cli.invoke(model, ["verify", "mine"])
    assert damaged.exit_code == 1
    assert "truncated" in damaged.stderr and "(codi-hook model pull mine" in damaged.stderr
    assert cli.invoke(model, ["remove", "mine"]).exit_code == 0
    assert not path.parent.exists()
    assert cli.invoke(model, ["verify", "mine"]).exit_code == 2


def test_a_log_gets_plain_lines(tiny: Path, store: Store) -> None:
    arguments = ("pull", "mine", "--source", f"file:{tiny}", "--root", str(store.root))
    done = parts.run(*arguments)
    assert "\x1b" not in done.stderr + done.stdout
    assert done.stderr.splitlines()[0] == f"pulling mine from file:{tiny}"


def test_a_terminal_gets_a_bar(tiny: Path, store: Store) -> None:
    ours, theirs = pty.openpty()
    arguments = ("pull", "mine", "--source", f"file:{tiny}", "--root", str(store.root))
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        parts.command(*arguments), cwd=parts.ROOT, env=environment, stderr=theirs,
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "\x1b[" in shown and "pulling mine" in shown
    assert "pinned SHA-256" in shown


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["path", "x"], ["verify"], ["remove", "x"]],
)
def test_only_pull_opens_a_socket(arguments: list[str], store: Store) -> None:
    code = f"""
import sys
def hook(event, args):
    if event.startswith("socket."):
        raise SystemExit("opened a socket: " + event)
sys.addaudithook(hook)
{parts.MODEL}
"""
    done = subprocess.run(
        parts.command(*arguments, "--root", str(store.root), code=code),
        cwd=parts.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "opened a socket" not in done.stderr + done.stdout
    assert done.returncode in (0, 2)


def test_the_store_is_cheap_to_import() -> None:
    code = (
        "import sys, codi_hook.models.store, codi_hook.models.adapters;"
        "print([m for m in ('yaml', 'rich', 'llama_cpp', 'huggingface_hub', 'boto3', 'numpy',"
        " 'pydantic', 'filelock', 'subprocess', 'gguf') if m in sys.modules])"
    )
    done = subprocess.run(
        parts.command(code=code), cwd=parts.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


class TestAdapter:
    @pytest.fixture
    def lone(self, tiny: Path, tmp_path: Path) -> Path:
        path = tmp_path / "lone.gguf"
        lora_gguf.init_adapter(tiny, path, rank=2, alpha=4, scale=0.1)
        return path

    def test_verify(self, lone: Path, tiny: Path) -> None:
        done = CliRunner().invoke(adapter, ["verify", str(lone), "--base", str(tiny), "--no-load"])
        assert done.exit_code == 0, done.output
        assert "LoRA of rank 2, alpha 4" in done.output and "fits" in done.output

    def test_a_wrong_base(self, lone: Path, tmp_path: Path) -> None:
        other = parts.write_gguf(tmp_path / "q.gguf", architecture="qwen2")
        done = CliRunner().invoke(adapter, ["verify", str(lone), "--base", str(other)])
        assert done.exit_code == 2
        assert "is for the architecture llama" in done.stderr

    def test_list(self, tmp_path: Path) -> None:
        (tmp_path / "bare").mkdir()
        done = CliRunner().invoke(adapter, ["list", str(tmp_path / "bare")])
        assert "no adapters in" in done.output
        (tmp_path / "shelf" / "broken").mkdir(parents=True)
        (tmp_path / "shelf" / "broken" / "metadata.json").write_text("{}")
        done = CliRunner().invoke(adapter, ["list", str(tmp_path / "shelf")])
        assert "broken: not usable: adapter broken has no adapter.gguf" in done.output
