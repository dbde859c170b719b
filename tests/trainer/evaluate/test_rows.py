from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.evaluate import parts
from trainer.evaluate import dataset, report
from trainer.evaluate.cases import pages
from trainer.evaluate.journal import Journal


def asked(some: list[dict[str, Any]]) -> tuple[int, int, dict[str, int]]:
    stale: Counter[str] = Counter()
    rank: Any = [row for row in some if row["task"] == "rank"]
    explain: Any = [row for row in some if row["task"] == "explain"]
    found = list(pages(rank, explain, stale))
    return sum(len(p.rank) for p in found), sum(len(p.explain) for p in found), dict(stale)


def test_every_row_is_found_again() -> None:
    some = parts.made(3)
    rank = sum(row["task"] == "rank" for row in some)
    assert asked(some) == (rank, len(some) - rank, {})
    for page in pages([r for r in some if r["task"] == "rank"], [], Counter()):  # type: ignore[misc]
        for case in page.rank:
            assert case.item.finding.code == case.row["rule"]


def test_rows_that_no_longer_hold_are_left_out() -> None:
    some = [row for row in parts.made(3) if row["task"] == "rank"][:7]
    assert len(some) == 7
    some[0]["candidates"] = some[0]["candidates"][::-1]
    some[1]["span"] = [0, 1]
    some[2]["rule"] = "DL9999"
    some[3]["text"] = "FRO nothing\n"
    some[4]["label"] = 99
    some[5]["candidates"] = some[5]["candidates"][:1]
    assert asked(some) == (
        1,
        0,
        {"rank: other candidates": 1, "rank: no such finding": 3, "rank: nothing to rank": 2},
    )
    clause = next(row for row in parts.made(3) if row["task"] == "explain")
    clause["reasons"] = [["gone", "it is gone"], *clause["reasons"]]
    assert asked([clause]) == (0, 0, {"explain: other reasons": 1})


def test_a_dataset_is_read_in_order_and_has_a_digest(tmp_path: Path) -> None:
    some = parts.made(2)
    parts.write(tmp_path / "plain", some)
    packed = tmp_path / "packed"
    packed.mkdir()
    with gzip.open(packed / "0.jsonl.gz", "wt") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in some)
    assert list(dataset.rows(packed)) == list(dataset.rows(tmp_path / "plain")) == some
    assert dataset.digest(packed) != dataset.digest(tmp_path / "plain")
    before = dataset.digest(tmp_path / "plain")
    parts.write(tmp_path / "plain", some[1:])
    assert dataset.digest(tmp_path / "plain") != before


@pytest.mark.parametrize(
    ("line", "word"),
    [("{", "not JSON"), ("[]", "without a task"), ('{"task": "rank"}', "without candidates")],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, word: str) -> None:
    parts.write(tmp_path, parts.made(1)[:1])
    with open(tmp_path / "0.jsonl", "a") as stream:
        stream.write(line + "\n")
    with pytest.raises(CodiError, match=word) as raised:
        list(dataset.rows(tmp_path))
    assert raised.value.line == 2


class TestJournal:
    ONE = MappingProxyType({"task": "rank", "row": "a", "system": "order", "order": [0, 1]})
    TWO = MappingProxyType({**ONE, "row": "b"})

    def test_a_torn_line_is_cut_off(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path, {"a": 1})
        journal.add([dict(self.ONE)])
        journal.close()
        whole = (tmp_path / "predictions.jsonl").read_bytes()
        for tail in (b'{"task": "rank", "ro', b"\x00\n", b"{}\n"):
            (tmp_path / "predictions.jsonl").write_bytes(whole + tail)
            again = Journal(tmp_path, {"a": 1})
            assert again.has("rank", "a", "order") and len(again.found) == 1
            again.add([dict(self.TWO)])
            again.close()
            assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == 2

    def test_answers_to_something_else_are_not_taken(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path, {"dataset": 1, "seed": 0})
        journal.add([dict(self.ONE)])
        journal.close()
        with pytest.raises(CodiError, match="dataset differ"):
            Journal(tmp_path, {"dataset": 2, "seed": 0})
        assert Journal(tmp_path, {"dataset": 1, "seed": 0}).has("rank", "a", "order")
        assert not Journal(tmp_path, {"dataset": 2, "seed": 0}, restart=True).found

    def test_more_may_be_asked_of_the_same(self, tmp_path: Path) -> None:
        small = {"dataset": 1, "limit": 5, "systems": ["order", "adapter"],
                 "models": {"adapter": {"digest": "a"}}}  # fmt: skip
        journal = Journal(tmp_path, small)
        journal.add([dict(self.ONE)])
        journal.close()
        other = {**small, "models": {"adapter": {"digest": "b"}}}
        for settings in (other, {**small, "models": {}, "systems": ["order"]}):
            with pytest.raises(CodiError, match="models differ"):
                Journal(tmp_path, settings)
        models = {**small["models"], "base": {"digest": "c"}}
        more = {**small, "limit": 0, "systems": ["order", "base", "adapter"], "models": models}
        assert Journal(tmp_path, more).has("rank", "a", "order")
        assert json.loads((tmp_path / "settings.json").read_text()) == more


def test_rows_that_an_adapter_was_not_packaged_with(tmp_path: Path) -> None:
    place = parts.write(tmp_path / "rows", list(parts.made(1)))
    assert dataset.held_out(place, tmp_path)
    for digest, held_out in ((dataset.digest(place), True), ("0" * 64, False)):
        (tmp_path / "metadata.json").write_text(
            json.dumps({"splits": {"test": {"digest": digest}}})
        )
        assert dataset.held_out(place, tmp_path) is held_out


def test_reasons_that_repeat_the_rule_are_not_evaluated(tmp_path: Path) -> None:
    some = [dict(row) for row in parts.made(3)]
    read = dataset.read(parts.write(tmp_path / "all", some))
    for row in some:
        if row["task"] == "explain":
            row["how"] = "first"
    again = dataset.read(parts.write(tmp_path / "first", some))
    assert read[1] and again == (read[0], [])


def test_an_excerpt_shows_the_place() -> None:
    text = "".join(f"RUN é{number}\n" for number in range(30))
    shown = report.excerpt(text, text.encode().index("é20".encode()))
    assert "  21 RUN é20" in shown and shown.startswith("  18 ")
    assert report.excerpt("x" * 1000, 0).endswith("…")
