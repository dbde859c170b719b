"""The end-of-life data, and CODI006 on a day that the test sets."""

from __future__ import annotations

import re

import pytest

from codi_hook import registry, shell
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Applicability, Candidate
from codi_hook.recipes import clock, eol
from codi_hook.recipes.eol_data import CODENAMES, ENDS, EXTENDED
from codi_hook.source import Source

RULE = registry.find("CODI006")


def offered(text: str, day: str) -> dict[str, Candidate]:
    with clock.fixed(day):
        document = shell.parse(Source(text.encode()))
        found = lint(document, (RULE,))
        return {one.id: one for one in verify(document, found, (RULE,))[0].candidates}


def found(text: str, day: str) -> list[str]:
    with clock.fixed(day):
        return [item.message for item in lint(shell.parse(Source(text.encode())), (RULE,))]


def test_every_release_has_a_day_and_appears_once() -> None:
    for image, listed in ENDS.items():
        entries = [entry.split(":") for entry in listed.split()]
        assert len({name for name, _ in entries}) == len(entries), image
        for name, day in entries:
            assert re.fullmatch(r"\d+(\.\d+)?", name), (image, name)
            assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])", day), (image, day)


def test_codenames_and_extensions_name_known_releases() -> None:
    assert all(release in eol.releases(image) for image, release in CODENAMES.values())
    assert set(EXTENDED) <= set(ENDS)


def test_the_last_day_still_counts() -> None:
    assert not found("FROM python:3.12-slim\n", "2028-10-31")
    assert found("FROM python:3.12-slim\n", "2028-11-01") == [
        "python 3.12 gets no fixes since 2028-10-31"
    ]


@pytest.mark.parametrize(
    ("name", "tag", "release"),
    [
        ("alpine", "3.10.2", "alpine 3.10"),
        ("alpine", "3.1", "alpine 3.1"),
        ("node", "v8.4.0", "node 8"),
        ("node", "20-alpine3.11", "alpine 3.11"),  # ends before node 20 does
        ("node", "14-bookworm-slim", "node 14"),
        ("centos", "centos7.9.2009", "centos 7"),
        ("ubuntu", "bionic-20210930", "ubuntu 18.04"),
        ("debian", "9.13-slim", "debian 9"),
        ("example/tool", "1.2-ubuntu18.04", "ubuntu 18.04"),
        ("openjdk", "8-jdk", "openjdk 8"),
    ],
)
def test_releases_by_tag(name: str, tag: str, release: str) -> None:
    known = eol.of_image(name, tag)
    assert known and f"{known.image} {known.name}" == release


@pytest.mark.parametrize("tag", ["latest", "3", "slim", "edge", "33", "", "rc-buildx"])
def test_tags_that_are_not_judged(tag: str) -> None:
    assert eol.of_image("python", tag) is None


def test_advice_names_the_releases_that_get_fixes_that_day() -> None:
    advice = offered("FROM postgres:9.6\n", "2026-11-12")["supported-release"]
    assert advice.applicability is Applicability.DISPLAY and not advice.edits
    assert "18, 17, 16, 15, 14 still get fixes" in advice.reasons[1].text


def test_a_sibling_is_offered_while_its_release_gets_fixes() -> None:
    text = "FROM ruby:2.7 AS a\nFROM ruby:3.4 AS b\n"
    assert "release-of-sibling" in offered(text, "2028-03-31")
    assert "release-of-sibling" not in offered(text, "2028-04-01")


def test_source_date_epoch_sets_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1500000000")
    assert clock.today() == "2017-07-14"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert clock.today() > "2025"
