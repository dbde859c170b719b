from __future__ import annotations

import json
from pathlib import Path

import pytest

from codi_hook.models import adapters, registry
from codi_hook.models.adapters import Adapter
from codi_hook.models.errors import ModelError
from codi_hook.ranking.prompt import PROMPT_VERSION
from codi_hook.registry import rules as all_rules

PROMOTED = """
llm_assist:
  compatibility:
    - {adapter: first, base_model: smollm2-135m-instruct, prompt_version: "1"}
  promotions:
    - {id: first, rule_id: DL3009, adapter_version: "1.0", promoted_at: "2026-11-22T00:00:00Z",
       metrics: {eval_run: run-1, eval_report: reports/1.md, win_rate: 0.71}}
    - {id: first, rule_id: DL3015, adapter_version: "1.0", promoted_at: "2026-11-22T00:00:00Z",
       purpose: explain, metrics: {eval_run: run-1, eval_report: reports/1.md, win_rate: 0.6}}
    - {id: first, rule_id: DL3003, adapter_version: "0.9", promoted_at: "2026-11-22T00:00:00Z",
       metrics: {eval_run: run-0, eval_report: reports/0.md, win_rate: 0.8}}
"""


def adapter(name: str = "first", version: str = "1.0") -> Adapter:
    return Adapter(name, Path("adapter.gguf"), "0" * 64, version, "llama", 8, 16.0)


def test_what_ships_is_what_was_evaluated() -> None:
    place = registry.default_path()
    shipped, rules = registry.load(), {rule.code for rule in all_rules()}
    assert shipped.promotions
    for one in shipped.promotions:
        found = adapters.load(place.parent / one.id)
        assert one.rule_id in rules and one.rule_id in shipped.promoted(found, one.purpose)
        assert (found.version, found.digest) == (one.adapter_version, one.digest)
        assert shipped.compatible(found, found.base_id, PROMPT_VERSION)
        run = json.loads((place.parent.parent / one.eval_run / "metrics.json").read_text())
        said = run["settings"]["models"]["adapter"]
        scale = said["adapter_digest"], said["temperature"], said["prior_weight"]
        assert scale == (found.digest, found.temperature, found.prior_weight)
        gain = run["differences"]["adapter-order"]["rules"][one.rule_id]
        assert gain["top1"]["low"] > 0 and gain["win_rate"] == pytest.approx(one.win_rate, abs=1e-4)


def test_a_promotion_is_for_one_version_and_purpose(tmp_path: Path) -> None:
    place = tmp_path / "registry.yml"
    place.write_text(PROMOTED)
    known = registry.load(place)
    assert known.promoted(adapter()) == {"DL3009"}
    assert known.promoted(adapter(), "explain") == {"DL3015"}
    assert known.promoted(adapter(version="0.9")) == {"DL3003"}
    assert known.promoted(adapter("second")) == frozenset()
    assert known.promoted(None) == frozenset()
    assert known.compatible(adapter(), "smollm2-135m-instruct", "1")
    assert not known.compatible(adapter(), "smollm2-135m-instruct", "2")


def test_another_adapter_of_the_same_name_is_not_trusted(tmp_path: Path) -> None:
    place = tmp_path / "registry.yml"
    place.write_text(
        PROMOTED.replace("rule_id: DL3009,", f"rule_id: DL3009, digest: '{'0' * 64}',")
    )
    assert registry.load(place).promoted(adapter()) == {"DL3009"}
    place.write_text(
        PROMOTED.replace("rule_id: DL3009,", f"rule_id: DL3009, digest: '{'1' * 64}',")
    )
    assert registry.load(place).promoted(adapter()) == frozenset()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (": :", "not valid YAML"),
        ("[]", "llm_assist"),
        ("llm_assist: {}\nother: 1", "llm_assist"),
        ("llm_assist: {promotion: []}", "unknown keys"),
        ("llm_assist: {promotions: {}}\n".replace("{}", "{a: 1}"), "must be a list"),
        ("llm_assist: {promotions: [{id: x}]}", "promotion x: needs"),
        ("llm_assist: {compatibility: [{adapter: x}]}", "a compatibility needs"),
        (PROMOTED.replace("0.71", "71"), "win_rate 71 is not"),
        (PROMOTED.replace("purpose: explain", "purpose: guess"), "purpose 'guess'"),
    ],
)
def test_a_bad_registry_is_refused(tmp_path: Path, text: str, words: str) -> None:
    place = tmp_path / "registry.yml"
    place.write_text(text)
    with pytest.raises(ModelError) as caught:
        registry.load(place)
    assert words in caught.value.message
    assert "\n" not in str(caught.value)
