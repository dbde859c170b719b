"""Deep and long scripts end, in time that grows with their length."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

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


def _seconds(piece: str, joint: str, count: int) -> float:
    found = document("FROM x\nRUN " + joint.join([piece] * count) + "\n")
    before = time.process_time()
    (read,) = found.scripts()
    spent = time.process_time() - before
    assert read.error is None
    assert read.commands
    return spent


@pytest.mark.parametrize(("piece", "joint"), LONG.values(), ids=LONG)
def test_time_grows_with_length(piece: str, joint: str) -> None:
    """Ten times the lines take about ten times as long; were it their square, a hundred."""
    _seconds(piece, joint, 100)
    short = min(_seconds(piece, joint, 1_000) for _ in range(3))
    long = min(_seconds(piece, joint, 10_000) for _ in range(2))
    assert long < 40 * max(short, 0.01)


def test_heredocs_by_the_thousand() -> None:
    count = 1_000
    lines = " && \\\n".join(f"cat <<E{i} > /f{i}" for i in range(count))
    bodies = "\n".join(f"x\nE{i}" for i in range(count))
    found = document(f"FROM x\nRUN {lines}\n{bodies}\n")
    before = time.process_time()
    (read,) = found.scripts()
    assert time.process_time() - before < 5
    assert len(read.commands) == count
    assert all(len(item.redirects) == 2 for item in read.commands)


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
