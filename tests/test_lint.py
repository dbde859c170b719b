"""One cause is one finding: a rule may speak for another at the same place."""

from __future__ import annotations

import pytest

from codi_hook import registry
from codi_hook.lint import lint
from codi_hook.model import Rule
from codi_hook.shell import parse
from codi_hook.source import Source

APART = "FROM debian:12\n{}RUN apt-get update\nRUN apt-get install -y curl\n"
BOTH = ("CODI014", "DL3009")


def codes(text: str, *selected: str) -> list[str]:
    rules = tuple(map(registry.find, selected))
    return [item.code for item in lint(parse(Source(text.encode())), rules)]


def test_the_update_alone_speaks_for_the_lists_that_it_leaves() -> None:
    assert codes(APART.format(""), *BOTH) == ["CODI014"]
    assert codes(APART.format(""), *reversed(BOTH)) == ["CODI014"]


def test_who_is_silenced_or_not_selected_speaks_for_nobody() -> None:
    assert codes(APART.format(""), "DL3009") == ["DL3009"]
    assert codes(APART.format("# codi-hook ignore=CODI014\n"), *BOTH) == ["DL3009"]
    assert codes(APART.format("# codi-hook ignore=DL3009\n"), *BOTH) == ["CODI014"]


def test_other_places_are_still_reported() -> None:
    text = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
    assert codes(text, *BOTH) == ["DL3009"]


@pytest.mark.parametrize("rule", registry.rules(), ids=lambda rule: rule.code)
def test_who_is_spoken_for_exists(rule: Rule) -> None:
    assert {registry.find(code).code for code in rule.speaks_for} == set(rule.speaks_for)
