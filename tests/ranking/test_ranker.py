"""The ranker on the embedded base, and on everything that can be wrong with a model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from codi_hook.frozen import replace
from codi_hook.model import Ranked, Verified
from codi_hook.models.store import Installed
from codi_hook.ranking import Ranker, RankingSettings, prior, rank
from codi_hook.ranking.runtime import Runtime
from tests.ranking import parts
from trainer.export import lora_gguf

ABOUT = parts.document()
FOUND = parts.verified(ABOUT)


@pytest.fixture
def settings(base: Installed) -> RankingSettings:
    return RankingSettings(ranker="llm", model=base.id, threads=2, timeout=280, adapter="none")


def telemetry(item: Ranked) -> dict[str, Any]:
    return dict(item.telemetry)


def ids(item: Ranked) -> list[str]:
    return [candidate.id for candidate in item.candidates]


def check_complete(ranked: tuple[Ranked, ...], verified: tuple[Verified, ...]) -> None:
    """Every finding and every candidate is there, each with a rationale."""
    assert [item.finding for item in ranked] == [item.finding for item in verified]
    for got, given in zip(ranked, verified, strict=True):
        assert sorted(ids(got)) == sorted(c.id for c in given.candidates)
        assert len(got.confidences) == len(got.rationales) == len(got.candidates)
        assert all(got.rationales)


# with the model


def test_the_model_ranks_and_says_so(settings: RankingSettings) -> None:
    with Ranker(settings) as ranker:
        ranked = ranker.rank(ABOUT, FOUND)
        record = ranker.describe()
        assert ranker.notices == []
    check_complete(ranked, FOUND)
    for item in ranked:
        assert (item.source, item.reason, item.experimental) == ("llm", "", True)
        assert item.candidates[-1] is parts.BUILDER, "what is only displayed stays last"
        sure = [c for c in item.confidences if c is not None]
        assert sum(sure) == pytest.approx(1)
        assert sure[0] >= sure[1]
        told = telemetry(item)
        assert told["latency_ms"] > 0
        assert told["cache_hit"] is False
        assert sorted(told["letters"]) == ["add-flag", "apt-conf", "builder-stage"]
        best, *others = item.rationales
        assert best is not None and best.source == "composed"
        assert [r.source for r in others if r] == ["rule", "rule"]
    assert telemetry(ranked[0])["tokens_evaluated"] > telemetry(ranked[1])["tokens_evaluated"] > 0
    assert record["model_digest"] and record["engine"] == "llama.cpp" and record["load_ms"] > 0


def test_the_answer_does_not_depend_on_the_yield_order(settings: RankingSettings) -> None:
    seen = set()
    with Ranker(settings) as ranker:
        for order in permutations(parts.CANDIDATES):
            (item,) = ranker.rank(ABOUT, (replace(FOUND[0], candidates=order),))
            assert item.rationales[0] is not None
            seen.add((*ids(item), *item.confidences, item.rationales[0].text))
    assert len(seen) == 1


def test_two_runs_give_the_same(settings: RankingSettings) -> None:
    first, second = (rank(ABOUT, FOUND, settings) for _ in range(2))
    assert [without_latency(item) for item in first] == [without_latency(item) for item in second]


def without_latency(item: Ranked) -> Ranked:
    return replace(item, telemetry=item.telemetry[1:])


def test_by_default_the_order_is_the_rules_and_the_clauses_are_the_models(
    settings: RankingSettings,
) -> None:
    ranked = rank(ABOUT, FOUND, replace(settings, ranker="auto"))
    check_complete(ranked, FOUND)
    for item in ranked:
        assert (item.source, item.reason, item.experimental) == ("order", "not-promoted", False)
        assert ids(item) == ["add-flag", "apt-conf", "builder-stage"]
        assert item.confidences == (None, None, None)
        assert item.rationales[0] is not None
        assert item.rationales[0].source == "composed"
        assert set(item.rationales[0].reasons) <= {r.id for r in parts.REASONS}


def test_a_free_sentence_is_shown_only_if_grounded(
    settings: RankingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = replace(settings, ranker="order", rationale="free")
    (item,) = rank(ABOUT, FOUND[:1], free)
    assert item.rationales[0] is not None
    assert telemetry(item)["tokens_evaluated"] > 0
    for text, source in (
        ("Recommended packages stay out of the image", "free"),
        ("Install nginx from ubuntu:24.04", "composed"),
    ):
        monkeypatch.setattr(Runtime, "write", lambda *_, text=text: text)
        (item,) = rank(ABOUT, FOUND[:1], free)
        assert item.rationales[0] is not None
        assert item.rationales[0].source == source


def test_the_second_run_evaluates_nothing(settings: RankingSettings, tmp_path: Path) -> None:
    cached = replace(settings, cache=str(tmp_path / "answers.sqlite"), rationale="free")
    first = rank(ABOUT, FOUND, cached)
    with Ranker(cached) as ranker:
        second = ranker.rank(ABOUT, FOUND)
        assert "engine" not in ranker.describe(), "nothing was loaded"
    for before, after in zip(first, second, strict=True):
        assert telemetry(before)["tokens_evaluated"] > 0
        assert telemetry(after)["tokens_evaluated"] == 0
        assert telemetry(after)["cache_hit"] is True
        assert after.confidences == before.confidences
        assert after.rationales == before.rationales


# adapters


def test_an_adapter_has_its_own_answers(
    settings: RankingSettings, adapter: Path, tmp_path: Path
) -> None:
    cached = replace(settings, cache=str(tmp_path / "answers.sqlite"))
    plain = rank(ABOUT, FOUND, cached)
    with Ranker(replace(cached, adapter=str(adapter))) as ranker:
        adapted = ranker.rank(ABOUT, FOUND)
        record = ranker.describe()
    assert (record["adapter"], record["adapter_version"], record["temperature"]) == (
        "loud",
        "1.0",
        2.0,
    )
    assert all(item.source == "llm" and item.experimental for item in adapted)
    assert [i.confidences for i in adapted] != [i.confidences for i in plain]
    assert not any(telemetry(item)["cache_hit"] for item in adapted)


def test_a_promoted_rule_is_ranked_by_the_model(
    settings: RankingSettings, adapter: Path, base: Installed, tmp_path: Path
) -> None:
    registry = tmp_path / "registry.yml"
    registry.write_text(REGISTRY.format(base=base.id))
    trusting = replace(settings, ranker="auto", adapter=str(adapter), registry=str(registry))
    with Ranker(trusting) as ranker:
        ranked = ranker.rank(ABOUT, FOUND)
        assert ranker.notices == []
    assert {(i.source, i.reason, i.experimental) for i in ranked} == {("llm", "", False)}
    registry.write_text(REGISTRY.format(base=base.id).replace("TEST01", "TEST02"))
    ranked = rank(ABOUT, FOUND, trusting)
    assert {(i.source, i.reason) for i in ranked} == {("order", "not-promoted")}
    registry.write_text(REGISTRY.format(base="another-base"))
    ranked = rank(ABOUT, FOUND, trusting)
    assert {(i.source, i.reason) for i in ranked} == {("order", "not-promoted")}


def test_frequencies_count_beside_an_adapter_as_its_metadata_says(
    settings: RankingSettings, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = rank(ABOUT, FOUND[:1], replace(settings, adapter=str(adapter)))[0]
    second = ids(alone)[1]
    monkeypatch.setattr(prior, "load", lambda: {"TEST01": {"*": {second: 10_000}}})
    unmoved = rank(ABOUT, FOUND[:1], replace(settings, adapter=str(adapter)))[0]
    assert unmoved.confidences == alone.confidences
    pooling = tmp_path / "loud"
    shutil.copytree(adapter, pooling)
    meta = json.loads((pooling / "metadata.json").read_text())
    (pooling / "metadata.json").write_text(json.dumps({**meta, "prior_weight": 3.0}))
    with Ranker(replace(settings, adapter=str(pooling))) as ranker:
        (pooled,) = ranker.rank(ABOUT, FOUND[:1])
        assert ranker.describe()["prior_weight"] == 3.0
    assert (pooled.source, ids(pooled)[0]) == ("llm", second)
    assert sum(c or 0 for c in pooled.confidences) == pytest.approx(1)


def test_the_adapter_that_the_registry_promotes_is_found(
    settings: RankingSettings, adapter: Path, base: Installed, tmp_path: Path
) -> None:
    shutil.copytree(adapter, tmp_path / "loud")
    registry = tmp_path / "registry.yml"
    registry.write_text(REGISTRY.format(base=base.id))
    unnamed = replace(settings, ranker="auto", adapter="", registry=str(registry))
    with Ranker(unnamed) as ranker:
        (item,) = ranker.rank(ABOUT, FOUND[:1])
        assert ranker.describe()["adapter"] == "loud"
    assert (item.source, item.experimental) == ("llm", False)
    (item,) = rank(ABOUT, FOUND[:1], replace(unnamed, adapter="none"))
    assert (item.source, item.reason) != ("llm", "")
    weights = tmp_path / "loud" / "adapter.gguf"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with Ranker(unnamed) as ranker:
        (item,) = ranker.rank(ABOUT, FOUND[:1])
        assert len(ranker.notices) == 1 and "damaged" in ranker.notices[0]
    assert item.source != "llm"
    shutil.rmtree(tmp_path / "loud")
    with Ranker(unnamed) as ranker:
        (item,) = ranker.rank(ABOUT, FOUND[:1])
        assert item.source != "llm" and len(ranker.notices) == 1


REGISTRY = """\
llm_assist:
  compatibility:
    - {{adapter: loud, base_model: {base}, prompt_version: "1"}}
  promotions:
    - id: loud
      rule_id: TEST01
      adapter_version: "1.0"
      promoted_at: 2026-01-01T00:00:00Z
      metrics: {{eval_run: r, eval_report: r.md, win_rate: 0.7}}
"""


def wrong_architecture(adapter: Path, folder: Path) -> tuple[Path, str]:
    pairs = {"blk.0.attn_q.weight": lora_gguf.Pair(*matrices())}
    lora_gguf.write(folder / "other.gguf", "qwen2", 8.0, pairs)
    return folder / "other.gguf", "is for the architecture qwen2"


def matrices() -> tuple[lora_gguf.Array, lora_gguf.Array]:
    import numpy as np

    return np.ones((4, 576), np.float32), np.ones((576, 4), np.float32)


def wrong_shape(adapter: Path, folder: Path) -> tuple[Path, str]:
    a, b = matrices()
    pairs = {"blk.0.attn_q.weight": lora_gguf.Pair(a[:, :64].copy(), b)}
    lora_gguf.write(folder / "narrow.gguf", "llama", 8.0, pairs)
    return folder / "narrow.gguf", "does not fit"


def truncated(adapter: Path, folder: Path) -> tuple[Path, str]:
    data = (adapter / "adapter.gguf").read_bytes()
    (folder / "cut.gguf").write_bytes(data[: len(data) // 2])
    return folder / "cut.gguf", "is truncated"


def changed(adapter: Path, folder: Path) -> tuple[Path, str]:
    copy = shutil.copytree(adapter, folder / "changed")
    data = bytearray((copy / "adapter.gguf").read_bytes())
    data[-5] ^= 1
    (copy / "adapter.gguf").write_bytes(data)
    return copy, "is damaged or changed"


def mute(adapter: Path, folder: Path) -> tuple[Path, str]:
    a, b = matrices()
    pairs = {"blk.0.attn_q.weight": lora_gguf.Pair(a, b * 0)}
    lora_gguf.write(folder / "mute.gguf", "llama", 8.0, pairs)
    return folder / "mute.gguf", "has no effect"


def missing(adapter: Path, folder: Path) -> tuple[Path, str]:
    return folder / "nowhere", "no adapter at"


@pytest.mark.parametrize(
    "make", [wrong_architecture, wrong_shape, truncated, changed, mute, missing]
)
def test_a_bad_adapter_is_refused_and_the_run_goes_on(
    make: Callable[[Path, Path], tuple[Path, str]],
    settings: RankingSettings,
    adapter: Path,
    tmp_path: Path,
) -> None:
    path, why = make(adapter, tmp_path)
    with Ranker(replace(settings, adapter=str(path))) as ranker:
        ranked = ranker.rank(ABOUT, FOUND)
        notices = ranker.notices
    check_without_model(ranked, "adapter-refused")
    assert len(notices) == 1
    assert why in notices[0]
    assert "\n" not in notices[0]


def check_without_model(ranked: tuple[Ranked, ...], reason: str) -> None:
    check_complete(ranked, FOUND)
    for item in ranked:
        assert (item.source, item.reason) == ("order", reason)
        assert ids(item) == ["add-flag", "apt-conf", "builder-stage"]
        assert {r.source for r in item.rationales if r} == {"rule"}


# bases


def cut_base(model: str, folder: Path) -> tuple[str, dict[str, str], str]:
    with open(model, "rb") as source, open(folder / "cut.gguf", "wb") as target:
        target.write(source.read(30_000_000))
    return str(folder / "cut.gguf"), {}, "is truncated"


def wrong_digest(model: str, folder: Path) -> tuple[str, dict[str, str], str]:
    return model, {"model_digest": "0" * 64}, "is not the expected"


def no_gguf(model: str, folder: Path) -> tuple[str, dict[str, str], str]:
    (folder / "text.gguf").write_text("hello")
    return str(folder / "text.gguf"), {}, "not a usable GGUF"


def not_there(model: str, folder: Path) -> tuple[str, dict[str, str], str]:
    return str(folder / "none.gguf"), {}, "no such model file"


def an_adapter(model: str, folder: Path) -> tuple[str, dict[str, str], str]:
    lora_gguf.write(
        folder / "lora.gguf", "llama", 8.0, {"blk.0.attn_q.weight": lora_gguf.Pair(*matrices())}
    )
    return str(folder / "lora.gguf"), {}, "not a model"


@pytest.mark.parametrize("make", [cut_base, wrong_digest, no_gguf, not_there, an_adapter])
def test_a_bad_base_is_refused_and_the_run_goes_on(
    make: Callable[[str, Path], tuple[str, dict[str, str], str]],
    settings: RankingSettings,
    model: str,
    tmp_path: Path,
) -> None:
    path, more, why = make(model, tmp_path)
    with Ranker(replace(settings, model=path, **more)) as ranker:  # type: ignore[arg-type]
        ranked = ranker.rank(ABOUT, FOUND)
        notices = ranker.notices
    check_without_model(ranked, "model-error")
    assert len(notices) == 1
    assert why in notices[0]


def test_no_model_is_no_news_unless_one_was_asked_for(tmp_path: Path) -> None:
    nothing = RankingSettings(store=str(tmp_path / "models"))
    with Ranker(nothing) as ranker:
        check_without_model(ranker.rank(ABOUT, FOUND), "not-promoted")
        assert ranker.notices == []
    with Ranker(replace(nothing, ranker="llm", llm=True)) as ranker:
        check_without_model(ranker.rank(ABOUT, FOUND), "no-model")
        assert len(ranker.notices) == 1
        assert "codi-hook model pull" in ranker.notices[0]


def test_the_model_can_be_switched_off(settings: RankingSettings) -> None:
    with Ranker(replace(settings, llm=False)) as ranker:
        check_without_model(ranker.rank(ABOUT, FOUND), "llm-off")
        assert ranker.notices == []
    with Ranker(replace(settings, llm=False, ranker="order")) as ranker:
        check_without_model(ranker.rank(ABOUT, FOUND), "")


# time


def test_a_twentieth_of_a_second_for_twenty_findings(settings: RankingSettings) -> None:
    about, found = parts.many(20)
    started = time.monotonic()
    with Ranker(replace(settings, timeout=0.05)) as ranker:
        ranked = ranker.rank(about, found)
        notices = ranker.notices
    assert time.monotonic() - started < 10
    check_complete(ranked, found)
    assert {(item.source, item.reason) for item in ranked} == {("order", "timeout")}
    assert len(notices) == 1
    assert "LLM_TIMEOUT_SECONDS" in notices[0]


def test_what_was_ranked_in_time_stays(settings: RankingSettings, tmp_path: Path) -> None:
    about, found = parts.many(20)
    cached = replace(settings, cache=str(tmp_path / "answers.sqlite"))
    done = rank(about, found[:5], cached)
    with Ranker(replace(cached, timeout=0.05)) as ranker:
        ranked = ranker.rank(about, (*found[10:], *found[:5]))
    assert [item.source for item in ranked] == ["order"] * 10 + ["llm"] * 5
    assert [i.confidences for i in ranked[10:]] == [i.confidences for i in done]


# frequencies


def test_prior_ranks_where_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = RankingSettings(ranker="prior", llm=False)
    (item,) = rank(ABOUT, FOUND[:1], wanted)
    assert (item.source, item.reason) == ("order", "no-prior")
    table = {"TEST01": {"python/debian": {"apt-conf": 8}, "*": {"add-flag": 100}}}
    monkeypatch.setattr(prior, "load", lambda: table)
    (item,) = rank(ABOUT, FOUND[:1], wanted)
    assert (item.source, item.reason) == ("prior", "")
    assert ids(item) == ["apt-conf", "add-flag", "builder-stage"]
    assert item.confidences == pytest.approx((9 / 11, 1 / 11, 1 / 11))
    (item,) = rank(ABOUT, FOUND[:1], replace(wanted, ranker="auto"))
    assert (item.source, item.reason) == ("prior", "not-promoted")


def test_a_broken_table_is_said_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "prior.json").write_text("{")
    load = prior.load
    monkeypatch.setattr(prior, "load", lambda: load(tmp_path / "prior.json"))
    with Ranker(RankingSettings(ranker="prior", llm=False)) as ranker:
        check_without_model(ranker.rank(ABOUT, FOUND), "no-prior")
        assert len(ranker.notices) == 1


# the smallest cases


def test_nothing_to_choose_asks_nothing(settings: RankingSettings) -> None:
    with Ranker(settings) as ranker:
        none, one = ranker.rank(
            ABOUT,
            (replace(FOUND[0], candidates=()), replace(FOUND[0], candidates=(parts.BUILDER,))),
        )
        assert ranker.describe().keys() == {"prompt_version", "ranker"}
    assert (none.candidates, none.source) == ((), "order")
    assert (one.source, one.reason) == ("order", "single-candidate")
    assert telemetry(one)["questions"] == 0


HEAVY = ("llama_cpp", "sqlite3", "http", "numpy", "pydantic", "yaml", "ctypes", "hashlib")


def test_importing_and_ranking_without_a_model_is_light() -> None:
    code = f"""
import sys
from codi_hook.model import Candidate, Finding, Rule, Severity, Verified
from codi_hook.ranking import Ranker, RankingSettings
from codi_hook.source import Span
finding = Finding(Span(0, 0), rule=Rule("R", "r", Severity.INFO, "r", lambda document: ()))
with Ranker(RankingSettings(ranker="order", llm=False)) as ranker:
    (item,) = ranker.rank(None, (Verified(finding, (Candidate("a", "", ()),)),))
    assert item.source == "order"
assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
