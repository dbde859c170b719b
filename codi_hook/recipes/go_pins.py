"""Versions of Go programs: what `go install`, `go get` and `go run` are given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import is_json
from codi_hook.recipes.layers import environment
from codi_hook.recipes.pins import text_of
from codi_hook.shell.ast import Word
from codi_hook.shell.flags import operands
from codi_hook.shell.managers import Call

_floating = pattern(r"@(?:latest|none)?\Z").search
_major = pattern(r"/v\d+\Z")
_number = pattern(r"\d+(?:\.\d+)+\Z").match


def programs(call: Call) -> list[Word]:
    """The packages and modules named; of ``go run`` the first only, the rest are arguments."""
    words = list(operands(call.command))
    words = words[words.index(call.verb_word) + 1 :] if call.verb_word in words else []
    return words[:1] if call.verb == "run" else words


def go_pinned(word: Word) -> bool:
    """It has a version, or is of the project: a folder, a file, or the tools that go.mod names."""
    text = text_of(word)
    if text.startswith((".", "/")) or text.endswith(".go") or text == "tool":
        return True
    return "@" in text and not _floating(text)


def pin_to_variable(document: Document, call: Call, words: list[Word]) -> Iterator[Candidate]:
    """Use the variable that is named after the program; only where each word has one."""
    if is_json(call.command) or "sh -c" in call.command.context:
        return
    values = environment(document, call.command.instruction)
    edits, names = [], []
    for word in words:
        path = word.text.partition("@")[0]
        name = re.sub(r"[^A-Z0-9]", "_", _major.sub("", path).rpartition("/")[2].upper())
        value = values.get(f"{name}_VERSION", "")
        if not name or word.value is None or word.value != word.text or "..." in path:
            return
        if not _number(value.removeprefix("v")):
            return
        prefix = "" if value.startswith("v") else "v"
        edits.append(Edit(word.span, f'"{path}@{prefix}${{{name}_VERSION}}"'))
        names.append(f"{name}_VERSION")
    held = ", ".join(names)
    yield Candidate(
        "pin-to-variable",
        f"Build the version that {held} holds",
        tuple(edits),
        Applicability.UNSAFE,
        (
            Reason("already-known", f"the file already keeps the version of it in {held}"),
            Reason("one-place", f"an update is then a change of {held} and of nothing else"),
        ),
    )
