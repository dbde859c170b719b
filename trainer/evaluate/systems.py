"""The rankings that are compared, each of them the hook's own ranker with other settings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass, replace
from codi_hook.model import Document, Ranked
from codi_hook.ranking.ranker import Ranker
from codi_hook.ranking.settings import NO_ADAPTER, RankingSettings
from trainer.evaluate.cases import Case

Name = Literal["order", "prior", "base", "adapter"]
NAMES: tuple[Name, ...] = ("order", "prior", "base", "adapter")
MODELS = ("base", "adapter")
FOREVER = 1e9  # seconds: an evaluation waits for its answers
ONE_QUESTION = ("too-long", "single-candidate")  # reasons that concern no other question


@dataclass(frozen=True, slots=True)
class Model:
    """Which base and adapter: ids, folders or files as the hook's options take them."""

    base: str = ""
    adapter: str = ""
    store: str = ""
    threads: int = 0


def settings(name: Name, model: Model) -> RankingSettings:
    """Without a cache: every answer is the model's, and its time is real."""
    if name in MODELS:
        return RankingSettings(
            ranker="llm",
            llm=True,
            model=model.base,
            store=model.store,
            adapter=model.adapter if name == "adapter" else NO_ADAPTER,
            threads=model.threads,
            timeout=FOREVER,
            rationale="rule",
        )
    return RankingSettings(ranker=name, llm=False, rationale="rule")


class Systems:
    """The rankers, open until the end so that no model is loaded twice."""

    def __init__(self, rankers: dict[Name, Ranker]) -> None:
        self._rankers = rankers
        self._warm: set[Name] = set()

    @property
    def names(self) -> tuple[Name, ...]:
        return tuple(self._rankers)

    @property
    def models(self) -> tuple[Name, ...]:
        return tuple(name for name in self._rankers if name in MODELS)

    def rank(
        self, name: Name, document: Document, cases: Sequence[Case]
    ) -> Iterator[dict[str, Any]]:
        """A prediction for each case: the candidates' places in the row, the best first."""
        items = [case.item for case in cases]
        answered = self._ask(name, document, items)
        known = self._rankers[name].describe()
        for case, ranked in zip(cases, answered, strict=True):
            places = {id(one): at for at, one in enumerate(case.item.candidates)}
            yield {
                "task": "rank",
                "row": case.row["id"],
                "system": name,
                "order": [places[id(one)] for one in ranked.candidates],
                "confidences": _numbers(ranked.confidences),
                "temperature": known.get("temperature", 1.0),
                "prior_weight": known.get("prior_weight", 0.0),
                "by": ranked.source,
                "reason": ranked.reason,
                "ms": self._latency(name, ranked),
            }

    def explain(
        self, name: Name, document: Document, cases: Sequence[Case]
    ) -> Iterator[dict[str, Any]]:
        """A prediction for each case: the clause that the model puts first."""
        with self._composing(name):
            for case in cases:
                ranked = self._ask(name, document, [case.item])[0]
                told = ranked.rationales[0]
                first = told.reasons[0] if told else ""
                reasons = [reason.id for reason in case.item.candidates[0].reasons]
                yield {
                    "task": "explain",
                    "row": case.row["id"],
                    "system": name,
                    "clause": reasons.index(first),
                    "by": told.source if told else "",
                    "ms": self._latency(name, ranked),
                }

    def sentences(
        self, name: Name, document: Document, cases: Sequence[Case], how: str
    ) -> list[Ranked]:
        """The findings ranked and explained in full. `how` is "composed" or "free"."""
        with self._composing(name, how):
            return list(self._ask(name, document, [case.item for case in cases]))

    @contextmanager
    def _composing(self, name: Name, how: str = "composed") -> Iterator[None]:
        ranker = self._rankers[name]
        before = ranker.settings
        ranker.settings = replace(before, rationale=how)
        try:
            yield
        finally:
            ranker.settings = before

    def _ask(self, name: Name, document: Document, items: Sequence[Any]) -> Sequence[Ranked]:
        ranker = self._rankers[name]
        answered = ranker.rank(document, items)
        for ranked in answered:
            missed = dict(ranked.telemetry).get("rationale_fallback", "")
            order = "" if ranked.source == "llm" else ranked.reason
            failed = {missed, order} - {"", *ONE_QUESTION}
            if name in MODELS and failed:
                why = "; ".join(ranker.notices) or ", ".join(sorted(failed))
                raise CodiError(f"the model cannot be asked: {why}", "codi-hook model list")
        return answered

    def _latency(self, name: Name, ranked: Ranked) -> float | None:
        """Milliseconds; None for a model's first answer, which the loading is part of."""
        first = name in MODELS and name not in self._warm
        self._warm.add(name)
        return None if first else float(dict(ranked.telemetry)["latency_ms"])

    def describe(self) -> dict[str, Any]:
        return {name: ranker.describe() for name, ranker in self._rankers.items()}


def _numbers(confidences: Sequence[float | None]) -> list[float] | None:
    """Confidences, or None where the ranking has none. A candidate that got no letter has 0."""
    if all(one is None for one in confidences):
        return None
    return [0.0 if one is None else one for one in confidences]


@contextmanager
def opened(names: Sequence[Name], model: Model) -> Iterator[Systems]:
    with ExitStack() as stack:
        yield Systems({name: stack.enter_context(Ranker(settings(name, model))) for name in names})


def identify(names: Sequence[Name], model: Model) -> dict[str, Any]:
    """What answers, by digest; nothing is loaded. Raises CodiError for what must not be used."""
    from codi_hook.ranking import weights

    found: dict[str, Any] = {}
    for name in names:
        if name in MODELS:
            found[name] = dict(weights.find(settings(name, model)).record)
    return found


def now() -> str:
    """The time as RFC 3339 in UTC; SOURCE_DATE_EPOCH (seconds) replaces the clock's."""
    import os

    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
