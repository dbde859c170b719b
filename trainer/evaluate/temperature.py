"""Fits the temperature by which an adapter's logits are divided, on rows held out.

One number for all questions: it minimises the mean negative log-likelihood of the author's
choices (Guo et al. 2017). Whether several would be better, by rule or by number of options, is
measured by cross-validation over owners and reported; the hook takes one.
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

LOWEST, HIGHEST = 0.05, 20.0
FOLDS = 5
GROUP_LEAST = 50  # rows: with fewer, a group of its own is not fitted
CLEARLY = 0.01  # nats a question that several temperatures must save to be worth their trouble


@dataclass(frozen=True)
class Sample:
    """The logits of one question in the order shown, but for a constant, and the right place."""

    logits: Array
    right: int
    owner: str
    rule: str


def samples(rank: Sequence[Rank], answers: Mapping[Any, Mapping[str, Any]]) -> list[Sample]:
    """From confidences back to logits, by the temperature that each was made at.

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
            with np.errstate(divide="ignore"):  # a candidate without a letter has -inf
                logits = one["temperature"] * np.log(shares)
            found.append(Sample(logits, right, dataset.owner(row), row["rule"]))
    return found


class Batch:
    """Samples as arrays: logits (questions × options, -inf where there is none), right places."""

    def __init__(self, some: Sequence[Sample]) -> None:
        self.logits = np.full((len(some), max(len(one.logits) for one in some)), -np.inf)
        for row, one in enumerate(some):
            self.logits[row, : len(one.logits)] = one.logits
        self.right = np.asarray([one.right for one in some])

    def shares(self, temperature: float) -> Array:
        """Probabilities, of the shape of the logits."""
        scaled = self.logits / temperature
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)

    def losses(self, temperature: float) -> Array:
        """Negative log-likelihood of each right answer, in nats."""
        chosen = self.shares(temperature)[np.arange(len(self.right)), self.right]
        return np.asarray(-np.log(np.maximum(chosen, 1e-300)), dtype=np.float64)


def loss(some: Sequence[Sample], temperature: float) -> float:
    """Mean negative log-likelihood in nats."""
    return float(Batch(some).losses(temperature).mean())


def fit(some: Sequence[Sample]) -> float:
    """The temperature of the least loss, by golden section over its logarithm.

    The loss is convex in 1/temperature, so there is one minimum.
    """
    batch = Batch(some)

    def at(logarithm: float) -> float:
        return float(batch.losses(math.exp(logarithm)).mean())

    low, high = math.log(LOWEST), math.log(HIGHEST)
    part = (math.sqrt(5) - 1) / 2
    a, b = high - part * (high - low), low + part * (high - low)
    at_a, at_b = at(a), at(b)
    while high - low > 1e-4:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - part * (high - low)
            at_a = at(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + part * (high - low)
            at_b = at(b)
    return math.exp((low + high) / 2)


def calibration(some: Sequence[Sample], temperature: float) -> dict[str, float | None]:
    """Loss and ECE of the candidate that is shown first."""
    sure = Batch(some).shares(temperature)[:, 0]
    right = np.asarray([float(one.right == 0) for one in some])
    return {
        "log_loss": loss(some, temperature),
        "ece": metrics.calibration_error(metrics.bins(sure, right)),
        "ece_equal_mass": metrics.calibration_error(metrics.bins(sure, right, equal_mass=True)),
    }


Group = Callable[[Sample], Hashable]
GROUPS: dict[str, Group] = {
    "one": lambda _one: "",
    "by_options": lambda one: len(one.logits),
    "by_rule": lambda one: one.rule,
}


def held_out(some: Sequence[Sample], group: Group) -> float:
    """The loss on questions of owners that the temperatures were not fitted on.

    A temperature for each group that has `GROUP_LEAST` questions, one for the rest.
    """
    owners = sorted({one.owner for one in some}, key=lambda name: dataset.drawn(name, 0))
    fold = {name: at % FOLDS for at, name in enumerate(owners)}
    total = 0.0
    for number in range(min(FOLDS, len(owners))):
        train = [one for one in some if fold[one.owner] != number]
        test = [one for one in some if fold[one.owner] == number]
        common = fit(train)
        members: dict[Hashable, list[Sample]] = {}
        for one in train:
            members.setdefault(group(one), []).append(one)
        own = {key: fit(part) for key, part in members.items() if len(part) >= GROUP_LEAST}
        for temperature in {common, *own.values()}:
            part = [one for one in test if own.get(group(one), common) == temperature]
            if part:
                total += float(Batch(part).losses(temperature).sum())
    return total / len(some)


def study(some: Sequence[Sample], before: float) -> dict[str, Any]:
    """The temperature, what it is worth, and whether several would be worth more.

    Raises:
        CodiError: too few questions, or owners, to fit anything.
    """
    if len(some) < GROUP_LEAST or len({one.owner for one in some}) < FOLDS:
        raise CodiError(
            f"{len(some)} answered questions of {len({one.owner for one in some})} owners are "
            f"too few for a temperature",
            f"at least {GROUP_LEAST} of {FOLDS} owners",
        )
    best = fit(some)
    losses = {name: held_out(some, group) for name, group in GROUPS.items()}
    rules: dict[str, list[Sample]] = {}
    for one in some:
        rules.setdefault(one.rule, []).append(one)
    return {
        "temperature": best,
        "rows": len(some),
        "unscaled": calibration(some, 1.0),
        "before": {"temperature": before, **calibration(some, before)},
        "after": calibration(some, best),
        "held_out_log_loss": losses,
        "several_pay": {
            name: losses["one"] - value > CLEARLY for name, value in losses.items() if name != "one"
        },
        "rules": {
            rule: {"rows": len(part), "own": fit(part), **calibration(part, best)}
            for rule, part in sorted(rules.items())
            if len(part) >= GROUP_LEAST
        },
    }
