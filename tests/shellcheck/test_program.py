"""A shellcheck that is missing, old, broken, stuck or talks nonsense; and hostile scripts."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from codi_hook.forked import available
from codi_hook.shellcheck import program
from codi_hook.shellcheck.comments import Malformed, dumps, loads, parse
from codi_hook.shellcheck.program import Broken, Program, find
from codi_hook.shellcheck.snippets import program as script
from codi_hook.shellcheck.store import Store
from tests.shellcheck.parts import store

GOOD = script("echo $x", "sh", ())
VERSION = 'case "$1" in --version) echo "version: 0.11.0"; exit 0;; esac\n'


def fake(folder: Path, body: str) -> Program:
    """A program of that name that does something else."""
    path = folder / "shellcheck"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return Program(str(path))


def asked(one: Program, *scripts: str, cache: str = "") -> tuple[list[object], list[str]]:
    told: list[str] = []
    known = Store(one, cache, told.append)
    known.fill(scripts)
    return [known.comments(item) for item in scripts], told


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("exit 1", "does not work: exit code 1"),
        ("echo nonsense", "does not say which version it is"),
        ("echo version: 0.7.2", "is version 0.7.2, older than 0.10"),
        ("kill -9 $$", "does not work: exit code -9"),
        ("head -c 40000000 /dev/zero", "does not work: no answer in time, or too much of it"),
    ],
)
def test_a_program_that_cannot_be_used(tmp_path: Path, body: str, line: str) -> None:
    one = fake(tmp_path, body)
    answers, told = asked(one, GOOD)
    assert answers == [None]
    assert told == [f"ShellCheck is not used: {one.path} {line}"]


@pytest.mark.parametrize(
    "body",
    ["exit 1", "echo garbage; exit 1", "echo '{\"comments\": [{\"file\": \"9\"}]}'", "kill -9 $$",
     "echo '{}'", "head -c 40000000 /dev/zero"],
)  # fmt: skip
def test_a_program_that_gives_no_answer(tmp_path: Path, body: str) -> None:
    answers, told = asked(fake(tmp_path, VERSION + body), GOOD, GOOD + "\n")
    assert answers == [None, None]
    assert told == ["ShellCheck gave no answer for 2 scripts"]


def test_a_program_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "BATCH_SECONDS", 0.5)
    monkeypatch.setattr(program, "SCRIPT_SECONDS", 0.5)
    one = fake(tmp_path, f"{VERSION}sleep 300 & echo $! >> {tmp_path}/pids; wait")
    monkeypatch.setattr(Program, "version", lambda _self: "0.11.0")
    started = time.monotonic()
    answers, told = asked(one, GOOD)
    assert answers == [None]
    assert told == ["ShellCheck gave no answer for 1 script"]
    assert time.monotonic() - started < 60
    for pid in (tmp_path / "pids").read_text().split():
        for _ in range(100):
            if not _runs(int(pid)):
                break
            time.sleep(0.1)
        assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
def test_a_script_that_costs_too_much_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "BATCH_SECONDS", 3.0)
    monkeypatch.setattr(program, "SCRIPT_SECONDS", 3.0)
    hostile = script("\n".join(f"a{i}=$(foo $b{i})" for i in range(3000)), "bash", ())
    one = find()
    assert one is not None
    first, second = one.judge([hostile, GOOD])
    assert first is None
    assert second is not None
    assert [comment.code for comment in second] == [2154, 2086]


@pytest.mark.parametrize("text", ["$(" * 300, "((" * 40, "{ " * 900, '"$(' * 80, "`[[ " * 60, "\\"])
def test_what_is_nested_deep_or_never_ends(text: str) -> None:
    one = find()
    assert one is not None
    answers = one.judge([script(text, "bash", ()), GOOD])
    assert answers[1] is not None


def test_the_batches_are_shared_among_processes() -> None:
    if not available():
        pytest.skip("no fork here")
    scripts = [script(f"echo $x{number}", "sh", ()) for number in range(230)]
    known, told = store(jobs=2)
    known.fill(scripts)
    assert [len(known.comments(item) or ()) for item in scripts] == [2] * 230
    assert told == []


def test_answers_are_kept(tmp_path: Path) -> None:
    cache = str(tmp_path / "deep" / "shellcheck.sqlite")
    known, told = store(cache)
    before = known.comments(GOOD)
    broken = fake(tmp_path, "exit 1")
    with sqlite3.connect(cache) as connection:
        rows = connection.execute("select answer from answers").fetchall()
    assert ("0.11.0",) in rows
    again, told_again = store(cache)
    again._program = Program(broken.path)
    again._version = "0.11.0"  # as the stamp of the program would tell
    assert again.comments(GOOD) == before
    assert again.comments(GOOD + "\n") is None
    assert told == []
    assert told_again == ["ShellCheck gave no answer for 1 script"]


@pytest.mark.parametrize("content", [b"", b"no database" * 100, None])
def test_a_cache_that_cannot_be_used(tmp_path: Path, content: bytes | None) -> None:
    cache = tmp_path / "shellcheck.sqlite"
    cache.mkdir() if content is None else cache.write_bytes(content)
    known, told = store(str(cache))
    assert known.comments(GOOD)
    assert len(told) == (0 if content == b"" else 1)
    assert all("the cache of ShellCheck's answers is not used" in line for line in told)


def test_an_answer_that_makes_no_sense_is_asked_for_again(tmp_path: Path) -> None:
    cache = str(tmp_path / "shellcheck.sqlite")
    first, _ = store(cache)
    before = first.comments(GOOD)
    with sqlite3.connect(cache) as connection:
        connection.execute("update answers set answer = '[[1, 2' where answer like '[%'")
    again, told = store(cache)
    assert again.comments(GOOD) == before
    assert told == []


def test_comments_as_text() -> None:
    known, _ = store()
    comments = known.comments(GOOD)
    assert comments
    assert loads(dumps(comments)) == comments
    assert loads(dumps(())) == ()
    for text in ("{}", "[1]", "[[1,2,3]]", '[["a",1,1,1,"info","b","",[]]]', "null"):
        with pytest.raises(Malformed):
            loads(text)
    with pytest.raises(Malformed):
        parse(b'{"comments":[{"file":"0","level":"fatal"}]}', 1)


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", f".{os.pathsep}{tmp_path / 'bin'}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    assert find() is None
    on_path = fake(tmp_path / "bin", "exit 0")
    found = find()
    assert found is not None
    assert found.path == on_path.path, "and not one of the current folder"
    beside = fake(tmp_path, "exit 0")
    found = find()
    assert found is not None
    assert found.path == beside.path


def test_options_of_the_machine_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".shellcheckrc").write_text("disable=SC2154\n")
    known, _ = store()
    assert [comment.code for comment in known.comments(GOOD) or ()] == [2154, 2086]


def test_broken_says_why() -> None:
    with pytest.raises(Broken, match="does not work"):
        Program("/nonexistent/shellcheck").version()
