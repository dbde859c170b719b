"""What all tests share: the repository's root, and a cache that is not the user's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from codi_hook.config.schema import KEYS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, shared by all worker processes of this run."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        done = Path(f"{folder}.done")
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as it is now, committed in a repository of its own. Do not change it."""

    def make(target: Path) -> None:
        copy_tree(target)
        git(target, "init", "-q", "-b", "main")
        git(target, "add", "-A")
        git(target, "commit", "-q", "-m", "snapshot")

    return once(tmp_path_factory, "snapshot", make)


def copy_tree(target: Path) -> None:
    """Copy what git knows or would add; ignored files stay behind."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if not source.is_file():  # deleted in the working tree
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)


def git(folder: Path, *arguments: str) -> str:
    """Run git there, as somebody, whatever the machine's configuration says."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=0"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def model_store() -> Path:
    """The model store with the embedded model in it (MODEL_MOUNT_PATH); `make demo` shares it."""
    from codi_hook.models import catalog
    from codi_hook.models.store import Store

    root = ROOT / ".cache" / "codi-hook" / "models"
    store = Store(root)
    known = catalog.load()
    base = known.find(known.default)
    if store.path(base.id) is None:
        store.pull(base)
    return root


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on what the environment says about models and servers."""
    for key in KEYS:
        if key.env:
            monkeypatch.delenv(key.env, raising=False)
