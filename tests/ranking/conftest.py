"""The embedded base, and adapters made for it on the spot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codi_hook.models import catalog
from codi_hook.models.store import Installed, Store
from codi_hook.ranking.runtime import Runtime
from trainer.export import lora_gguf, metadata


@pytest.fixture(scope="session")
def base() -> Installed:
    """The default base from the user's store; pulled if it is not there."""
    store, entry = Store(), catalog.load().find(catalog.load().default)
    return store.get(entry.id) or store.pull(entry)


@pytest.fixture(scope="session")
def model(base: Installed) -> str:
    return str(base.path)


@pytest.fixture(scope="session")
def lora(base: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lone LoRA that changes what the base says."""
    path = tmp_path_factory.mktemp("lora") / "loud.gguf"
    lora_gguf.init_adapter(base.path, path, rank=4, seed=7, scale=0.05)
    return path


@pytest.fixture(scope="session")
def adapter(base: Installed, lora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same LoRA as a folder with metadata, a temperature of 2 among them."""
    folder = tmp_path_factory.mktemp("adapters") / "loud"
    folder.mkdir()
    (folder / "adapter.gguf").write_bytes(lora.read_bytes())
    metadata.write(
        folder,
        version="1.0",
        base_id=base.id,
        base_digest=base.origin,
        architecture="llama",
        prompt_version="1",
        temperature=2.0,
    )
    return folder


@pytest.fixture(scope="session")
def runtime(model: str) -> Iterator[Runtime]:
    loaded = Runtime(model, threads=2)
    yield loaded
    loaded.close()
