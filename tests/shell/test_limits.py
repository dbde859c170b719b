"""Deep and long scripts end, with work that grows with their length."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from codi_hook.shell.ast import Script
from tests.shell.views import document, script

NESTED = {
    "subshells": ("( ", "ls", " )"),
    "substitutions": ("$(a ", "ls", ")"),
    "quoted substitutions": ('"$(a ', "ls", ')"'),
    "ifs": ("if a; then ", "ls", "; fi"),
    "arithmetic": ("echo $((", "1", "))"),
    "defaults": ("echo ${a:-", "1", "}"),
    "tests": ("[[ ( ", "-f x", " ) ]]"),
    "bangs": ("! ", "x", ""),
    "wrappers": ("sudo ", "x", ""),
    "unclosed": ("( ", "", ""),
    "unclosed substitutions": ('"$(', "", ""),
    "backquotes": ("`", "", ""),
}


@pytest.mark.parametrize(("opening", "inner", "closing"), NESTED.values(), ids=NESTED)
def test_nesting(opening: str, inner: str, closing: str) -> None:
    """3,000 deep is read, or opaque with a place. It never exhausts the stack."""
    found = script(opening * 3000 + inner + closing * 3000)
    if found.dialect == "opaque":
        assert found.error is not None
        assert found.commands == ()
    assert found.error is None or found.instruction.span.contains(found.error)


def test_what_people_write_is_not_too_deep() -> None:
    found = script("( " * 100 + "ls" + " )" * 100)
    assert [item.name for item in found.commands] == ["ls"]
    assert found.commands[0].context == ("subshell",) * 100


LONG = {
    "list": ("apt-get install -y foo", " && \\\n"),
    "redirects": ("echo foo > x", " && \\\n"),
    "statements": ("echo foo", "; \\\n"),
    "pipeline": ("cat foo", " | \\\n"),
    "arguments": ("foo", " \\\n"),
    "wrappers": ("sudo", " \\\n"),
}


def _lines_run(text: str) -> tuple[int, Script]:
    """How many lines of Python it takes to read the one script of a file, and the script.

    The same every time and on every machine, which seconds are not.
    """
    found = document(text)
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        (read,) = found.scripts()
    finally:
        sys.settrace(before)
    return count, read


def _listed(piece: str, joint: str, count: int) -> int:
    spent, read = _lines_run("FROM x\nRUN " + joint.join([piece] * count) + "\n")
    assert read.error is None
    assert read.commands
    return spent


@pytest.mark.parametrize(("piece", "joint"), LONG.values(), ids=LONG)
def test_work_grows_with_length(piece: str, joint: str) -> None:
    """Ten times the lines are about ten times the work; were it their square, a hundred."""
    _listed(piece, joint, 10)
    assert _listed(piece, joint, 2_000) < 12 * _listed(piece, joint, 200)


def _heredocs(count: int) -> int:
    lines = " && \\\n".join(f"cat <<E{i} > /f{i}" for i in range(count))
    bodies = "\n".join(f"x\nE{i}" for i in range(count))
    spent, read = _lines_run(f"FROM x\nRUN {lines}\n{bodies}\n")
    assert len(read.commands) == count
    assert all(len(item.redirects) == 2 for item in read.commands)
    return spent


def test_heredocs_by_the_thousand() -> None:
    _heredocs(10)
    assert _heredocs(1_000) < 12 * _heredocs(100)


def test_tree_sitter_is_loaded_for_a_script_only() -> None:
    """A file without a RUN pays nothing, and neither package's slow `__init__` is ever run."""
    code = """
import sys
from codi_hook.shell import parse
from codi_hook.source import Source
parse(Source(b'FROM x\\nCOPY a b\\nRUN ["a"]\\n')).scripts()
assert not [name for name in sys.modules if "tree_sitter" in name], "loaded too early"
(script,) = parse(Source(b"FROM x\\nRUN a b\\n")).scripts()
assert [command.name for command in script.commands] == ["a"]
for name in ("importlib.resources", "tree_sitter_bash", "codi_hook.shell.managers"):
    assert name not in sys.modules, name
"""
    start = f"import sys; sys.path[:0] = {sys.path!r}\n"
    subprocess.run([sys.executable, "-S", "-c", start + code], check=True)
