"""The extract step over rows of clones, of GitHub and of collections without a context."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from codi_hook.errors import CodiError
from tests.trainer.collect.conftest import TOKEN, Still, rows
from tests.trainer.collect.repos import Made
from tests.trainer.collect.server import GitHub, refuse, serving
from trainer.cli import main
from trainer.collect import clones, crawl, jsonl
from trainer.collect.wanted import Wanted, Where
from trainer.extract.run import run

TEXT = 'FROM debian:12\nCOPY start.sh /start\nENTRYPOINT ["/start"]\n'


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with serving() as server:
        files = {"docker/Dockerfile": TEXT.encode(), "docker/start.sh": b"#!/bin/sh\n# hub\n"}
        server.add("acme/web", {**files, "large.bin": b"0" * 999, "other.sh": b"#!/bin/sh\n"})
        server.add("acme/bare", {"Dockerfile": b"FROM debian:12\nRUN ls\n"})
        yield server


def test_rows_of_github_clones_and_collections(hub: GitHub, tmp_path: Path) -> None:
    where = Where(tmp_path / "data", hub.url, TOKEN, shards=2)
    crawl.run(Wanted(orgs=("acme",)), where, print, Still())
    made = Made(tmp_path / "clones/r", "https://github.com/acme/cloned")
    made.commit("Begin", {"Dockerfile": TEXT, "start.sh": "#!/bin/sh\n# first\n"})
    clones.run(where.data, [tmp_path / "clones"], 2, frozenset(), print)
    made.commit("Later", {"start.sh": "#!/bin/sh\n# later\n"})
    collection = tmp_path / "x.jsonl"
    collection.write_text(json.dumps({"repo": "acme/other", "path": "Dockerfile", "text": TEXT}))
    jsonl.run(where.data, [collection], 2, frozenset(), print)
    hub.asked.clear()
    counts = run(where, [tmp_path / "clones"], True, print, Still())
    assert {row["repo"]: row.get("scripts") for row in rows(where.data)} == {
        "acme/web": {"docker/start.sh": "#!/bin/sh\n# hub\n"},
        "acme/bare": None,
        "acme/cloned": {"start.sh": "#!/bin/sh\n# first\n"},  # as it was in the row's commit
        "acme/other": None,
    }
    assert counts["files with scripts"] == counts["scripts"] == 2 and counts["files"] == 3
    assert counts["files without a context: nothing can be extracted"] == 1
    assert len(hub.asked) == 1 and "/git/blobs/" in hub.asked[0][0]  # all else is known
    first = {path: path.read_bytes() for path in where.data.glob("raw/*.jsonl")}
    hub.asked.clear()
    run(where, [tmp_path / "clones"], True, print, Still())
    assert first == {path: path.read_bytes() for path in where.data.glob("raw/*.jsonl")}
    assert hub.asked == []


def test_what_is_not_to_be_had_costs_no_row(hub: GitHub, tmp_path: Path) -> None:
    where = Where(tmp_path / "data", hub.url, TOKEN, shards=1)
    crawl.run(Wanted(orgs=("acme",)), where, print, Still())
    (where.data / "raw/state.sqlite").unlink()
    hub.trouble("acme/web/git/trees", *[refuse(500)] * 6)
    hub.trouble("acme/bare/git/trees", refuse(451, "blocked"))
    counts = run(where, [], True, print, Still())
    assert counts["unavailable"] == 1 and counts["context: withheld for legal reasons"] == 1
    assert len(rows(where.data)) == 2
    hub.trouble("acme/web/git/blobs", refuse(404, "gone"))
    assert run(where, [], True, print, Still())["scripts"] == 0
    counts = run(where, [], False, print, Still())
    assert counts["files without a context: nothing can be extracted"] == 2


def test_a_commit_that_the_clone_lacks(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "https://github.com/acme/r")
    made.commit("Begin", {"Dockerfile": TEXT})
    where = Where(tmp_path / "data")
    clones.run(where.data, [made.folder], 1, frozenset(), print)
    path = next(where.data.glob("raw/*.jsonl"))
    row = json.loads(path.read_bytes())
    path.write_text(json.dumps({**row, "commit": "0" * 40}) + "\n")
    counts = run(where, [made.folder], True, print)
    assert counts["context: git ls-tree ended with 128"] == 1 and len(rows(where.data)) == 1
    path.write_text("{}\n")
    with pytest.raises(CodiError, match="not a row of a file"):
        run(where, [made.folder], True, print)
    assert path.read_text() == "{}\n" and not list(where.data.rglob("*.new"))


def test_the_commands(tmp_path: Path) -> None:
    made = Made(tmp_path / "r", "https://github.com/acme/r")
    made.commit("Begin", {"Dockerfile": TEXT, "start.sh": "#!/bin/sh\n"})
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(made.folder), str(bare)], check=True)
    data = str(tmp_path / "data")
    for name in ("collect", "extract"):
        done = CliRunner().invoke(main, [name, "--from-git", str(made.folder), "--data", data])
        assert done.exit_code == 0, done.output
    assert "1  files with scripts" in done.output
    assert rows(tmp_path / "data")[0]["scripts"] == {"start.sh": "#!/bin/sh\n"}
