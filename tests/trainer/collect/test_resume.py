"""Killed at any moment and started again: the same bytes, and nothing is asked for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.trainer.collect.conftest import TOKEN, rows
from tests.trainer.collect.server import GitHub, Handler

MAIN = [sys.executable, "-c", "from trainer.cli import main; main()"]


def start(hub: GitHub, data: Path, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "GITHUB_TOKEN": TOKEN, "CODI_DEBUG": "1"}
    return subprocess.Popen(
        [*MAIN, "collect", "--org", "acme", "--api-url", hub.url, "--data", str(data), *more],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def killed_at(hub: GitHub, data: Path, part: str, number: int) -> None:
    """Start a collect and kill it while it waits for the answer to that request."""
    reached, released = threading.Event(), threading.Event()

    def stop(handler: Handler) -> bool:
        del handler
        reached.set()
        released.wait(30)
        return True

    def go(handler: Handler) -> bool:
        handler._answer()
        return True

    hub.troubles[part] = [go] * (number - 1) + [stop]
    process = start(hub, data)
    assert reached.wait(120)
    process.send_signal(signal.SIGKILL)
    said = process.communicate()[0]
    released.set()
    hub.troubles.clear()
    assert process.returncode == -signal.SIGKILL and TOKEN not in said


def content(data: Path) -> dict[str, bytes]:
    """All files but what says when or how often."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.suffix in (".jsonl", ".Dockerfile")
    }


def test_killed_twice_and_resumed(hub: GitHub, tmp_path: Path) -> None:
    for at in range(6):
        hub.add(f"acme/r{at}", {"Dockerfile": b"FROM debian:12\nRUN echo %d\n" % at})
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    said = start(hub, whole).communicate()[0]
    assert "9  files" in said or "10  files" in said, said
    hub.asked.clear()
    killed_at(hub, cut, "/git/trees/", 3)
    killed_at(hub, cut, "/git/blobs/", 5)
    assert not list(cut.glob("raw/*.jsonl"))  # nothing half-done under a name
    process = start(hub, cut)
    said = process.communicate()[0]
    assert process.returncode == 0 and "going on with the crawl" in said and TOKEN not in said
    assert content(cut) == content(whole) and len(rows(cut)) == 10
    asked = Counter(path for path, _ in hub.asked)
    assert set(asked.values()) == {1}  # the two that it was killed at had no answer
    assert not list(cut.rglob("*.new"))


def test_two_at_once(hub: GitHub, tmp_path: Path) -> None:
    reached, released = threading.Event(), threading.Event()

    def stop(handler: Handler) -> bool:
        reached.set()
        released.wait(120)
        handler._answer()
        return True

    hub.trouble("/git/trees/", stop)
    first = start(hub, tmp_path / "data")
    assert reached.wait(120)
    second = start(hub, tmp_path / "data")
    said = second.communicate()[0]
    released.set()
    assert second.returncode == 2 and "another collect is at work here" in said
    assert first.communicate()[0] and first.returncode == 0
    assert len(rows(tmp_path / "data")) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["collect"], "nothing to collect"),
        (["collect", "--stack", "go"], "code search wants a token"),
        (["collect", "--org", "a", "--api-url", "ftp://x"], "no address"),
        (["collect", "/"], "what is /?"),
        (["collect", "--from-git", ".", "--from-jsonl", "pyproject.toml"], "at once"),
        (["extract"], "nothing was collected"),
    ],
)
def test_one_line_and_status_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    from click.testing import CliRunner

    from trainer.cli import main

    empty = {"GITHUB_TOKEN": "", "GH_TOKEN": ""}
    done = CliRunner().invoke(main, [*arguments, "--data", str(tmp_path)], env=empty)
    assert done.exit_code == 2 and words in done.output, done.output
    assert len(done.output.strip().splitlines()) == 1
