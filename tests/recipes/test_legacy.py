"""The old form of ENV in today's form: BuildKit's parser takes one pair out of it, and variables,
quotes and escapes of its value come to the same text as before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from codi_hook.fixes.apply import apply
from codi_hook.recipes.legacy import is_legacy, modern
from codi_hook.shell import parse
from codi_hook.source import Source
from tests.judges import GoParser

ENVIRONMENTS = ({}, {"A": "1", "B": "x y"}, {"A": ""}, {"A": "it's", "B": '"'})
relaxed = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


class Expansion:
    """What a word comes to, by the Dockerfile reference; a model written for this test alone.
    ValueError where the builder refuses the word."""

    def __init__(self, text: str, escape: str, environment: dict[str, str]) -> None:
        self.text, self.escape, self.environment, self.at = text, escape, environment, 0

    def value(self, stop: str = "") -> str:
        result = ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == stop:
                self.at += 1
                return result
            if char == "'":
                end = self.text.index("'", self.at + 1)
                result += self.text[self.at + 1 : end]
                self.at = end + 1
            elif char == '"':
                self.at += 1
                result += self._quoted()
            elif char == "$":
                result += self._variable()
            else:
                if char == self.escape:
                    self.at += 1
                    char = self.text[self.at : self.at + 1]
                result += char
                self.at += 1
        if stop:
            raise ValueError("no closing brace")
        return result

    def _quoted(self) -> str:
        result = ""
        while (char := self.text[self.at : self.at + 1]) != '"':
            if not char:
                raise ValueError("no closing quote")
            if char == "$":
                result += self._variable()
                continue
            if char == self.escape:
                following = self.text[self.at + 1 : self.at + 2]
                if following and following in f'"${self.escape}':
                    char = following
                    self.at += 1
                elif not following:
                    raise ValueError("no closing quote")
            result += char
            self.at += 1
        self.at += 1
        return result

    def _variable(self) -> str:
        self.at += 1
        braced = self.text[self.at : self.at + 1] == "{"
        self.at += braced
        start = self.at
        while self.text[self.at : self.at + 1] in ("A", "B"):
            self.at += 1
        name = self.text[start : self.at]
        if not braced:
            return self.environment.get(name, "") if name else "$"
        known = self.environment.get(name)
        operator = self.text[self.at : self.at + 1]
        self.at += 1
        if not name or not operator:
            raise ValueError("no name")
        if operator == "}":
            return known or ""
        needs_text = operator == ":"
        if needs_text:
            operator = self.text[self.at : self.at + 1]
            self.at += 1
        if operator not in ("-", "+"):
            raise ValueError("an operator that the model lacks")
        word = self.value("}")
        has = bool(known) if needs_text else known is not None
        if operator == "-":
            return (known or "") if has else word
        return word if has else ""


def comes_to(text: str, escape: str) -> list[str]:
    return [Expansion(text, escape, dict(known)).value() for known in ENVIRONMENTS]


@pytest.fixture(scope="module")
def go() -> Iterator[GoParser]:
    with GoParser() as judge:
        yield judge


ATOMS = ["a", "bc", " ", "  ", "\t", "'", '"', "'d e'", '"f g"', '"$A h"', "$A", "${B}", "$", "=",
         "${A:-i j}", "${B-k}", "${A:+l m}", '${A:-"n o"}', "\\", "\\ ", '\\"', "`", "` ", "#",
         " \\\n  ", " \\\n# c\n", "C=1", "é", "{", "}", ":", "--x"]  # fmt: skip


@relaxed
@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=9).map("".join), st.booleans())
@example('"${A:-"b c"}"', False)
@example("a \\\\", False)
@example("\\", False)
@example("'a' \"b\" ${A:-'c d'}", False)
@example("= a", False)
def test_the_value_stays(go: GoParser, written: str, backtick: bool) -> None:
    head = "# escape=`\n" if backtick else "# escape=\\\n"
    source = f"{head}FROM x\nENV KEY {written}\nRUN z\n".encode()
    document = parse(Source(source))
    assume(not document.problems and len(document.instructions) == 3)
    item = document.instructions[1]
    assume(is_legacy(item) and item.pairs[0].value is not None)
    edits = modern(item, document.escape)
    if edits is None:
        return
    values = []
    for data in (source, apply(source, edits)):
        tree = go.parse(data)
        assert not isinstance(tree, str), tree
        assert [command.keyword.upper() for command in tree] == ["FROM", "ENV", "RUN"], data
        assert tree[1].values[0] == "KEY" and len(tree[1].values) in (2, 3), tree[1].values
        values.append(tree[1].values[1])
    assert not is_legacy(parse(Source(apply(source, edits))).instructions[1])
    try:
        before = comes_to(values[0], document.escape)
    except ValueError:
        return  # the builder refuses the file as it stands
    assert comes_to(values[1], document.escape) == before


def test_most_values_have_an_answer() -> None:
    for value in ("a", "a b", '"a b"', "'a' b", "$A b", "${A} b", "a\\ b c", "a=b", "http://x y"):
        document = parse(Source(f"FROM x\nENV KEY {value}\n".encode()))
        assert modern(document.instructions[1], "\\") is not None, value
