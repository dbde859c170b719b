from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codi_hook.models import adapters
from tests.models.parts import ROOT
from tests.trainer.train import parts
from trainer.cli import main
from trainer.colab import bundle
from trainer.export import base_gguf


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows, a configuration, a tiny base as GGUF, and something that stands for a wheel."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("colab")
    parts.write(folder / "train" / "a.jsonl", parts.made(range(12)))
    parts.write(folder / "val" / "a.jsonl", parts.made(range(30, 33)))
    tiny = parts.tiny(folder / "tiny", "llama")
    model = AutoModelForCausalLM.from_pretrained(str(tiny))
    base_gguf.from_transformers(
        model, AutoTokenizer.from_pretrained(str(tiny)), folder / "tiny.gguf"
    )
    parts.config(folder, Path("base.gguf"))
    (folder / "codi_hook-0-py3-none-any.whl").write_bytes(b"a wheel")
    return folder


def pack(inputs: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(
        main,
        ["colab-zip", "--config", str(inputs / "config.yaml"), "--out", str(out),
         "--dataset", str(inputs / "train"), "--validation", str(inputs / "val"),
         "--base", str(inputs / "tiny.gguf"),
         "--wheel", str(inputs / "codi_hook-0-py3-none-any.whl"), *more],
    )  # fmt: skip


def test_the_archive_holds_what_is_needed_and_nothing_else(inputs: Path, tmp_path: Path) -> None:
    done = pack(inputs, tmp_path / "a.zip")
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert set(archive.namelist()) == {
            "config.yaml", "train/00-a.jsonl", "val/00-a.jsonl", "train_colab.ipynb", "GUIDE.md",
            "base.gguf", "wheel/codi_hook-0-py3-none-any.whl",
        }  # fmt: skip
        assert archive.read("train/00-a.jsonl") == (inputs / "train" / "a.jsonl").read_bytes()
    assert pack(inputs, tmp_path / "b.zip").exit_code == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_what_could_not_be_trained_is_not_packed(inputs: Path, tmp_path: Path) -> None:
    done = pack(inputs, tmp_path / "a.zip", "--dataset", str(tmp_path / "nowhere"))
    assert done.exit_code == 2 and "no such file" in done.output
    assert list(tmp_path.glob("*.zip*")) == []


def test_the_notebook_trains_and_exports(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    assert pack(inputs, tmp_path / "codi-train.zip").exit_code == 0
    notebook: Any = nbformat.read(bundle.NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    settings = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", ()))
    settings.source += "\nINSTALL, MAX_STEPS, CHECK = False, 4, 10\n"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    NotebookClient(notebook, timeout=250, resources={"metadata": {"path": str(tmp_path)}}).execute()
    adapter = tmp_path / "codi-train" / "adapter"
    assert adapters.load(adapter / "adapter.gguf").rank == 4
    assert json.loads((adapter / "parity.json").read_text())["proved"]
    assert (tmp_path / "codi-train" / "adapter.zip").is_file()
    record = json.loads((tmp_path / "codi-train" / "run" / "training.json").read_text())
    assert record["steps"] == 4


def test_the_notebook_is_stored_without_outputs() -> None:
    cells = json.loads(bundle.NOTEBOOK.read_text())["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
