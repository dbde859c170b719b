"""The classes of deliberate differences are what they say: peer and we differ on each example."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook.shell import parse
from codi_hook.source import Source
from compat import measure, page, peers
from compat.differences import DIFFERENCES, Difference, Place, classify
from compat.peers import Answer

Sides = tuple[dict[Path, Answer], dict[Path, list[measure.Row]]]
UNCONFIGURED = [item for item in DIFFERENCES if not item.settings]
CONFIGURED = [item for item in DIFFERENCES if item.settings]


def compared(path: Path, item: Difference, theirs: Answer, mine: list[measure.Row]) -> None:
    comparison = measure.compare(item.peer, {path: theirs}, {path: mine})
    assert comparison.files == 1, "one of us cannot read the example"
    explained = [score.explained[item.name] for score in comparison.scores.values()]
    assert sum(explained) > 0, comparison.scores


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sides]:
    """What both sides say of all examples, by peer; each side is asked once."""
    folder = tmp_path_factory.mktemp("examples")
    found = {}
    for peer in ("hadolint", "buildkit"):
        paths = []
        for item in UNCONFIGURED:
            if item.peer == peer:
                paths.append(folder / f"{item.name}.Dockerfile")
                paths[-1].write_text(item.example, encoding="utf-8")
        answers = peers.hadolint(paths) if peer == "hadolint" else peers.buildkit(paths)
        found[peer] = (answers, measure.ours(paths, peer))
    return found


@pytest.mark.parametrize("item", UNCONFIGURED, ids=lambda item: item.name)
def test_the_example_differs_and_is_recognised(item: Difference, sides: dict[str, Sides]) -> None:
    theirs, mine = sides[item.peer]
    path = next(path for path in theirs if path.name == f"{item.name}.Dockerfile")
    compared(path, item, theirs[path], mine[path])


@pytest.mark.parametrize("item", CONFIGURED, ids=lambda item: item.name)
def test_the_example_differs_with_its_configuration(item: Difference, tmp_path: Path) -> None:
    path, settings = tmp_path / "Dockerfile", tmp_path / "hadolint.yaml"
    path.write_text(item.example, encoding="utf-8")
    settings.write_text(item.settings, encoding="utf-8")
    theirs = peers.hadolint([path], str(settings))
    compared(path, item, theirs[path], measure.ours([path], "hadolint", str(settings))[path])


@pytest.mark.parametrize("item", DIFFERENCES, ids=lambda item: item.name)
def test_reasons_are_sentences(item: Difference) -> None:
    assert item.reason.endswith((".", ".)"))
    assert len(item.reason) > 20
    assert item.codes


PLAIN = b"""\
FROM debian:12 AS build
ARG VERSION=1
ENV A=1 B=2
LABEL a=b
WORKDIR /app
COPY a b /app/
RUN apt-get update && apt-get install -y curl | cat
RUN pip install flask && yum install -y git && npm install x && rm -r /srv
EXPOSE 80
CMD ["a"]
USER app
"""


@pytest.mark.parametrize("item", DIFFERENCES, ids=lambda item: item.name)
def test_no_class_explains_what_is_plain(item: Difference) -> None:
    """A recogniser that says yes to everything would hide mistakes."""
    document = parse(Source(PLAIN))
    codes = ["SC2086" if code == "SC" else code for code in item.codes]
    places = [Place(document, found, code) for found in document.instructions for code in codes]
    assert not any(map(item.recognises, places))


def test_names_are_unique() -> None:
    names = [item.name for item in DIFFERENCES]
    assert len(set(names)) == len(names)


def test_a_class_explains_no_other_code_and_no_other_side() -> None:
    place = measure.Lines(parse(Source(b"FROM a:1\nRUN sudo apt install b\n"))).place(2, "DL3008")
    assert place is not None
    known = classify(place, "ours", "hadolint")
    assert known is not None
    assert classify(place, "theirs", "hadolint") is None
    assert classify(place, "ours", "buildkit") is None


def test_a_difference_that_nobody_explained_counts(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12\nRUN sudo true\n", encoding="utf-8")
    said = {path: [peers.Report(1, "DL3007", "warning")]}
    comparison = measure.compare("hadolint", said, {path: [(2, "DL3004", "error")]})
    assert (comparison.scores["DL3007"].theirs, comparison.scores["DL3004"].ours) == (1, 1)
    assert comparison.scores["DL3007"].recall == 0.0
    assert comparison.scores["DL3007"].agreement == 0.0


def test_a_code_that_misses_the_bar_fails_the_comparison() -> None:
    good, bad = measure.Score(both=98, theirs=2), measure.Score(both=97, ours=3)
    scores = {"DL3000": good, "DL3001": bad, "SC2086": bad, "DL3002": measure.Score(theirs=19)}
    missed = page.failures(measure.Comparison("hadolint", 1, scores))
    assert [line.split(":")[0] for line in missed] == ["DL3001"]


def test_a_severity_that_is_not_the_peers_is_told(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian\nRUN sudo true\n", encoding="utf-8")
    said = {path: [peers.Report(1, "DL3006", "warning"), peers.Report(2, "DL3004", "error")]}
    mine = {path: [(1, "DL3006", "warning"), (2, "DL3004", "info")]}
    told = page.severities(measure.compare("hadolint", said, mine))
    assert told == ["DL3004: info here, error there, 1 times"]


def test_a_line_within_an_instruction_is_its_first() -> None:
    lines = measure.Lines(parse(Source(b"FROM a\nRUN b \\\n  c\n# d\n")))
    assert [lines.start(number) for number in range(1, 5)] == [1, 2, 2, 4]
    place = lines.place(3, "X")
    assert place is not None
    assert place.instruction is lines.document.instructions[1]
    assert lines.place(4, "X") is None
