"""Compilers and other tools that only a build needs: who installs, uses and removes them."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.compiling import COMPILERS
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.scripts import append_command, editable
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

# Compilers by their package's name, in the spelling of Debian, Alpine and Red Hat.
_compiler = pattern(
    r"(?:build-essential|build-base|alpine-sdk|gcc|g\+\+|gcc-c\+\+|clang|(?:gcc|g\+\+)-\d[\d.]*)"
    r"(?:[=~<>].*)?\Z"
).match
# What goes with them, and is of no use to a program that runs.
_tool = pattern(
    r"(?:autoconf|automake|autotools-dev|bison|cmake|cpp|flex|libc-dev|libc6-dev|libtool|make"
    r"|musl-dev|linux-headers|ninja-build|ninja|nasm|yasm|pkgconf|pkg-config|python-dev|python2-dev"
    r"|python3-dev|ruby-dev|python-devel|python3-devel)(?:[=~<>].*)?\Z"
).match
# Images that bring a compiler along in their plain tags: built on buildpack-deps.
_HAVE_COMPILER = frozenset((
    "buildpack-deps", "elixir", "erlang", "gcc", "golang", "haskell", "julia", "node", "perl",
    "php", "pypy", "python", "ruby", "rails", "rust", "django", "iojs",
))  # fmt: skip
_small = pattern(r"slim|alpine|stretch-slim|ubi|minimal").search
_LANGUAGE = frozenset({"pip", "npm", "gem", "conda", "composer", "cargo", "go"})


@dataclass(frozen=True)
class Tools:
    """An install of build tools that stays: `words` are the tools among its packages, `last` the
    script that uses them last, `uses` in how many RUNs they are used."""

    found: Call
    script: Script
    words: tuple[Word, ...]
    last: Script
    uses: int
    used_by: str


def base_has_compiler(stage: Stage) -> bool:
    image = list(stage.lineage())[-1].image
    return image.short_name in _HAVE_COMPILER and not _small(image.tag)


def is_tool(word: Word) -> bool:
    text = word.text.strip("\"'")
    return bool(_compiler(text) or _tool(text))


def left_tools(document: Document, stage: Stage) -> Iterator[Tools]:
    """The installs of a compiler in the layers of the stage that nothing removes again, and that
    a later command is seen to make use of."""
    commands = list(_commands(document, stage))
    for at, (script, command) in enumerate(commands):
        found = call(command)
        if found is None or found.action != "install" or not found.manager.system:
            continue
        if not any(_compiler(word.text.strip("\"'")) for word in found.packages):
            continue
        later = commands[at + 1 :]
        users = [(other, name) for other, one in later if (name := _uses(one))]
        if not users or any(_removes(one, found) for _, one in later):
            continue
        words = tuple(word for word in found.packages if is_tool(word))
        last, name = users[-1]
        runs = len({id(other) for other, _ in users})
        yield Tools(found, script, words, last, runs, name)


def _commands(document: Document, stage: Stage) -> Iterator[tuple[Script, Command]]:
    for part in reversed(list(stage.lineage())):
        for item in part.of("RUN"):
            script = document.script(item)
            if script is not None:
                for command in script.commands:
                    yield script, command


@kept
def _uses(command: Command) -> str:
    """What the tools serve: the name of a build, or of an install that may compile."""
    found = call(command)
    if any(word.text in ("--version", "-v", "-V", "--help") for word in command.args):
        return ""
    if found is not None and found.manager.family in _LANGUAGE and found.action == "install":
        return f"{found.name} {found.verb}".strip()
    if command.name in COMPILERS and command.name not in ("dotnet", "mvn", "gradle"):
        return command.name
    setup = command.name.startswith("python") and any("setup.py" in w.text for w in command.args)
    return "setup.py" if setup else ""


def _removes(command: Command, install: Call) -> bool:
    """True for a removal of packages that the tools of the install may be among."""
    found = call(command)
    if found is None or not found.manager.system or found.action != "remove":
        return False
    virtual = install.flag("--virtual", "-t")
    name = virtual.value if virtual is not None else None
    words = [word.text.strip("\"'") for word in found.packages]
    return name in words or any(map(_may_be_tools, words))


def _may_be_tools(text: str) -> bool:
    endings = ("dep", "deps", "-dev", "-devel")
    hidden = "$" in text or text.startswith(".") or "build" in text
    return hidden or text.endswith(endings) or bool(_compiler(text))


def removal(tools: Tools) -> str | None:
    """The command that takes the tools out of the layer again; None where it cannot be told."""
    words = [word.value for word in tools.words]
    names = [value.split("=")[0].split("~")[0] for value in words if value]
    if len(names) != len(words):
        return None
    virtual = tools.found.flag("--virtual", "-t")
    if virtual is not None:
        return f"apk del {virtual.value}" if virtual.value else None
    if tools.found.manager.family == "apk":
        return f"apk del {' '.join(names)}"
    if tools.found.name == "apt-get":
        return f"apt-get purge -y --auto-remove {' '.join(names)}"
    return None


_CONFIGURES = frozenset((
    "ADD", "ARG", "COPY", "ENV", "EXPOSE", "LABEL", "MAINTAINER", "VOLUME", "WORKDIR",
))  # fmt: skip


def in_one_run(document: Document, tools: Tools) -> tuple[Edit, ...] | None:
    """Move the RUN that installs the tools into the one that uses them, and remove them at its
    end. None where more than package managers stands in it, or something comes between that the
    order matters to."""
    first, last = tools.script.instruction, tools.last.instruction
    stage = document.stage_of(first)
    command = removal(tools)
    if tools.uses != 1 or first is last or stage is not document.stage_of(last) or not command:
        return None
    at, end = document.index(first), document.index(last)
    between = document.instructions[at + 1 : end]
    if any(item.keyword not in _CONFIGURES for item in between):
        return None
    if not _plain_run(tools.script) or not _plain_run(tools.last) or first.comments:
        return None
    if not all(_manages(one) for one in tools.script.commands):
        return None
    removing = append_command(tools.last, command)
    if removing is None or first.flags or last.flags:
        return None
    script = first.source.text(first.body_span).rstrip()
    text = f"{script} && {document.escape}{document.source.newline}    "
    start = Span(last.body_span.start, last.body_span.start)
    return (Edit(start, text), delete(first), removing)


def _plain_run(script: Script) -> bool:
    """A shell form whose commands are joined by ``&&`` or ``;``."""
    item = script.instruction
    operators = {one.operator for one in script.statements}
    return (
        editable(script)
        and item.form == "shell"
        and not item.heredocs
        and operators <= {"&&", ";", ""}
        and not script.statements[-1].operator
    )


def _manages(command: Command) -> bool:
    found = call(command)
    if found is not None and found.manager.system:
        return True
    return command.name in ("rm", "set", "true", "apt-key", "echo")
