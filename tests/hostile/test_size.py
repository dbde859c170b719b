"""Size and depth: every file ends in a finding or one clear line, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import pytest

from codi_hook import overtime, pipeline
from codi_hook.reading import LIMIT
from tests.calling import codi

SECONDS = 60  # of processor time, start of Python included; the limit for one file is the same
MEGABYTES = 600

# name → (content, exit codes that are right)
INPUTS: dict[str, tuple[bytes, set[int]]] = {
    "10 MB": (b"FROM debian:12\n" + b"RUN sudo true\n" * 700_000, {2}),
    "1 MiB of comments": (b"FROM a:1\n" + b"# x\n" * 262_000, {0, 1}),
    "1 MiB in one line": (b"FROM a:1\nRUN " + b"a " * 524_000, {0, 1}),
    "RUN of 50,000 lines": (
        b"FROM debian:12\nRUN true" + b" \\\n && cd /tmp" * 49_999 + b"\n", {1, 2},
    ),
    "10,000 stages": (
        b"".join(b"FROM debian:12 AS s%d\nRUN sudo id\n" % number for number in range(10_000)),
        {1, 2},
    ),
    "parentheses": (b"FROM a:1\nRUN " + b"( " * 10_000 + b"true" + b" )" * 10_000 + b"\n", {0, 1}),
    "substitutions": (
        b"FROM a:1\nRUN echo " + b"$(" * 5_000 + b"id" + b")" * 5_000 + b"\n", {0, 1},
    ),
    "conditions": (
        b"FROM a:1\nRUN " + b"if true; then " * 2_000 + b"true; " + b"fi; " * 2_000 + b"\n", {0, 1},
    ),
    "sh -c": (b"FROM a:1\nRUN " + b"sh -c '" * 300 + b"id" + b"'" * 300 + b"\n", {0, 1}),
    "JSON": (b"FROM a:1\nCMD " + b"[" * 50_000 + b"\n", {0, 1}),
    "heredocs": (
        b"FROM a:1\nRUN " + b" ".join(b"<<E%d" % n for n in range(2_000)) + b"\n"
        + b"".join(b"x\nE%d\n" % n for n in range(2_000)), {0, 1},
    ),
    "words of COPY": (b"FROM a:1\nCOPY " + b"x \\\n" * 50_000 + b"/y/\n", {0, 1}),
    "pairs of ENV": (
        b"FROM a:1\nENV " + b" \\\n".join(b"A%d=b" % n for n in range(30_000)) + b"\n", {0, 1},
    ),
    "a pipeline": (b"FROM a:1\nRUN a" + b" \\\n| a" * 20_000 + b"\n", {0, 1}),
    "continuations": (b"FROM a:1\nRUN true " + b"\\\n" * 200_000 + b"\n", {0, 1}),
    "ONBUILD": (b"FROM a:1\n" + b"ONBUILD RUN true\n" * 10_000, {0, 1}),
    "backslashes": (b"FROM a:1\nRUN " + b"\\" * 60_000 + b"\n", {0, 1}),
    "quotes": (b"FROM a:1\nRUN echo " + b"\"'" * 30_000 + b"\n", {0, 1}),
}  # fmt: skip


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", INPUTS)
def test_every_size_ends(folder: Path, name: str) -> None:
    data, codes = INPUTS[name]
    (folder / "Dockerfile").write_bytes(data)
    started = time.monotonic()
    code, out, err, used = limited("check", "--no-llm", "--no-candidates", "Dockerfile")
    assert code in codes, (out[-300:], err[-300:])
    assert "Traceback" not in err
    assert "internal error" not in err
    if code == 2:
        assert err.startswith("error: Dockerfile: ")
        assert err.count("\n") == 1
    assert used.ru_maxrss / 1024 < MEGABYTES
    assert time.monotonic() - started < 240
    assert (folder / "Dockerfile").read_bytes() == data


def limited(*arguments: str) -> tuple[int, str, str, resource.struct_rusage]:
    """Call the program as a process that is ended after `SECONDS` of processor time."""
    pid = os.fork()
    if pid == 0:
        try:
            for stream, name in ((1, "../out"), (2, "../err")):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS + 15, SECONDS + 15))
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            command = [sys.executable, "-m", "codi_hook", *arguments]
            os.execve(sys.executable, command, environment)
        finally:
            os._exit(99)
    _, status, used = os.wait4(pid, 0)
    texts = [Path(name).read_text(errors="replace") for name in ("../out", "../err")]
    return os.waitstatus_to_exitcode(status), texts[0], texts[1], used


def test_the_limit_of_size() -> None:
    assert LIMIT == 1024 * 1024


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_that_takes_too_long_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    for name in ("a.dockerfile", "slow.dockerfile", "z.dockerfile"):
        (folder / name).write_bytes(b"FROM a:1\nRUN sudo true\n" + b"#" * overtime.SMALL)
    lint = pipeline.lint

    def endless(document: object, *rest: object, **options: object) -> object:
        while document.source.path == "slow.dockerfile":
            try:
                sum(range(1000))
            except Exception:
                raise AssertionError("no handler may hold it up") from None
        return lint(document, *rest, **options)

    monkeypatch.setattr(pipeline, "lint", endless)
    monkeypatch.setattr(overtime, "SECONDS", 0.2)
    result = codi("check", "--select", "DL3004", "--jobs", jobs, "--no-llm")
    assert result.code == 2
    assert "a.dockerfile:2:5" in result.text
    assert "z.dockerfile:2:5" in result.text
    assert result.err.startswith("error: slow.dockerfile: took more than ")
    assert result.err.count("\n") == 1
