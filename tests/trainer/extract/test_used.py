"""Which scripts a Dockerfile brings in and uses."""

from __future__ import annotations

import pytest

from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.extract.context import Context, is_shell
from trainer.extract.used import LARGEST, MOST, paths, scripts

SH = b'#!/bin/sh\nexec "$@"\n'
FILES = {
    "entry.sh": SH,
    "bin/start": b"#!/usr/bin/env bash\n",
    "bin/tool.py": b"#!/usr/bin/python3\n",
    "scripts/a.sh": SH,
    "scripts/b.sh": SH,
    "scripts/deep/c.sh": SH,
    "unused.sh": SH,
    "docker/entry.sh": SH + b"# of docker/\n",
    "docker/own.sh": SH,
}


def found(text: str, path: str = "Dockerfile", files: dict[str, bytes] | None = None) -> list[str]:
    context = Context(FILES if files is None else files, (files or FILES).get)
    return list(scripts(parse(Source(text.encode(), path)), context))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COPY entry.sh /entry.sh\nENTRYPOINT [\"/entry.sh\"]", ["entry.sh"]),
        ("COPY entry.sh /entry.sh\nENTRYPOINT /entry.sh --x", ["entry.sh"]),
        ("COPY entry.sh /\nCMD [\"sh\", \"/entry.sh\"]", ["entry.sh"]),
        ("ADD entry.sh /usr/local/bin/\nENTRYPOINT [\"tini\", \"--\", \"entry.sh\"]", ["entry.sh"]),
        ("COPY entry.sh /usr/local/bin/start-it\nCMD start-it", ["entry.sh"]),
        ("COPY entry.sh /opt/x\nENV PATH=/opt:$PATH\nCMD x", ["entry.sh"]),
        ("COPY entry.sh /opt/x\nCMD x", []),
        ("WORKDIR /app\nCOPY entry.sh .\nRUN ./entry.sh", ["entry.sh"]),
        ("WORKDIR /app\nCOPY . .\nRUN cd scripts && sh deep/c.sh", ["scripts/deep/c.sh"]),
        ("WORKDIR /app\nCOPY scripts ./s\nRUN bash -eux s/a.sh", ["scripts/a.sh"]),
        ("COPY scripts/ /s/\nRUN chmod +x /s/a.sh /s/b.sh", ["scripts/a.sh", "scripts/b.sh"]),
        ("COPY scripts/ /s/\nRUN chmod 0755 /s/a.sh", ["scripts/a.sh"]),
        ("COPY scripts/ /s/\nRUN chmod 644 /s/a.sh", []),
        ("COPY scripts/*.sh /s/\nRUN . /s/b.sh && rm /s/a.sh", ["scripts/b.sh"]),
        ("COPY scripts/[ab].sh /s/\nRUN /s/a.sh; source /s/b.sh",
         ["scripts/a.sh", "scripts/b.sh"]),
        ("COPY [\"entry.sh\", \"bin/start\", \"/s/\"]\nRUN [\"/s/start\"]", ["bin/start"]),
        ("COPY bin/start bin/tool.py /b/\nRUN /b/start && /b/tool.py", ["bin/start"]),
        ("COPY entry.sh /a\nRUN mv /a /b && ln -s /b /c\nCMD [\"/c\"]", ["entry.sh"]),
        ("COPY entry.sh /a\nRUN sudo -E /a | tee log", ["entry.sh"]),
        ("ONBUILD COPY entry.sh /a\nONBUILD RUN /a", ["entry.sh"]),
        ("WORKDIR /x\nONBUILD COPY . /app\nCMD /app/entry.sh", ["entry.sh"]),
        ("COPY entry.sh ./\nCMD [\"./entry.sh\"]", ["entry.sh"]),
        ("COPY entry.sh /app/\nWORKDIR /app\nCMD [\"./entry.sh\"]", ["entry.sh"]),
        ("COPY --chmod=755 --chown=1:1 entry.sh /a\nRUN /a", ["entry.sh"]),
        ("COPY entry.sh /a\nRUN <<E\nset -e\n/a\nE", ["entry.sh"]),
        ("RUN /entry.sh\nCOPY entry.sh /entry.sh", []),
        ("COPY ../../entry.sh /a\nRUN /a", ["entry.sh"]),
        ("COPY missing.sh /a\nRUN /a", []),
        ("COPY $X/entry.sh /a\nRUN /a", []),
        ("COPY https://example.org/entry.sh /a\nRUN /a", []),
        ("COPY <<E /a.sh\nls\nE\nRUN /a.sh", []),
        ("COPY unused.sh /a\nRUN cat /a && rm /a", []),
    ],
)  # fmt: skip
def test_in_one_stage(text: str, expected: list[str]) -> None:
    assert found(f"FROM debian:12\n{text}\n") == expected


def test_across_stages() -> None:
    text = (
        "FROM debian:12 AS one\nCOPY scripts /s\n"
        "FROM one AS two\nRUN /s/a.sh\n"
        "FROM alpine:3\nCOPY --from=one /s/b.sh /b\nCOPY --from=0 /s/deep /d/\n"
        'COPY --from=nginx /s/a.sh /n\nCMD ["/b", "/d/c.sh", "/n"]\n'
    )
    assert found(text) == ["scripts/a.sh", "scripts/b.sh", "scripts/deep/c.sh"]


def test_the_context_is_the_folder_that_has_the_files() -> None:
    use = 'COPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n'
    assert found(f"FROM x\n{use}", "docker/Dockerfile") == ["docker/entry.sh"]
    both = "COPY scripts/a.sh bin/start /s/\nRUN /s/a.sh\n"
    assert found(f"FROM x\n{both}{use}", "docker/Dockerfile") == ["entry.sh", "scripts/a.sh"]
    mixed = "COPY own.sh scripts/a.sh /s/\nRUN /s/own.sh && /s/a.sh\n"
    assert found(f"FROM x\n{mixed}{use}", "docker/Dockerfile") == [
        "docker/entry.sh", "docker/own.sh", "scripts/a.sh",
    ]  # fmt: skip
    whole = 'COPY . /app\nCMD ["/app/own.sh"]\n'
    assert found(f"FROM x\n{whole}", "docker/Dockerfile") == ["docker/own.sh"]


def test_what_is_no_script_or_too_much_is_left_out() -> None:
    many = {f"s/{at:02}.sh": SH for at in range(MOST + 5)}
    text = "FROM x\nCOPY s /s\nRUN " + " && ".join(f"/{name}" for name in many)
    assert len(found(text, files=many)) == MOST
    odd = {
        "s/a.sh": b"\0", "s/b.sh": b"#" * (LARGEST + 1), "s/c.sh": b"\xff\n",
        "s/d.sh": b"#!/usr/bin/perl\n", "s/e": b"ls\n", "s/f.sh": b"ls\n",
    }  # fmt: skip
    text = "FROM x\nCOPY s /s\nRUN " + " && ".join(f"/{name}" for name in odd)
    assert found(text, files=odd) == ["s/f.sh"]
    context = Context(odd, odd.get)
    assert set(paths(parse(Source(text.encode())), context)) == set(odd)


@pytest.mark.parametrize(
    ("line", "yes"),
    [
        (b"#!/bin/sh", True), (b"#! /bin/bash -e\n", True), (b"#!/usr/bin/env -S bash -x", True),
        (b"#!/usr/local/bin/bash", True), (b"#!/bin/busybox sh", True), (b"#!/bin/dash", True),
        (b"#!/usr/bin/env python3", False), (b"#!/bin/shx", False), (b"", False),
    ],
)  # fmt: skip
def test_first_lines(line: bytes, yes: bool) -> None:
    assert is_shell("x", line) is yes


def test_files_that_do_not_parse_are_no_reason_to_stop() -> None:
    for text in ("", "FROM", "COPY", 'FROM x\nCOPY a\nRUN (((\nCMD ["a"\nENTRYPOINT', "\0\xff"):
        assert found(text) == []
