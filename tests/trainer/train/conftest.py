from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.conftest import own_cache, shipped, wheel
from tests.trainer.train import parts

__all__ = ["own_cache", "shipped", "wheel"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small models gain nothing by threads, which wait for each other where cores are short."""
    import torch

    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # for child processes


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    return parts.made(range(8))


@pytest.fixture(scope="session")
def splits(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """train/ and val/ of one file each, of different Dockerfiles."""
    folder = tmp_path_factory.mktemp("splits")
    parts.write(folder / "train" / "a.jsonl", rows)
    parts.write(folder / "val" / "a.jsonl", parts.made(range(30, 32)))
    return folder


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parts.tiny(tmp_path_factory.mktemp("llama") / "tiny", "llama")


@pytest.fixture(scope="session")
def qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parts.tiny(tmp_path_factory.mktemp("qwen2") / "tiny", "qwen2")
