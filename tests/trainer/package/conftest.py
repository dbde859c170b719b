"""A training's folder for the small base, as train and export leave it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codi_hook.models import catalog
from codi_hook.models.store import Installed, Store
from tests.models.conftest import client, endpoint, own_cache, store, tiny
from tests.ranking.conftest import base
from tests.trainer.package import making

__all__ = ["base", "client", "endpoint", "own_cache", "store", "tiny"]


@pytest.fixture
def small(store: Store, tiny: Path) -> Installed:
    """The small base, installed under the id "tiny"."""
    return store.pull(catalog.custom("tiny", f"file:{tiny}"))


@pytest.fixture
def run(tmp_path: Path, small: Installed) -> Path:
    return making.run(tmp_path / "run", small, small.origin)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return making.data(tmp_path / "datasets")


@pytest.fixture
def packaged(tmp_path: Path, run: Path, data: Path, store: Store) -> Path:
    """adapters/first, made from that."""
    done = making.package(run, data, tmp_path / "adapters", store)
    assert done.exit_code == 0, (done.output, done.exception)
    return tmp_path / "adapters" / "first"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub that takes commits, on loopback."""
    from tests.trainer.package.hub import Hub

    server = Hub()
    yield server
    server.close()
