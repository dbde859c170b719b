"""A small base in a store, an adapter for it, and one evaluation of both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codi_hook.models import catalog
from codi_hook.models.store import Store
from tests.trainer.evaluate import parts
from trainer.cli import main
from trainer.export import lora_gguf, metadata


@dataclass(frozen=True)
class World:
    """Paths of what the tests share; none of them is changed."""

    store: Path
    adapter: Path
    dataset: Path
    run: Path

    def arguments(self, out: Path, **changed: str) -> list[str]:
        options = {
            "dataset": str(self.dataset), "adapter": str(self.adapter), "base": "tiny",
            "store": str(self.store), "sentences": "12", "out": str(out), **changed,
        }  # fmt: skip
        return [text for key, value in options.items() for text in (f"--{key}", value)]

    @property
    def metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.run / "metrics.json").read_text())
        return found


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="session")
def world(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("evaluate")
    tiny = parts.small_base(shipped, root / "tiny.gguf")
    store = Store(root / "store")
    base = store.pull(catalog.custom("tiny", f"file:{tiny}"))
    adapter = root / "adapters" / "small"
    adapter.mkdir(parents=True)
    lora_gguf.init_adapter(base.path, adapter / "adapter.gguf", rank=4, seed=3, scale=0.5)
    metadata.write(
        adapter, version="1.0", base_id="tiny", base_digest=base.origin, architecture="llama",
        prompt_version="1", temperature=2.0,
    )  # fmt: skip
    made = World(
        root / "store", adapter, parts.write(root / "rows", parts.made(12)), root / "runs" / "one"
    )
    done = call("evaluate", *made.arguments(made.run))
    assert done.exit_code == 0, done.output
    return made
