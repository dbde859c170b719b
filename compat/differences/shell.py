"""What a RUN does: tools behind other commands, pipes, counts of commands."""

from __future__ import annotations

import re

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.shell.ast import Command
from codi_hook.source import Span
from compat.differences.base import OURS, THEIRS, Place, difference
from compat.differences.places import commands, findings, found, inner, script, seen_through

_NOT_POSIX = ("cmd", "powershell", "opaque")


@difference(
    "DL3004 DL3027 DL3047",
    reported_by=OURS,
    example="FROM debian:12\nRUN sudo wget https://x.org/y\n",
)
def tool_seen_through(place: Place) -> bool:
    """The tool is run by sudo, env, xargs or the like, by a shell in the step, or is named by its
    path. What it does is the same."""
    mine = found(place)
    return bool(mine) and all(map(seen_through, mine))


@difference(
    "DL3003 DL3008 DL3009 DL3013 DL3014 DL3015 DL3016 DL3018 DL3027 DL3028 DL3042 DL3047",
    reported_by=OURS,
    example="FROM node:22\nRUN true && `# the tools` npm install -g pm2\n",
)
def behind_a_comment_in_backticks(place: Place) -> bool:
    """A substitution without output, used as a comment between the lines of a chain, is no command:
    the word behind it is."""
    mine = found(place)
    source = place.document.source
    if not mine:
        return False
    start = inner(place).span.start
    texts = [source.text(Span(start, command.word.span.start)) for command in mine]
    return all(re.search(r"`#[^`]*`[\s\\]*\Z", text) for text in texts)


@difference(
    "DL4001",
    reported_by=OURS,
    example="FROM debian:12\nRUN curl -fsS https://x.org/a\nRUN sudo wget -q https://x.org/b\n",
)
def download_tool_seen_through(place: Place) -> bool:
    """A curl or wget counts as used behind sudo, in `bash -c` and by its path too."""
    stage = place.document.stage_of(place.instruction)
    tools = place.document.commands("curl", "wget")
    mine = [c for c in tools if place.document.stage_of(c.instruction) is stage]
    for name in ("curl", "wget"):
        named = [c for c in mine if c.name == name]
        if named and all(map(seen_through, named)):
            return True
    return any(map(seen_through, (c for c in mine if c.instruction is inner(place))))


@difference(
    "DL3010",
    reported_by=OURS,
    example="FROM debian:12\nCOPY a.tar.gz /tmp/\nRUN tar xzf /tmp/a.tar.gz\n",
)
def tar_without_a_dash(place: Place) -> bool:
    """`tar xzf` and `tar --file=x --extract` unpack as `tar -xzf` does."""
    mine = [finding.subject.command for finding in findings(place)]
    return bool(mine) and all(c.name == "tar" and _unusual(c) for c in mine)


def _unusual(tar: Command) -> bool:
    first = tar.args[0].text if tar.args else ""
    return not first.startswith("-") or any(w.text.startswith("--file=") for w in tar.args)


@difference(
    "DL3010",
    reported_by=OURS,
    example="FROM debian:12\nARG v\nCOPY a-$v.tar.gz /tmp/\nRUN tar -xf /tmp/a-${v}.tar.gz\n",
)
def archive_with_a_variable(place: Place) -> bool:
    """`$v` in COPY and `${v}` in RUN name the same file."""
    mine = findings(place)
    return bool(mine) and all("$" in finding.subject.archive.value for finding in mine)


@difference(
    "DL3059",
    reported_by=OURS,
    example='FROM debian:12\nRUN ["/bin/bash", "-c", "a && b"]\nRUN c\n',
)
def array_is_one_command(place: Place) -> bool:
    """A RUN in array form is one command, whatever the text says that it hands to a shell."""
    return any(item.keyword == "RUN" and item.form == "json" for item in _two(place))


def _two(place: Place) -> tuple[Instruction, ...]:
    """The instruction and the RUN before it."""
    at = place.document.index(place.instruction)
    return place.document.instructions[max(at - 1, 0) : at + 1]


@difference(
    "DL3059",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN $GOPATH/bin/tool -h || true\nRUN b\n",
)
def command_by_variable(place: Place) -> bool:
    """`$X/bin/tool a && b` is two commands, whatever the variable holds."""
    scripts = [place.document.script(item) for item in _two(place)]
    return any(c.word.value is None for run in scripts if run for c in run.commands)


@difference(
    "DL3059",
    reported_by=THEIRS,
    example=(
        "# escape=`\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
        'RUN powershell -Command "a; b"\nRUN powershell -Command "c"\n'
    ),
)
def windows_steps(place: Place) -> bool:
    """cmd or PowerShell reads the steps of a Windows image, so they are not counted as POSIX shell
    is."""
    return any(_is_foreign(place.document, item) for item in _two(place))


def _is_foreign(document: Document, item: Instruction) -> bool:
    return document.dialect(item.trigger or item) in _NOT_POSIX


@difference(
    "DL4005",
    reported_by=THEIRS,
    example='FROM debian:12\nRUN ["qemu", "/bin/sh", "-c", "a; ln -s b /bin/sh"]\n',
)
def link_in_array(place: Place) -> bool:
    """A RUN in array form calls a program by itself; SHELL has no say there."""
    return inner(place).form == "json" and "/bin/sh" in inner(place).text


@difference(
    "DL4006",
    reported_by=THEIRS,
    example="FROM bash:5\nRUN set -o pipefail && curl https://x.org/a.tgz | tar xz\n",
)
def step_sets_pipefail(place: Place) -> bool:
    """The step itself runs `set -o pipefail` before its first pipe."""
    run = script(place)
    if run is None or not run.pipelines:
        return False
    return any(
        command.name == "set"
        and any(word.text == "pipefail" for word in command.args)
        and command.span.start < run.pipelines[0].span.start
        for command in run.commands
    )


@difference(
    "DL4006",
    reported_by=THEIRS,
    example='FROM debian:12\nRUN ["/bin/bash", "-c", "curl https://x.org/y | bash -s"]\n',
)
def pipe_in_array(place: Place) -> bool:
    """A RUN in array form is not read by SHELL, so a SHELL with pipefail would not help."""
    return inner(place).form == "json" and "|" in inner(place).text


@difference(
    "DL4006",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN (( find /x -type f | xargs rm || true ))\n",
)
def double_parentheses(place: Place) -> bool:
    """`((a | b))` is arithmetic in bash, whose grammar reads every script here, and has no pipe."""
    return "((" in inner(place).text and not any(True for c in commands(place) if c.pipeline)
