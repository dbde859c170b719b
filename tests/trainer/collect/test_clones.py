"""Clones on this disk, those of strangers included."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.collect.conftest import places, rows
from tests.trainer.collect.repos import Made
from trainer.collect import clones

BASE = "FROM debian:12\nRUN apt-get update\n"
LONG = "\n".join(f"ENV A{at}={at}" for at in range(20)) + "\n"


def run(data: Path, *paths: Path, history: bool = True, **more: Any) -> Any:
    said: list[str] = []
    stacks = more.get("stacks", frozenset())
    return clones.run(data, paths, 2, stacks, said.append, history), said


def test_all_dockerfiles_at_head_and_every_change(tmp_path: Path) -> None:
    made = Made(tmp_path / "clones/one", "https://user:p4ss@github.com/acme/one.git")
    made.commit("Begin", {"Dockerfile": BASE + LONG, "docker/app.Dockerfile": BASE, "x.txt": "1"})
    second = made.commit("Quiet:  bump\n\nbody", {"Dockerfile": BASE + "RUN ls\n" + LONG})
    made.git("mv", "Dockerfile", "docker/Dockerfile.web")
    moved = made.commit("Move", {"docker/Dockerfile.web": BASE + "RUN id\n" + LONG, "x.txt": "2"})
    made.git("mv", "docker/app.Dockerfile", "docker/job.Dockerfile")
    made.commit("Only move", {})
    made.commit("Drop", {"docker/job.Dockerfile": None, "Containerfile": BASE})
    counts, _ = run(tmp_path / "data", tmp_path / "clones")
    assert places(tmp_path / "data") == ["acme/one/Containerfile", "acme/one/docker/Dockerfile.web"]
    assert counts == {"files": 2, "changes": 2}
    last, first = sorted(rows(tmp_path / "data", "changes/*.jsonl"), key=lambda row: -row["time"])
    assert (first["commit"], first["subject"], first["path"]) == (
        second,
        "Quiet: bump",
        "Dockerfile",
    )
    assert first["before"] == BASE + LONG and first["after"] == BASE + "RUN ls\n" + LONG
    assert first["time"] == 1_600_000_002 and first["origin"] == "git"
    assert (last["commit"], last["path"]) == (moved, "docker/Dockerfile.web")
    assert last["before"] == first["after"] and "RUN id" in last["after"]
    assert rows(tmp_path / "data")[0]["commit"] == made.git("rev-parse", "HEAD")
    whole = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"p4ss" not in whole
    part = json.loads((tmp_path / "data/raw/manifest.json").read_bytes())["sources"]["git"]
    assert (
        part["clones"] == 1 and part["owners"] == {"acme": 2} and part["stacks"] == {"unknown": 2}
    )


def test_merges_are_left_out_and_what_a_branch_did_is_not(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "git@github.com:acme/r.git")
    made.commit("Begin", {"Dockerfile": BASE + LONG})
    made.git("checkout", "-q", "-b", "side")
    made.commit("Side", {"Dockerfile": BASE + LONG + "RUN side\n"})
    made.git("checkout", "-q", "main")
    made.commit("Main", {"Dockerfile": "# main\n" + BASE + LONG})
    made.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    run(tmp_path / "data", tmp_path / "r")
    changes = rows(tmp_path / "data", "changes/*.jsonl")
    assert {row["subject"] for row in changes} == {"Side", "Main"}
    assert rows(tmp_path / "data")[0]["text"] == "# main\n" + BASE + LONG + "RUN side\n"


def test_bare_clones_folders_of_clones_and_names(tmp_path: Path) -> None:
    made = Made(tmp_path / "work/deep/one")
    made.commit("Begin", {"Dockerfile": BASE})
    bare = tmp_path / "work/mirrors/two.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(made.folder), str(bare)], check=True)
    subprocess.run(
        ["git", "-C", str(bare), "config", "remote.origin.url", "ssh://git@host:22/Team/Two"],
        check=True,
    )
    counts, _ = run(tmp_path / "data", tmp_path / "work", made.folder)
    assert places(tmp_path / "data") == ["Team/Two/Dockerfile", "deep/one/Dockerfile"]
    assert counts["files"] == 2
    counts, _ = run(tmp_path / "data", bare, stacks=frozenset(["go"]))
    assert counts == {"another stack": 1} and rows(tmp_path / "data") == []


def test_hostile_names_and_contents(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "x/../..")
    names: dict[str, str | bytes | None] = {
        "a\nb/Dockerfile": BASE,
        os.fsdecode(b"\xff/Dockerfile"): BASE,
        'ü "q"\'$(id)/Dockerfile': BASE + "#1\n",
        "-rf/Dockerfile": BASE + "#2\n",
        "CASE/Dockerfile": BASE + "#3\n",
        "case/Dockerfile": BASE + "#4\n",
        "bin/Dockerfile": b"FROM x\0",
        "latin/Dockerfile": b"# \xe9\nFROM x\n",
        "large/Dockerfile": b"#" * (1 << 20) + b"\n",
        "empty/Dockerfile": b"",
        "Dockerfile.md": BASE,
    }
    made.commit("\x01\x02 odd \x1f subject", names)
    os.symlink("/etc/passwd", made.folder / "Dockerfile")
    made.commit("Link", {})
    made.commit("Change all", {name: b"#\n" + (text if isinstance(text, bytes) else text.encode())
                               for name, text in names.items() if text is not None})  # fmt: skip
    counts, _ = run(tmp_path / "data", tmp_path / "r")
    kept = ["-rf", "CASE", "case", "empty", 'ü "q"\'$(id)']
    assert [place.split("/", 2)[2] for place in places(tmp_path / "data")] == [
        f"{name}/Dockerfile" for name in kept
    ]
    assert counts["unsafe name"] == counts["name is not UTF-8"] == 1
    assert counts["binary"] == counts["not UTF-8"] == counts["larger than 1 MiB"] == 1
    assert counts["changes"] == 4 and counts["changes: larger than 1 MiB"] == 1
    assert all(row["repo"].count("/") == 1 for row in rows(tmp_path / "data"))


def test_nothing_of_a_clone_is_run(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "https://github.com/acme/trap.git")
    made.commit("Begin", {"Dockerfile": BASE, ".gitattributes": "* diff=trap filter=trap\n"})
    made.commit("Next", {"Dockerfile": BASE + "RUN ls\n"})
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    names = ["core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external",
             "diff.trap.command", "diff.trap.textconv", "filter.trap.clean", "filter.trap.smudge",
             "filter.trap.process", "gpg.program", "pager.log", "credential.helper",
             "core.alternateRefsCommand", "uploadpack.packObjectsHook", "alias.log",
             "alias.ls-tree", "alias.cat-file"]  # fmt: skip
    for name in names:
        value = f"!{trap}" if name.startswith("alias") else str(trap)
        made.git("config", name, value)
    made.git("config", "log.showSignature", "true")
    made.git("config", "extensions.partialClone", "origin")
    made.git("config", "remote.origin.promisor", "true")
    made.git("config", "remote.origin.url", f"ext::{trap} /acme/trap")
    made.git("config", "protocol.ext.allow", "always")
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (made.folder / ".git/hooks").mkdir(exist_ok=True)
        (made.folder / ".git/hooks" / hook).symlink_to(trap)
    blob = made.git("rev-parse", "HEAD~1:Dockerfile")
    made.git("diff", "HEAD~1", "HEAD")
    assert sprung.exists()  # the traps do work
    (made.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()  # would be fetched
    sprung.unlink()
    counts, _ = run(tmp_path / "data", tmp_path / "r")
    assert counts["files"] == 1 and not sprung.exists()


def test_damaged_and_empty_repositories_do_not_stop_the_others(tmp_path: Path) -> None:
    good = Made(tmp_path / "all/good", "https://github.com/acme/good")
    good.commit("Begin", {"Dockerfile": BASE})
    Made(tmp_path / "all/empty", "https://github.com/acme/empty")
    bad = Made(tmp_path / "all/bad", "https://github.com/acme/bad")
    bad.commit("Begin", {"Dockerfile": BASE})
    tree = bad.git("rev-parse", "HEAD^{tree}")
    (bad.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    counts, said = run(tmp_path / "data", tmp_path / "all")
    assert places(tmp_path / "data") == ["acme/good/Dockerfile"]
    assert counts["repositories that could not be read"] == 2
    assert any(line.startswith("acme/bad: git ls-tree ended") for line in said)
    with pytest.raises(CodiError, match="no git repository here or below"):
        run(tmp_path / "data", tmp_path / "data")


def test_many_commits_quickly_and_the_same_bytes_again(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "https://github.com/acme/many")
    stream = []
    for at in range(1500):
        text = f"FROM debian:12\nRUN echo {at}\n".encode()
        stream.append(
            b"commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 4\nbump\n"
            b"M 100644 inline d%d/Dockerfile\ndata %d\n%s\n" % (at, at % 3, len(text), text)
        )
    made.git("fast-import", "--quiet", text=b"".join(stream))
    started = sum(os.times()[:4])
    counts, _ = run(tmp_path / "data", tmp_path / "r")
    assert counts == {"files": 3, "changes": 1497}
    assert sum(os.times()[:4]) - started < 5  # seconds of processors, git's included
    first = {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*.jsonl")}
    run(tmp_path / "data", tmp_path / "r")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*.jsonl")}
