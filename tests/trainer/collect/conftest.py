from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.collect.server import GitHub, serving
from trainer.collect import crawl
from trainer.collect.clock import Clock
from trainer.collect.wanted import Wanted, Where

START = 1_700_000_000.0
TOKEN = "ghp_0secret0secret0secret0secret0secret0"


class Still(Clock):
    """A clock that stands still but for what is slept."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def jitter(self) -> float:
        return 0.5


@pytest.fixture
def still() -> Still:
    return Still()


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with serving() as server:
        server.add("acme/web", {"Dockerfile": b"FROM node:22\nRUN npm ci\n", "README.md": b"x"})
        files = {
            "Dockerfile": b"FROM python:3.12\nRUN pip install flask\n",
            "docker/worker.Dockerfile": b"FROM golang:1.23\nRUN go build ./...\n",
            "docker/Dockerfile.md": b"# no Dockerfile\n",
        }
        server.add("acme/api", files, licence="Apache-2.0")
        server.add("acme/tool", {"Dockerfile": b"FROM alpine:3.20\nRUN apk add curl\n"}, licence="")
        server.add("acme/copy", {"Dockerfile": b"FROM debian:12\nRUN ls\n"}, fork=True)
        server.add("acme/own", {"Dockerfile": b"FROM debian:12\nRUN id\n"}, private=True)
        yield server


@pytest.fixture
def collect(hub: GitHub, tmp_path: Path, still: Still) -> Callable[..., Any]:
    """Runs a crawl of the server; the answer is its counts, `lines` is what it said."""
    lines: list[str] = []

    def run(
        folder: str = "data",
        timeout: float = 5.0,
        fresh: bool = False,
        dry: bool = False,
        **asked: Any,
    ) -> Any:
        wanted = Wanted(**(asked or {"orgs": ("acme",)}))
        where = Where(tmp_path / folder, hub.url, TOKEN, shards=2, timeout=timeout)
        return crawl.run(wanted, where, lines.append, still, False, dry)

    run.lines = lines  # type: ignore[attr-defined]
    return run


def rows(data: Path, pattern: str = "raw/*.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(data.glob(pattern)) for line in path.open("rb")]


def places(data: Path) -> list[str]:
    return sorted(f"{row['repo']}/{row['path']}" for row in rows(data))
