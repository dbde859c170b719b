"""The classes of deliberate differences are what they say: peer and we differ on each example."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook.shell import parse
from codi_hook.source import Source
from compat import measure, peers
from compat.differences import DIFFERENCES, Difference


@pytest.mark.parametrize("item", DIFFERENCES, ids=lambda item: item.name)
def test_the_example_differs_and_is_recognised(item: Difference, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(item.example, encoding="utf-8")
    ask = peers.hadolint if item.peer == "hadolint" else peers.buildkit
    comparison = measure.compare(item.peer, ask([path]), measure.ours([path]))
    assert comparison.files == 1, "one of us cannot read the example"
    explained = [score.explained[item.name] for score in comparison.scores.values()]
    assert sum(explained) > 0, comparison.scores
    assert item.reason.endswith(".")


def test_names_are_unique() -> None:
    names = [item.name for item in DIFFERENCES]
    assert len(set(names)) == len(names)


def test_a_difference_that_nobody_explained_counts(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12\nRUN sudo true\n", encoding="utf-8")
    said = {path: [peers.Report(1, "DL3007", "warning")]}
    comparison = measure.compare("hadolint", said, {path: [(2, "DL3004", "error")]})
    assert (comparison.scores["DL3007"].theirs, comparison.scores["DL3004"].ours) == (1, 1)
    assert comparison.scores["DL3007"].recall == 0.0


def test_a_line_within_an_instruction_is_its_first() -> None:
    lines = measure.Lines(parse(Source(b"FROM a\nRUN b \\\n  c\n# d\n")))
    assert [lines.start(number) for number in range(1, 5)] == [1, 2, 2, 4]
    assert lines.place(3, "X").instruction is lines.document.instructions[1]
    assert lines.place(4, "X").instruction is None
