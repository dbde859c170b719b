"""What users install: the wheel has the data files, and works without any extra."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from codi_hook.models import registry


@pytest.fixture(scope="module")
def wheel(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(target)]
    done = subprocess.run([*command, str(snapshot)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = target.glob("codi_hook-*.whl")
    return found


def test_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"codi_hook", "trainer"}
    expected = {
        "codi_hook/_adapters/registry.yml",
        "codi_hook/models/catalog.yml",
        "codi_hook/reporting/report.schema.json",
        "codi_hook/rules/codi000_parse_error.py",
        "trainer/cli/__init__.py",
    }
    assert not expected - names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    shipped = {name for name in names if name.startswith("codi_hook/_adapters/")}
    for promoted in {one.id for one in registry.load().promotions}:
        folder = f"codi_hook/_adapters/{promoted}"
        assert {f"{folder}/adapter.gguf", f"{folder}/metadata.json"} <= shipped
    assert not {name for name in names - shipped if name.endswith((".gguf", ".jsonl", ".gz"))}


def test_scripts_and_extras(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = next(name for name in archive.namelist() if name.endswith("METADATA"))
    metadata = archive.read(info).decode()
    for extra in ("dev", "llm", "serve", "shellcheck", "train"):
        assert f"Provides-Extra: {extra}" in metadata
    scripts = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert "codi-hook = codi_hook.cli.main:main" in scripts
    assert "codi-train = trainer.cli:main" in scripts
