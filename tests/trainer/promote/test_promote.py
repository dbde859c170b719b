from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codi_hook.frozen import replace
from codi_hook.models import registry
from codi_hook.models.adapters import load
from codi_hook.models.files import sha256
from codi_hook.ranking.ranker import Ranker
from codi_hook.ranking.settings import RankingSettings
from tests.trainer.evaluate import parts
from tests.trainer.evaluate.conftest import World, call
from trainer.evaluate.cases import pages
from trainer.promote import gates

HEAD = "# What this file is.\n#\n# And more of it.\n"
EMPTY = HEAD + "llm_assist:\n  compatibility: []\n  promotions: []\n"
LOOSE = ("--max-ece", "1")


@pytest.fixture
def place(world: World, tmp_path: Path) -> Path:
    """adapters/registry.yml beside the adapter, and a copy of the run."""
    shutil.copytree(world.adapter, tmp_path / "adapters" / "small")
    shutil.copytree(world.run, tmp_path / "eval" / "runs" / "one")
    (tmp_path / "adapters" / "registry.yml").write_text(EMPTY)
    return tmp_path


def promote(world: World, place: Path, *more: str) -> Any:
    run, path = place / "eval" / "runs" / "one", place / "adapters" / "registry.yml"
    return call("promote", str(run), "--registry", str(path), "--store", str(world.store), *more)


def change(place: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    path = place / "eval" / "runs" / "one" / "metrics.json"
    found = json.loads(path.read_text())
    edit(found)
    path.write_text(json.dumps(found))


def win(found: dict[str, Any]) -> None:
    """As if the adapter had been good on everything: what the small one is, is left to chance."""
    found["stacks_won"]["adapter-order"].update(won=["node", "python"], lost=[], drawn=["unknown"])
    found["systems"]["adapter"]["overall"].update(ece=0.03, ece_equal_mass=0.04)
    for name in ("order", "prior"):
        for rule, one in found["differences"][f"adapter-{name}"]["rules"].items():
            good = rule in ("CODI001", "DL3009")
            one.update(rows=40, owners=12, win_rate=0.61)
            one["top1"] = {"value": 0.2, "low": 0.05 if good else -0.01, "high": 0.4}


def test_rules_that_were_earned_are_promoted_and_the_hook_acts_on_it(
    world: World, place: Path
) -> None:
    change(place, win)
    done = promote(world, place)
    assert done.exit_code == 0, done.output
    path = place / "adapters" / "registry.yml"
    assert path.read_text().startswith(HEAD + "llm_assist:\n")
    trust, adapter = registry.load(path), load(place / "adapters" / "small")
    assert trust.promoted(adapter) == {"CODI001", "DL3009"}
    assert trust.compatible(adapter, "tiny", "1")
    first = trust.promotions[0]
    assert first.win_rate == 0.61 and first.eval_run.endswith("eval/runs/one")
    report, anchor = first.eval_report.split("#")
    assert f'id="{anchor}"' in Path(report).read_text() and anchor == first.rule_id
    settings = RankingSettings(
        ranker="auto", model="tiny", store=str(world.store), adapter=str(adapter.path.parent),
        registry=str(path), timeout=60,
    )  # fmt: skip
    rank: Any = [row for row in parts.made(6) if row["task"] == "rank"]
    with Ranker(settings) as ranker, Ranker(replace(settings, registry="")) as without:
        for page in pages(rank, (), Counter()):
            items = [case.item for case in page.rank]
            for ranked in ranker.rank(page.document, items):
                promoted = ranked.finding.code in ("CODI001", "DL3009")
                assert (ranked.source == "llm") is promoted and not ranked.experimental
            assert all(r.source != "llm" for r in without.rank(page.document, items))


def test_another_run_replaces_this_adapters_entries_alone(world: World, place: Path) -> None:
    path = place / "adapters" / "registry.yml"
    other = (
        "    - {id: other, rule_id: DL3000, adapter_version: '2', promoted_at: 'x',\n"
        "       purpose: rank, metrics: {eval_run: a, eval_report: b, win_rate: 0.5}}\n"
        "    - {id: small, rule_id: DL3020, adapter_version: '0.9', promoted_at: 'x',\n"
        "       metrics: {eval_run: a, eval_report: b, win_rate: 0.5}}\n"
        "    - {id: small, rule_id: DL3020, adapter_version: '1.0', promoted_at: 'x',\n"
        "       purpose: explain, metrics: {eval_run: a, eval_report: b, win_rate: 0.5}}\n"
    )
    path.write_text(f"{HEAD}llm_assist:\n  promotions:\n{other}")
    change(place, win)
    for _ in range(2):
        assert promote(world, place).exit_code == 0
        found = registry.load(path)
        assert [(one.id, one.rule_id, one.purpose) for one in found.promotions] == [
            ("other", "DL3000", "rank"),
            ("small", "DL3020", "explain"),
            ("small", "CODI001", "rank"),
            ("small", "DL3009", "rank"),
        ]
        assert len(found.compatibility) == 1


def sabotage_adapter(place: Path) -> None:
    path = place / "adapters" / "small" / "adapter.gguf"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")


def another_temperature(place: Path) -> None:
    path = place / "adapters" / "small" / "metadata.json"
    path.write_text(path.read_text().replace('"temperature": 2.0', '"temperature": 2.5'))


def packaged_with_another_split(place: Path) -> None:
    path = place / "adapters" / "small" / "metadata.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "splits": {"test": {"digest": "0" * 64}}}))


def other_predictions(place: Path) -> None:
    with open(place / "eval" / "runs" / "one" / "predictions.jsonl", "a") as stream:
        stream.write("{}\n")


def few_stacks(found: dict[str, Any]) -> None:
    found["stacks_won"]["adapter-order"].update(won=["a"], lost=["b"], drawn=[])


def one_bad_ece(found: dict[str, Any]) -> None:
    found["systems"]["adapter"]["overall"]["ece_equal_mass"] = 0.2


@pytest.mark.parametrize(
    ("spoil", "edit", "word"),
    [
        (sabotage_adapter, None, "damaged or changed"),
        (another_temperature, None, "temperature is 2.5, and 2.0 was evaluated"),
        (packaged_with_another_split, None, "not the test split"),
        (other_predictions, None, "predictions.jsonl is not the one"),
        (lambda place: shutil.rmtree(place / "adapters" / "small"), None, "no adapter's folder"),
        (None, few_stacks, "1 of 2 stacks"),
        (None, one_bad_ece, "calibration error (equal mass) is 0.200"),
        (None, lambda found: found["settings"].update(prompt_version="0"), "prompt version 0"),
        (None, lambda found: found["settings"].update(rule_set="0"), "templates are others"),
    ],
)
def test_what_does_not_hold_is_refused(
    world: World, place: Path, spoil: Any, edit: Any, word: str
) -> None:
    change(place, win)
    if edit:
        change(place, edit)
    if spoil:
        spoil(place)
    done = promote(world, place)
    assert done.exit_code == 1 and word in done.stderr, done.output
    assert all(line.startswith("refused: ") for line in done.stderr.splitlines())
    assert (place / "adapters" / "registry.yml").read_text() == EMPTY


def test_a_small_random_adapter_is_refused_as_it_is(world: World, place: Path) -> None:
    """Nothing is changed here: its confidences are far off."""
    done = promote(world, place)
    assert done.exit_code == 1 and "calibration error" in done.stderr


def test_nothing_earned_is_refused(world: World, place: Path) -> None:
    change(place, win)
    done = promote(world, place, "--min-rows", "41")
    assert done.exit_code == 1 and "earned no rule" in done.stderr
    assert "40 rows, fewer than 41" in done.stdout
    assert (place / "adapters" / "registry.yml").read_text() == EMPTY


def test_dry_run_writes_nothing(world: World, place: Path) -> None:
    change(place, win)
    digest = sha256(place / "adapters" / "registry.yml")
    done = promote(world, place, "--dry-run")
    assert done.exit_code == 0 and "CODI001: top-1 +0.200" in done.stdout
    assert sha256(place / "adapters" / "registry.yml") == digest


@pytest.mark.parametrize(
    ("rows", "owners", "gap", "prior", "why"),
    [
        (20, 5, (0.3, 0.1), 0.0, ""),
        (19, 5, (0.3, 0.1), 0.0, "19 rows"),
        (20, 4, (0.3, None), 0.0, "4 owners"),
        (20, 9, (-0.1, -0.2), 0.3, "against order"),
        (20, 9, (0.1, 0.0), 0.3, "the interval begins at +0.000"),
        (20, 9, (0.3, 0.1), -0.01, "against prior"),
    ],
)
def test_what_a_rule_has_to_show(
    rows: int, owners: int, gap: tuple[float, float | None], prior: float, why: str
) -> None:
    def difference(value: float, low: float | None) -> dict[str, Any]:
        top1 = {"value": value, "low": low, "high": 1.0}
        return {"rows": rows, "owners": owners, "win_rate": 0.6, "top1": top1}

    found = {
        "differences": {
            "adapter-order": {"rules": {"DL3000": difference(*gap)}},
            "adapter-prior": {"rules": {"DL3000": difference(prior, None)}},
        }
    }
    earned, refused = gates.rules(found, gates.Bars())
    assert bool(earned) is not bool(refused) and bool(earned) is (why == "")
    assert not refused or why in refused[0].why


def test_an_unreadable_run_is_one_line(world: World, place: Path) -> None:
    (place / "eval" / "runs" / "one" / "metrics.json").unlink()
    done = promote(world, place)
    assert done.exit_code == 2 and "no metrics.json" in done.stderr
