"""A crawl of a server that answers as GitHub does."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.collect.conftest import TOKEN, places, rows
from tests.trainer.collect.server import GitHub, blob_name, name_of
from trainer.collect.wanted import Wanted

Collect = Callable[..., Any]
ALL = [
    "acme/api/Dockerfile",
    "acme/api/docker/worker.Dockerfile",
    "acme/tool/Dockerfile",
    "acme/web/Dockerfile",
]


def test_lists_all_pages_and_keeps_rows_files_and_numbers(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    counts = collect()
    data = tmp_path / "data"
    assert places(data) == ALL
    assert counts["files"] == 4 and counts["repositories: forks"] == 1
    assert counts["repositories: private"] == 1
    for row in rows(data):
        repo = hub.repos[row["repo"]]
        text = repo.files[row["path"]]
        assert row["text"].encode() == text and row["id"] == sha256(text).hexdigest()
        assert row["commit"] == repo.commit and row["origin"] == "github-api"
    metas = [json.loads(path.read_bytes()) for path in data.glob("raw/files/*/*.meta.json")]
    by_path = {f"{meta['repo']}/{meta['path']}": meta for meta in metas}
    assert sorted(by_path) == ALL
    meta = by_path["acme/api/Dockerfile"]
    assert meta["licence"] == "Apache-2.0" and meta["stack"] == "python"
    assert meta["fetched_at"] == "2023-11-14T22:13:20Z" and meta["etag"].startswith('"')
    assert meta["blob"] == blob_name(hub.repos["acme/api"].files["Dockerfile"])
    for path in data.glob("raw/files/*/*.meta.json"):
        content = path.with_name(path.name.removesuffix(".meta.json")).read_bytes()
        told = json.loads(path.read_bytes())
        assert sha256(content).hexdigest() == told["sha256"] and len(content) == told["size"]
    part = json.loads((data / "raw/manifest.json").read_bytes())["sources"]["api"]
    assert part["files"] == 4 and part["owners"] == {"acme": 4}
    assert part["stacks"] == {"go": 1, "node": 1, "python": 1, "unknown": 1}
    assert part["licences"] == {"Apache-2.0": 2, "MIT": 1, "unknown": 1}
    assert part["last_run"]["counts"]["requests: 200"] == len(hub.asked)


def test_a_second_run_asks_whether_things_changed(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    collect()
    before = (tmp_path / "data/raw/api-00001.jsonl").read_bytes()
    hub.asked.clear()
    collect()
    assert {status for _, status in hub.asked} == {304}
    assert not hub.paths("/git/blobs/") and not hub.paths("/git/trees/")  # these cannot change
    assert (tmp_path / "data/raw/api-00001.jsonl").read_bytes() == before
    hub.add("acme/web", {"Dockerfile": b"FROM node:24\nRUN npm ci\n"})
    hub.asked.clear()
    collect()
    assert len(hub.paths("/git/blobs/")) == 1
    assert [row["text"][:12] for row in rows(tmp_path / "data") if row["repo"] == "acme/web"] == [
        "FROM node:24"
    ]


def test_stack_and_limit(hub: GitHub, collect: Collect, tmp_path: Path) -> None:
    counts = collect(orgs=("acme",), stacks=frozenset(["go"]))
    assert places(tmp_path / "data") == ["acme/api/docker/worker.Dockerfile"]
    assert counts["another stack"] == 3
    collect("few", orgs=("acme",), limit=2)
    assert len(rows(tmp_path / "few")) == 2


def test_search_by_stack_and_by_query(hub: GitHub, collect: Collect, tmp_path: Path) -> None:
    hub.page = 1
    hub.add("other/app", {"Dockerfile": b"FROM python:3.9\nRUN pip install x\n"})
    collect(stacks=frozenset(["python"]))
    assert places(tmp_path / "data") == ["acme/api/Dockerfile", "other/app/Dockerfile"]
    assert rows(tmp_path / "data")[0]["commit"] in {repo.commit for repo in hub.repos.values()}
    asked = hub.paths("/search/code")
    assert all("filename%3ADockerfile+language%3ADockerfile" in path for path in asked)
    hub.asked.clear()
    collect("asked", queries=("apk add",), orgs=("acme",))
    assert places(tmp_path / "asked") == ["acme/tool/Dockerfile"]
    assert "org%3Aacme" in hub.paths("/search/code")[0]
    assert len(hub.paths("/git/blobs/")) == 1


def test_dry_run_names_what_it_would_fetch_and_writes_nothing(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    counts = collect(dry=True, orgs=("acme",))
    assert counts["files"] == 4 and not hub.paths("/git/blobs/")
    told = [line.split()[2] + "/" + line.split()[3] for line in collect.lines]  # type: ignore[attr-defined]
    assert sorted(told) == ALL
    assert not (tmp_path / "data").exists()


def test_history(hub: GitHub, collect: Collect, tmp_path: Path) -> None:
    texts = [b"FROM debian:12\nRUN c\n", b"FROM debian:12\nRUN b\n", b"FROM debian:12\nRUN a\n"]
    names = [name_of(str(at)) for at in range(3)]
    history = [
        (names[at], f"Step {at}\n\nmore", {"Dockerfile": text}) for at, text in enumerate(texts)
    ]
    hub.add("acme/past", {"Dockerfile": texts[0]}, history=history, commit=names[0])
    counts = collect(repos=("acme/past",), history=True)
    found = rows(tmp_path / "data", "changes/*.jsonl")
    assert counts["changes"] == 2 and len(hub.paths("/contents/")) == 3
    assert {(row["subject"], row["before"], row["after"]) for row in found} == {
        ("Step 0", texts[1].decode(), texts[0].decode()),
        ("Step 1", texts[2].decode(), texts[1].decode()),
    }
    assert found[0]["time"] == 1714557600 and found[0]["commit"] in names
    assert len({row["id"] for row in found}) == 2


def test_hostile_names_and_contents_stay_in_the_folder(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    plain = b"FROM debian:12\nRUN ls\n"
    files = {
        "../../../etc/Dockerfile": plain,
        "/Dockerfile": plain,
        "a\0b/Dockerfile": plain,
        "b\nc/Dockerfile": plain,
        "x" * 5000 + "/Dockerfile": plain,
        "long/" + "y" * 3000 + "/Dockerfile": plain + b"RUN 1\n",
        "case/Dockerfile": plain + b"RUN 2\n",
        "CASE/Dockerfile": plain + b"RUN 3\n",
        "sub dir/ü#?%/Dockerfile": plain + b"RUN 4\n",
        "binary/Dockerfile": b"\x7fELF\0\0",
        "latin/Dockerfile": "# caf\xe9\nFROM x\n".encode("latin-1"),
        "large/Dockerfile": b"#" * (1 << 20) + b"\n",
        "empty/Dockerfile": b"\n",
        "link/Dockerfile": b"../../etc/passwd",
        ".git/../Dockerfile": plain,
    }
    hub.add("acme/odd", files, links=("link/Dockerfile",))
    counts = collect(repos=("acme/odd",))
    kept = ["CASE", "case", "long/" + "y" * 3000, "sub dir/ü#?%"]
    assert places(tmp_path / "data") == [f"acme/odd/{name}/Dockerfile" for name in kept]
    assert counts["unsafe name"] == 5 and counts["name too long"] == 1
    outcomes = {"binary": 1, "not UTF-8": 1, "larger than 1 MiB": 1, "empty": 1, "files": 4}
    assert {key: counts[key] for key in outcomes} == outcomes
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    for path in (tmp_path / "data/raw/files").rglob("*"):
        assert path.name.isascii() and len(path.name) < 140 and not path.is_symlink()


def test_a_large_file_of_unknown_size_is_not_read_to_its_end(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    hub.add("acme/huge", {"Dockerfile": b"FROM huge\n" + b"#" * (8 << 20)})
    counts = collect(queries=("FROM huge",))
    assert counts["larger than 1 MiB"] == 1 and rows(tmp_path / "data") == []


def test_a_list_that_is_cut_off_is_read_folder_by_folder(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    files = {f"d{at}/Dockerfile": b"FROM debian:12\nRUN %d\n" % at for at in range(3)}
    hub.add("acme/many", {**files, "Dockerfile": b"FROM debian:12\nRUN ls\n"}, cut=True)
    collect(repos=("acme/many",))
    assert len(rows(tmp_path / "data")) == 4


def test_the_token_is_sent_and_appears_nowhere(
    hub: GitHub, collect: Collect, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    collect()
    assert all(one["authorization"] == f"Bearer {TOKEN}" for one in hub.headers)
    said = "".join(capfd.readouterr()) + "".join(collect.lines)  # type: ignore[attr-defined]
    assert TOKEN not in said
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes(), path


def test_answers_that_make_no_sense(hub: GitHub, collect: Collect, tmp_path: Path) -> None:
    hub.add("acme/none", {})
    hub.repos["acme/none"].commit = "no name of a commit"
    counts = collect(repos=("acme/none", "acme/missing", "acme/web"))
    assert counts["listings: no branch"] == 1 and counts["listings: not found"] == 1
    assert places(tmp_path / "data") == ["acme/web/Dockerfile"]
    with pytest.raises(CodiError, match="write owner/name"):
        collect("bad", repos=("acme/../../etc",))


def test_nothing_asked_for(collect: Collect) -> None:
    with pytest.raises(CodiError, match="nothing to collect"):
        collect(forks=True)
    assert Wanted(stacks=frozenset(["go"])).searches
    assert not Wanted(stacks=frozenset(["go"]), orgs=("a",)).searches
