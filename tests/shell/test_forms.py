"""JSON form, heredocs, and which shell reads a script."""

from __future__ import annotations

import pytest

from codi_hook.shell.parser import READABLE, parse_script
from tests.shell.views import document, placed, script, shown


def test_json_form_is_one_command_of_literals() -> None:
    found = script('["apt-get", "install", "a b"]')
    (command,) = found.commands
    assert found.dialect == "exec"
    assert shown(command) == "apt-get|install|a b"
    assert [word.text for word in command.words] == ['"apt-get"', '"install"', '"a b"']
    assert len(found.statements) == 1


@pytest.mark.parametrize(
    "body",
    [
        '["sh", "-c", "a b && c"]',
        '["/bin/bash", "-o", "pipefail", "-c", "a b && c"]',
        '["sudo", "bash", "-lc", "a b && c"]',
    ],
)
def test_a_script_in_json_form(body: str) -> None:
    found = script(body)
    inner = [item for item in found.commands if item.context == ("sh -c",)]
    assert [placed(item) for item in inner] == ["a|b  @sh -c &&", "&& c  @sh -c"]
    assert [word.text for item in inner for word in item.words] == ["a", "b", "c"]
    text = found.instruction.source.text
    assert all(text(word.span) == word.text for item in inner for word in item.words)


def test_json_escapes_have_exact_spans() -> None:
    found = script(r'["sh", "-c", "a \"b c\" \u0064 \\$e"]')
    words = found.commands[-1].words
    assert [(word.text, word.value) for word in words] == [
        ("a", "a"),
        (r"\"b c\"", "b c"),
        (r"\u0064", "d"),
        (r"\\$e", "$e"),
    ]


def test_almost_json_is_shell() -> None:
    found = script("['a', 'b']")
    assert found.dialect == "sh"


HEREDOCS = {
    "body is the script": ("<<EOF\napt-get update\nls\nEOF", "sh", ["apt-get|update", "ls"]),
    "tabs stripped": ("<<-EOF\n\tapt-get update\n\tEOF", "sh", ["apt-get|update"]),
    "quoted name": ("<<'EOF'\necho $x\nEOF", "sh", ["echo|?$x"]),
    "shell shebang": ("<<EOF\n#!/bin/bash -e\nls\nEOF", "bash", ["ls"]),
    "env shebang": ("<<EOF\n#!/usr/bin/env bash\nls\nEOF", "bash", ["ls"]),
    "other shebang": ("<<EOF\n#!/usr/bin/env python3\nimport x\nEOF", "opaque", []),
    "input of a shell": ("bash -e <<EOF\nls -l\nEOF", "sh", ["bash|-e", "ls|-l"]),
    "input of a wrapped shell": ("sudo sh <<EOF\nls\nEOF", "sh", ["sudo|sh", "sh", "ls"]),
    "input of a shell with -s": ("bash -s x <<EOF\nls\nEOF", "sh", ["bash|-s|x", "ls"]),
    "input of another": ("python3 <<EOF\nimport x\nEOF", "sh", ["python3"]),
    "input of a script": ("bash /x.sh <<EOF\nls\nEOF", "sh", ["bash|/x.sh"]),
    "data": ("cat <<EOF > /x && ls\nrm -rf /\nEOF", "sh", ["cat", "ls"]),
    "before the command": ("<<EOF cat > /x\nrm -rf /\nEOF", "sh", ["cat"]),
    "several": ("cat <<A > /a && cat <<B > /b\na\nA\nb\nB", "sh", ["cat", "cat"]),
    "several for one": ("cat <<A <<B\na\nA\nb\nB", "sh", ["cat"]),
    "in a subshell": (
        "(cat <<A ; ls) && bash <<B\na\nA\npwd\nB",
        "sh",
        ["cat", "ls", "bash", "pwd"],
    ),
}


@pytest.mark.parametrize(("body", "dialect", "expected"), HEREDOCS.values(), ids=HEREDOCS)
def test_heredocs(body: str, dialect: str, expected: list[str]) -> None:
    found = script(body)
    assert found.error is None
    assert found.dialect == dialect
    assert [shown(item) for item in found.commands] == expected
    text = found.instruction.source.text
    assert all(text(word.span) == word.text for item in found.commands for word in item.words)


def test_each_heredoc_is_a_redirect_of_its_command() -> None:
    found = script("(cat <<A ; ls) && cat <<B > /b\na\nA\nb\nB")
    seen = [[item.target.text for item in c.redirects if item.target] for c in found.commands]
    assert seen == [["A"], [], ["/b", "B"]]
    text = found.instruction.source.text
    assert [text(item.span) for item in found.statements] == ["(cat <<A ; ls)", "cat <<B > /b"]
    assert [text(item.span) for item in found.commands] == ["cat <<A", "ls", "cat <<B > /b"]


DIALECTS = {
    "default": ("FROM x\nRUN a", ["sh"]),
    "bash": ('FROM x\nSHELL ["/bin/bash", "-c"]\nRUN a', ["bash"]),
    "from there on": ('FROM x\nRUN a\nSHELL ["/bin/bash", "-c"]\nRUN a', ["sh", "bash"]),
    "ash": ('FROM x\nSHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nRUN a', ["ash"]),
    "not inherited": ('FROM x\nSHELL ["/bin/bash", "-c"]\nFROM y\nRUN a', ["sh"]),
    "inherited": ('FROM x AS b\nSHELL ["bash", "-c"]\nFROM b\nRUN a', ["bash"]),
    "powershell": ('FROM x\nSHELL ["powershell", "-Command"]\nRUN a', ["powershell"]),
    "pwsh": ('FROM x\nSHELL ["C:\\\\pwsh.exe", "-Command"]\nRUN a', ["powershell"]),
    "python": ('FROM x\nSHELL ["python3", "-c"]\nRUN a', ["opaque"]),
    "windows": ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN a", ["cmd"]),
    "nanoserver": ("FROM mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-1809\nRUN a", ["cmd"]),
    "windows escape": ("# escape=`\nFROM x\nRUN mkdir C:\\a", ["cmd"]),
    "windows escape and a program": ("# escape=`\nFROM x\nCOPY a.msi .\nRUN a", ["cmd"]),
    "escape, Windows in the other stage": (
        "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:1809\nRUN a\nFROM x\nRUN a",
        ["cmd", "cmd"],
    ),
    "escape alone": ("# escape=`\nFROM x\nRUN a", ["sh"]),
    "escape, a prompt and a path": (
        "# escape=`\nFROM x\nENV PS1='\\h:\\w' P=$p:/a\nRUN date +%Y%m%d",
        ["sh"],
    ),
    "escape on Linux": ("# escape=`\nFROM debian:12\nRUN a && `\n b C:\\x.exe", ["sh"]),
    "escape on Linux by its tag": ("# escape=`\nFROM x:3-alpine\nRUN curl -O y.exe", ["sh"]),
    "escape on Linux by platform": ("# escape=`\nFROM --platform=linux x\nRUN a.exe", ["sh"]),
    "escape on both": (
        "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:1809\nRUN a\nFROM alpine\nRUN a",
        ["cmd", "sh"],
    ),
    "windows platform": ("FROM --platform=windows/amd64 x\nRUN a", ["cmd"]),
    "windows by argument": ("ARG B=mcr.microsoft.com/windows\nFROM $B\nRUN a", ["cmd"]),
    "bash on windows": ('# escape=`\nFROM x\nSHELL ["bash", "-c"]\nRUN a', ["bash"]),
    "pragma": ("FROM x\n# hadolint shell=bash\nRUN a", ["bash"]),
    "pragma above": ("# hadolint shell=powershell\nFROM x\nRUN a", ["powershell"]),
    "SHELL after a pragma": ('FROM x\n# hadolint shell=ksh\nSHELL ["bash"]\nRUN a', ["bash"]),
    "exec form": ('FROM x\nSHELL ["powershell"]\nRUN ["a"]', ["exec"]),
    "in ONBUILD": ('FROM x\nSHELL ["bash", "-c"]\nONBUILD RUN a', ["bash"]),
}


@pytest.mark.parametrize(("text", "expected"), DIALECTS.values(), ids=DIALECTS)
def test_dialects(text: str, expected: list[str]) -> None:
    found = document(text + "\n").scripts()
    assert [item.dialect for item in found] == expected
    readable = {"sh", "bash", "ash", "exec"}
    assert [bool(item.commands) for item in found] == [item.dialect in readable for item in found]


def test_the_words_of_the_shell_in_effect() -> None:
    found = document(
        'FROM x AS b\nRUN a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a\nFROM b\nRUN a\n'
    )
    shells = [found.shell_of(item) for item in found.of("RUN")]
    bash = ("/bin/bash", "-o", "pipefail", "-c")
    assert shells == [("/bin/sh", "-c"), bash, bash]


def test_a_pragma_does_not_reach_the_next_stage() -> None:
    found = document("FROM x\n# hadolint shell=bash\nRUN a\nFROM y\nRUN a\n")
    assert [item.dialect for item in found.scripts()] == ["bash", "sh"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CMD nginx -g 'daemon off;' && x", ["nginx|-g|daemon off;", "x"]),
        ('CMD ["nginx", "-g"]', ["nginx|-g"]),
        ('ENTRYPOINT exec java -jar "$JAR"', ['exec|java|-jar|?"$JAR"', 'java|-jar|?"$JAR"']),
        ("HEALTHCHECK --interval=5s CMD curl -f x || exit 1", ["curl|-f|x", "exit|1"]),
        ('HEALTHCHECK CMD ["curl", "x"]', ["curl|x"]),
        ("HEALTHCHECK NONE", []),
    ],
)
def test_other_instructions(line: str, expected: list[str]) -> None:
    found = document(f"FROM x\n{line}\n")
    read = found.script(found.instructions[1])
    assert read is not None
    assert [shown(item) for item in read.commands] == expected
    assert found.script(found.instructions[0]) is None
    assert found.scripts() == ()


def test_a_script_is_read_once() -> None:
    found = document("FROM x\nRUN a\n")
    run = found.instructions[1]
    assert parse_script(run, "sh") is parse_script(run, "sh") is found.script(run)


@pytest.mark.parametrize("first", sorted(READABLE))
@pytest.mark.parametrize("second", sorted(READABLE))
def test_a_shebang_decides_whichever_dialect_was_asked_for_first(first: str, second: str) -> None:
    named = document("FROM x\nRUN <<EOF\n#!/bin/bash\nls\nEOF\n").instructions[1]
    assert [parse_script(named, asked).dialect for asked in (first, second)] == ["bash", "bash"]
    plain = document("FROM x\nRUN <<EOF\nls\nEOF\n").instructions[1]
    assert [parse_script(plain, asked).dialect for asked in (first, second)] == [first, second]


def test_another_programs_shebang_stays_opaque() -> None:
    run = document("FROM x\nRUN <<EOF\n#!/usr/bin/env python3\nimport x\nEOF\n").instructions[1]
    assert [parse_script(run, asked).dialect for asked in ("bash", "sh")] == ["opaque", "opaque"]


def test_commands_by_name() -> None:
    found = document("FROM x\nRUN a 1 && b\nRUN c; a 2\n")
    assert [shown(item) for item in found.commands("a")] == ["a|1", "a|2"]
    assert [shown(item) for item in found.commands("c", "a")] == ["a|1", "c", "a|2"]
    assert [shown(item) for item in found.commands()] == ["a|1", "b", "c", "a|2"]
    assert list(found.commands("z")) == []
