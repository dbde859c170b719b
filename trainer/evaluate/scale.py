"""Fits how an adapter's logits become probabilities, on rows held out.

Two numbers for all questions: the temperature that the logits are divided by (Guo et al. 2017), and
the weight of the learned frequencies beside them (`codi_hook.ranking.scores.pooled`). Both minimise
the mean negative log-likelihood of the author's choices. The frequencies get a weight only if that
pays on owners that it was not fitted on. Whether several temperatures would be better, by rule or
by number of options, is measured in the same way and reported; the hook takes one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from trainer.evaluate import dataset, metrics
from trainer.evaluate.metrics import Array
from trainer.rows import Rank

LOWEST, HIGHEST = 0.05, 20.0  # temperatures
HEAVIEST = 4.0  # weight of the frequencies
FOLDS = 5
GROUP_LEAST = 50  # rows: with fewer, a group of its own is not fitted
CLEARLY = 0.01  # nats a question that several temperatures must save to be worth their trouble


@dataclass(frozen=True, slots=True)
class Scale:
    """What the hook applies to an adapter's logits."""

    temperature: float = 1.0
    prior_weight: float = 0.0


@dataclass(frozen=True)
class Sample:
    """One question, its options in the order shown.

    `logits` but for a constant; `known` are logarithms of the frequencies, zeros where there are
    none; `shown` is false for options that are only displayed, which come last whatever they score.
    """

    logits: Array
    right: int
    owner: str
    rule: str
    known: Array
    shown: tuple[bool, ...]


def samples(rank: Sequence[Rank], answers: Mapping[Any, Mapping[str, Any]]) -> list[Sample]:
    """From confidences back to logits, by the scale that each was made with.

    Questions that the model did not answer, or whose right answer got no letter, say nothing.
    """
    found = []
    for row in rank:
        one = answers.get(("rank", row["id"], "adapter"))
        if one is None or one["by"] != "llm":
            continue
        shares = np.asarray(one["confidences"], dtype=np.float64)
        right = one["order"].index(row["label"])
        if shares[right] > 0:
            known = _known(one["order"], answers.get(("rank", row["id"], "prior")))
            with np.errstate(divide="ignore"):  # a candidate without a letter has -inf
                logits = one["temperature"] * (np.log(shares) - one["prior_weight"] * known)
            shown = tuple(
                row["candidates"][at]["applicability"] != "display" for at in one["order"]
            )
            found.append(Sample(logits, right, dataset.owner(row), row["rule"], known, shown))
    return found


def _known(order: Sequence[int], prior: Mapping[str, Any] | None) -> Array:
    """Logarithms of the learned frequencies of the candidates in this order."""
    if prior is None or prior["by"] != "prior":
        return np.zeros(len(order))
    of = dict(zip(prior["order"], prior["confidences"], strict=True))
    return np.log(np.asarray([of[at] for at in order], dtype=np.float64))


class Batch:
    """Samples as arrays (questions × options): logits, -inf where there is no option."""

    def __init__(self, some: Sequence[Sample]) -> None:
        shape = len(some), max(len(one.logits) for one in some)
        self.logits, self.known = np.full(shape, -np.inf), np.zeros(shape)
        self.hidden = np.ones(shape, dtype=bool)
        for row, one in enumerate(some):
            self.logits[row, : len(one.logits)] = one.logits
            self.known[row, : len(one.logits)] = one.known
            self.hidden[row, : len(one.logits)] = [not shown for shown in one.shown]
        self.right = np.asarray([one.right for one in some])

    def shares(self, scale: Scale) -> Array:
        """Probabilities, of the shape of the logits."""
        scaled = self.logits / scale.temperature + scale.prior_weight * self.known
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)

    def losses(self, scale: Scale) -> Array:
        """Negative log-likelihood of each right answer, in nats."""
        chosen = self.shares(scale)[np.arange(len(self.right)), self.right]
        return np.asarray(-np.log(np.maximum(chosen, 1e-300)), dtype=np.float64)

    def first(self, scale: Scale) -> tuple[Array, Array]:
        """The probability of the option that is shown first, and whether it is right."""
        shares = self.shares(scale)
        best = np.where(self.hidden, shares - 2, shares).argmax(axis=1)
        return shares[np.arange(len(best)), best], (best == self.right).astype(np.float64)


def loss(some: Sequence[Sample], scale: Scale) -> float:
    """Mean negative log-likelihood in nats."""
    return float(Batch(some).losses(scale).mean())


def fit(some: Sequence[Sample], prior_weight: float | None = None) -> Scale:
    """The scale of the least loss; only the temperature where the weight is given.

    The loss is convex in 1/temperature and the weight, so there is one minimum.
    """
    batch = Batch(some)

    def warmest(weight: float) -> tuple[float, float]:
        def at(logarithm: float) -> float:
            return float(batch.losses(Scale(math.exp(logarithm), weight)).mean())

        place = _least(at, math.log(LOWEST), math.log(HIGHEST))
        return at(place), math.exp(place)

    if prior_weight is None:
        prior_weight = _least(lambda weight: warmest(weight)[0], 0.0, HEAVIEST)
    return Scale(warmest(prior_weight)[1], prior_weight)


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one minimum has it, by golden section."""
    part = (math.sqrt(5) - 1) / 2
    a, b = high - part * (high - low), low + part * (high - low)
    at_a, at_b = function(a), function(b)
    while high - low > 1e-4:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - part * (high - low)
            at_a = function(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + part * (high - low)
            at_b = function(b)
    return (low + high) / 2


def calibration(some: Sequence[Sample], scale: Scale) -> dict[str, float | None]:
    """Loss, and ECE and top-1 of the candidate that is shown first."""
    batch = Batch(some)
    sure, right = batch.first(scale)
    return {
        "log_loss": float(batch.losses(scale).mean()),
        "ece": metrics.calibration_error(metrics.bins(sure, right)),
        "ece_equal_mass": metrics.calibration_error(metrics.bins(sure, right, equal_mass=True)),
        "top1": float(right.mean()),
    }


Group = Callable[[Sample], Hashable]
GROUPS: dict[str, Group] = {
    "one": lambda _one: "",
    "by_options": lambda one: len(one.logits),
    "by_rule": lambda one: one.rule,
}


def held_out(
    some: Sequence[Sample], group: Group = GROUPS["one"], prior_weight: float | None = None
) -> tuple[float, float]:
    """Loss and top-1 on questions of owners that nothing was fitted on.

    A temperature for each group that has `GROUP_LEAST` questions, one for the rest.
    """
    owners = sorted({one.owner for one in some}, key=lambda name: dataset.drawn(name, 0))
    fold = {name: at % FOLDS for at, name in enumerate(owners)}
    total = firsts = 0.0
    for number in range(min(FOLDS, len(owners))):
        train = [one for one in some if fold[one.owner] != number]
        test = [one for one in some if fold[one.owner] == number]
        common = fit(train, prior_weight)
        members: dict[Hashable, list[Sample]] = {}
        for one in train:
            members.setdefault(group(one), []).append(one)
        own = {
            key: fit(part, common.prior_weight)
            for key, part in members.items()
            if len(part) >= GROUP_LEAST and len(members) > 1
        }
        for scale in {common, *own.values()}:
            part = [one for one in test if own.get(group(one), common) == scale]
            if part:
                batch = Batch(part)
                total += float(batch.losses(scale).sum())
                firsts += float(batch.first(scale)[1].sum())
    return total / len(some), firsts / len(some)


def study(some: Sequence[Sample], before: Scale) -> dict[str, Any]:
    """The scale, what it is worth, and whether several temperatures would be worth more.

    Raises:
        CodiError: too few questions, or owners, to fit anything.
    """
    if len(some) < GROUP_LEAST or len({one.owner for one in some}) < FOLDS:
        raise CodiError(
            f"{len(some)} answered questions of {len({one.owner for one in some})} owners are "
            f"too few for a temperature",
            f"at least {GROUP_LEAST} of {FOLDS} owners",
        )
    alone, pooled = held_out(some, prior_weight=0.0), held_out(some)
    weight = None if pooled[0] < alone[0] else 0.0
    best = fit(some, weight)
    found = {name: held_out(some, group, weight) for name, group in GROUPS.items()}
    rules: dict[str, list[Sample]] = {}
    for one in some:
        rules.setdefault(one.rule, []).append(one)
    return {
        "temperature": best.temperature,
        "prior_weight": best.prior_weight,
        "rows": len(some),
        "unscaled": calibration(some, Scale()),
        "before": {
            "temperature": before.temperature,
            "prior_weight": before.prior_weight,
            **calibration(some, before),
        },
        "after": calibration(some, best),
        "held_out_log_loss": {
            "alone": alone[0],
            "with_frequencies": pooled[0],
            **{name: value for name, (value, _) in found.items() if name != "one"},
        },
        "held_out_top1": {"alone": alone[1], "with_frequencies": pooled[1]},
        "several_pay": {
            name: found["one"][0] - value > CLEARLY
            for name, (value, _) in found.items()
            if name != "one"
        },
        "rules": {
            rule: {
                "rows": len(part),
                "own": fit(part, best.prior_weight).temperature,
                **calibration(part, best),
            }
            for rule, part in sorted(rules.items())
            if len(part) >= GROUP_LEAST
        },
    }
