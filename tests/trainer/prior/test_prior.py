from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codi_hook.model import Verified
from codi_hook.ranking import prior as shipped
from codi_hook.ranking.ranker import Ranker
from codi_hook.ranking.settings import RankingSettings
from tests.ranking import parts
from trainer import prior
from trainer.cli import main

NAMES = ("remove-lists", "cache-mount", "pin")


def row(number: int, label: int, owner: str, context: str = "python/debian", **more: Any) -> Any:
    return {
        "id": f"row{number}", "task": "rank", "source": "history", "rule": "DL3009",
        "stack": "python", "repo": f"{owner}/x", "text": "", "span": [0, 1], "file": "",
        "contexts": [context, f"*/{context.split('/')[1]}", "*"],
        "candidates": [
            {"id": name, "title": name, "applicability": "display" if name == "pin" else "unsafe"}
            for name in NAMES
        ],
        "label": label, **more,
    }  # fmt: skip


def write(path: Path, rows: list[Any]) -> Path:
    path.mkdir(parents=True)
    (path / "0.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def small(rows: list[Any]) -> list[prior.Small]:
    return [prior.small(one) for one in prior.by_people(rows)]


def test_every_context_is_counted_and_only_people_count() -> None:
    rows = [row(0, 0, "a"), row(1, 1, "b", "node/alpine"), row(2, 1, "c", source="rules"),
            {**row(3, 1, "d"), "task": "explain"}]  # fmt: skip
    assert prior.count(small(rows), 0) == {
        "DL3009": {
            "python/debian": {"remove-lists": 1}, "*/debian": {"remove-lists": 1},
            "node/alpine": {"cache-mount": 1}, "*/alpine": {"cache-mount": 1},
            "*": {"remove-lists": 1, "cache-mount": 1},
        }
    }  # fmt: skip


def test_one_owner_does_not_decide() -> None:
    rows = [row(i, 1, "Loud") for i in range(50)] + [row(100 + i, 0, f"o{i}") for i in range(8)]
    assert prior.count(small(rows), 0)["DL3009"]["*"] == {"cache-mount": 50, "remove-lists": 8}
    assert prior.count(small(rows), 3)["DL3009"]["*"] == {"cache-mount": 3, "remove-lists": 8}
    assert prior.count(small(rows[::-1]), 3) == prior.count(small(rows), 3)


def test_the_cap_is_chosen_by_what_is_right_on_held_out_rows() -> None:
    rows = [row(i, 1, "loud") for i in range(50)] + [row(100 + i, 0, f"o{i}") for i in range(8)]
    held = [row(200 + i, 0, f"p{i}") for i in range(10)]
    told = prior.compare(small(rows), small(held))
    assert told["cap"] == 5 and told["by_cap"][0] == 0.0 and told["by_cap"][5] == 1.0
    assert told["order"] == 1.0 and told["rows"] == 10


def test_what_never_decides_is_left_out_and_nothing_else_changes() -> None:
    rows = [row(i, i % 2, f"o{i}", f"stack{i % 7}/debian") for i in range(33)]
    table = prior.count(small(rows), 0)
    kept = prior.pruned(table)
    assert len(kept["DL3009"]) < len(table["DL3009"])
    for one in small(rows):
        asked = (one.rule, one.contexts, one.choices)
        assert shipped.frequencies(kept, *asked) == shipped.frequencies(table, *asked)
    assert prior.measure(kept, small(rows)) == prior.measure(table, small(rows))


def test_what_is_displayed_is_never_first() -> None:
    rows = small([row(i, 2, f"o{i}") for i in range(20)])
    right, loss = prior.measure(prior.count(rows, 0), rows)
    assert right == 0.0 and loss == pytest.approx(0.0910, abs=1e-3)  # -ln(21/23)


def test_the_command_writes_what_the_hook_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = parts.APT_CONF.id
    rows = [
        {**row(i, 1, f"o{i}"), "rule": "TEST01",
         "candidates": [{"id": one.id, "title": one.title, "applicability": one.applicability.value}
                        for one in parts.CANDIDATES]}
        for i in range(12)
    ]  # fmt: skip
    train, held = write(tmp_path / "train", rows), write(tmp_path / "val", rows[:4])
    out = tmp_path / "prior.json"
    options = ["prior", "--dataset", str(train), "--validation", str(held), "--out", str(out)]
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 0, done.output
    assert f"{out.stat().st_size} bytes" in done.output and "top-1 by cap" in done.output
    first = out.read_bytes()
    (train / "0.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows[::-1]))
    assert CliRunner().invoke(main, options).exit_code == 0
    assert out.read_bytes() == first
    monkeypatch.setattr(shipped, "TABLE", out)
    about = parts.document()
    with Ranker(RankingSettings(ranker="prior", llm=False)) as ranker:
        items = [Verified(one.finding, parts.CANDIDATES) for one in parts.verified(about)]
        ranked = ranker.rank(about, items)
    assert {one.source for one in ranked} == {"prior"}
    assert ranked[0].candidates[0].id == chosen
    assert ranked[0].confidences[0] == pytest.approx(13 / 15)


@pytest.mark.parametrize("rows", [[], [row(0, 0, "a", source="rules")]])
def test_nothing_to_count_is_one_line(tmp_path: Path, rows: list[Any]) -> None:
    out = tmp_path / "prior.json"
    out.write_text("before")
    options = ["--dataset", str(write(tmp_path / "t", rows)), "--cap", "3", "--out", str(out)]
    done = CliRunner().invoke(main, ["prior", *options])
    assert done.exit_code == 2 and "no rank rows that people labelled" in done.stderr
    assert out.read_text() == "before"
