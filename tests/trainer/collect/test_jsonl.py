"""Collections that exist as JSON Lines."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.collect.conftest import rows
from trainer.collect import jsonl
from trainer.collect.shards import Shards, shard_of

TEXT = "FROM debian:12\nRUN ls\n"


def line(**more: Any) -> bytes:
    return json.dumps({"repo": "a/b", "path": "Dockerfile", "text": TEXT, **more}).encode() + b"\n"


def change(**more: Any) -> bytes:
    row = {"repo": "a/b", "path": "Dockerfile", "commit": "c" * 40, "time": 7, "subject": "s"}
    return json.dumps({**row, "before": TEXT, "after": TEXT + "#\n", **more}).encode() + b"\n"


def run(data: Path, *paths: Path, stacks: frozenset[str] = frozenset(), shards: int = 4) -> Any:
    said: list[str] = []
    return jsonl.run(data, paths, shards, stacks, said.append), said


def bytes_of(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*.jsonl")}


def test_files_and_changes_of_plain_and_packed_collections(tmp_path: Path) -> None:
    hub, history = tmp_path / "hub.jsonl.gz", tmp_path / "history.jsonl"
    hub.write_bytes(gzip.compress(line(text=TEXT + "#1\n") + line(path="x/Dockerfile")))
    history.write_bytes(change() + change(commit="d" * 40, time=8))
    found, _ = run(tmp_path / "data", hub, history)
    assert found.outcomes == {"files": 2, "changes": 2}
    files, changes = rows(tmp_path / "data"), rows(tmp_path / "data", "changes/*.jsonl")
    assert {row["path"] for row in files} == {"Dockerfile", "x/Dockerfile"}
    assert all(row["origin"] == "hub" for row in files)
    assert all(row["id"] == sha256(row["text"].encode()).hexdigest() for row in files)
    assert [(row["time"], row["origin"]) for row in changes] == [(7, "history"), (8, "history")]
    manifest = json.loads((tmp_path / "data/raw/manifest.json").read_bytes())["sources"]
    assert manifest["jsonl-hub"]["owners"] == {"a": 2} and "jsonl-history" in manifest


def test_a_collection_of_many_repositories_gives_each_its_own(tmp_path: Path) -> None:
    path = tmp_path / "hub.jsonl"
    nested = ["data/0/0ne/x/Dockerfile", "data/A/acme/y/sub/Dockerfile", "data/b/acme/z/Dockerfile"]
    path.write_bytes(b"".join(line(repo="some/collection", path=one) for one in nested))
    run(tmp_path / "data", path)
    assert {(row["repo"], row["path"]) for row in rows(tmp_path / "data")} == {
        ("0ne/x", "Dockerfile"),
        ("acme/y", "sub/Dockerfile"),
        ("some/collection", "data/b/acme/z/Dockerfile"),
    }


def test_bad_rows_are_counted_and_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    bad = [
        (b"{\n", "not JSON"),
        (b"[1]\n", "not a JSON object"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b"\xff\xfe\n", "not JSON"),
        (line(repo=""), "repo is missing or no text"),
        (line(repo=3), "repo is missing or no text"),
        (line(path="../../etc/passwd"), "unsafe name"),
        (line(path="/etc/passwd"), "unsafe name"),
        (line(path="a\0b"), "unsafe name"),
        (line(path="x" * 5000), "name too long"),
        (line(text=None), "text is missing or no text"),
        (line(text="FROM x\0"), "text: binary"),
        (line(text=""), "text: empty"),
        (line(text="\ud800"), "text: not UTF-8"),
        (line(text="#" * (1 << 20) + "\n"), "text: larger than 1 MiB"),
        (change(commit=""), "neither a text nor a commit"),
        (change(time="7"), "time is no number of seconds"),
        (change(time=True), "time is no number of seconds"),
        (change(before=None), "before is missing or no text"),
        (change(subject=3), "subject is no text"),
        (b'{"text": "' + b"x" * (17 << 20) + b'"}\n', "line too long"),
    ]
    path = tmp_path / "odd.jsonl"
    path.write_bytes(line() + b"".join(one for one, _ in bad) + b"\n\n" + line(path="last"))
    found, said = run(tmp_path / "data", path)
    assert found.outcomes["files"] == 2 and found.outcomes.total() == len(bad) + 2
    reasons = [f"odd.jsonl:{at}: {why}" for at, (_, why) in enumerate(bad, 2)]
    assert said == reasons[:20]
    for _, why in bad:
        assert found.outcomes[f"bad: {why}"] == [one for _, one in bad].count(why)


def test_the_same_row_twice_and_other_stacks(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        line() + line() + line(repo="a/c") + line(text="FROM golang:1\nRUN go build\n")
    )
    found, _ = run(tmp_path / "data", path)
    assert found.outcomes == {"files": 3, "twice": 1}
    found, _ = run(tmp_path / "data", path, stacks=frozenset(["go"]))
    assert found.outcomes == {"files": 1, "another stack": 3} and len(rows(tmp_path / "data")) == 1


def test_damaged_and_missing_collections(tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b"".join(line(text=f"#{at}") for at in range(9000)))[:2000])
    before = line()
    (tmp_path / "good.jsonl").write_bytes(before)
    run(tmp_path / "data", tmp_path / "good.jsonl")
    with pytest.raises(CodiError, match="cannot be read"):
        run(tmp_path / "data", cut)
    assert [path.name.split("-")[1] for path in (tmp_path / "data/raw").glob("jsonl*")] == ["good"]
    assert not list((tmp_path / "data").rglob("*.new"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/good.jsonl.gz").write_bytes(before)
    with pytest.raises(CodiError, match="two collections are called 'good'"):
        run(tmp_path / "data", tmp_path / "good.jsonl", tmp_path / "sub/good.jsonl.gz")


def test_shards_follow_from_the_repository_and_go_when_there_are_fewer(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"".join(line(repo=f"o{at % 50}/r") + line(repo=f"O{at % 50}/R", text=f"#{at}")
                              for at in range(200)))  # fmt: skip
    run(tmp_path / "data", path, shards=8)
    for shard in (tmp_path / "data/raw").glob("*.jsonl"):
        for row in map(json.loads, shard.open()):
            assert shard.name == f"jsonl-x-{shard_of(row['repo'], 8):05d}.jsonl"
    assert len(list((tmp_path / "data/raw").glob("*.jsonl"))) == 8
    first = bytes_of(tmp_path / "data")
    run(tmp_path / "data", path, shards=8)
    assert bytes_of(tmp_path / "data") == first
    run(tmp_path / "data", path, shards=3)
    assert len(list((tmp_path / "data/raw").glob("*.jsonl"))) == 3
    assert len(rows(tmp_path / "data")) == 250


def test_an_exception_leaves_what_was_there(tmp_path: Path) -> None:
    with Shards(tmp_path, "x", 1) as shards:
        shards.add({"id": "1", "repo": "a/b", "path": "c"})
    with pytest.raises(KeyError), Shards(tmp_path, "x", 1) as shards:
        shards.add({})
    assert [path.name for path in tmp_path.iterdir()] == ["x-00000.jsonl"]


def test_killed_and_done_again_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes(b"".join(line(repo=f"o{at}/r", text=TEXT + "#" * 900) for at in range(10_000)))
    run(tmp_path / "whole", path, shards=16)
    process = subprocess.Popen(
        [sys.executable, "-c", "from trainer.cli import main; main()", "collect",
         "--from-jsonl", str(path), "--data", str(tmp_path / "cut")],
        env=os.environ,
    )  # fmt: skip
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if sum(one.stat().st_size for one in (tmp_path / "cut").glob("raw/.*.new")) > 1 << 20:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not rows(tmp_path / "cut")
    run(tmp_path / "cut", path, shards=16)
    assert bytes_of(tmp_path / "cut") == bytes_of(tmp_path / "whole")
    assert not list(tmp_path.rglob("*.new"))
