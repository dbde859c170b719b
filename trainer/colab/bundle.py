"""One archive with all that a training elsewhere needs: rows, configuration, code, notebook."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from codi_hook.errors import CodiError
from codi_hook.models import files
from trainer.train import config as configs
from trainer.train import data

NOTEBOOK = Path(__file__).with_name("train_colab.ipynb")
GUIDE = Path(__file__).with_name("GUIDE.md")
ROOT = Path(__file__).resolve().parents[2]
MOMENT = (1980, 1, 1, 0, 0, 0)  # of every member, so that equal inputs make equal archives


def write(
    target: Path,
    config: Path,
    dataset: Sequence[Path],
    validation: Sequence[Path],
    wheel: Path | None = None,
    base: Path | None = None,
) -> list[str]:
    """Write the archive; returns the names of its members.

    Args:
        wheel: codi-hook's; built from this source tree where it is None.
        base: a GGUF that goes along, as base.gguf; the configuration has to name it.

    Raises:
        CodiError: rows or configuration cannot be used, or there is nothing to build a wheel of.
    """
    configs.read(config)
    members: list[tuple[str, Path]] = [("config.yaml", config)]
    for name, places in (("train", dataset), ("val", validation)):
        data.read(places)  # better refused here than after the upload
        members += [(f"{name}/{at:02}-{path.name}", path) for at, path in _numbered(places)]
    members += [(NOTEBOOK.name, NOTEBOOK), (GUIDE.name, GUIDE)]
    if base is not None:
        members.append(("base.gguf", base))
    with tempfile.TemporaryDirectory(prefix="codi-train-") as scratch:
        built = wheel or _wheel(Path(scratch))
        members.append((f"wheel/{built.name}", built))
        _zip(target, members)
    return [name for name, _ in members]


def _numbered(places: Sequence[Path]) -> list[tuple[int, Path]]:
    return list(enumerate(data.files(places)))


def _wheel(folder: Path) -> Path:
    if not (ROOT / "pyproject.toml").is_file():
        raise CodiError("this is no source tree of codi-hook", "--wheel names a wheel of it")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if done.returncode or not found:
        lines = done.stderr.strip().splitlines() or ["pip made no wheel"]
        raise CodiError(f"the wheel cannot be built: {lines[-1]}", "--wheel names one")
    return found[0]


def _zip(target: Path, members: Sequence[tuple[str, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in members:
                info = zipfile.ZipInfo(name, MOMENT)
                info.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as source, archive.open(info, "w", force_zip64=True) as out:
                    while chunk := source.read(1 << 20):
                        out.write(chunk)
        files.install(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
