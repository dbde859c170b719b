"""Intervals for differences between two rankings of the same questions.

Questions of one owner resemble each other, so owners are drawn with replacement, not questions
(the cluster bootstrap; Efron and Tibshirani 1993, percentile intervals).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codi_hook.frozen import dataclass
from trainer.evaluate.metrics import Array

REPEATS = 2000
OWNERS = 5  # with fewer, no interval: too few draws differ for it to mean anything
CHUNK = 4_000_000  # cells of the table of draws that are in memory at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval, None where there are fewer than `OWNERS`."""

    value: float
    low: float | None
    high: float | None

    def record(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


def mean(values: Array, owners: Sequence[str], seed: int = 0, repeats: int = REPEATS) -> Interval:
    """The mean of `values` (for a difference: ours minus theirs, question by question).

    `owners` is parallel to `values`. The same seed gives the same interval.
    """
    value = float(np.mean(values))
    names, places = np.unique(np.asarray(owners, dtype=object).astype(str), return_inverse=True)
    if len(names) < OWNERS:
        return Interval(value, None, None)
    sums: Array = np.bincount(places, weights=values, minlength=len(names)).astype(np.float64)
    sizes = np.bincount(places, minlength=len(names)).astype(np.float64)
    draws = _draws(sums, sizes, seed, repeats)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def _draws(sums: Array, sizes: Array, seed: int, repeats: int) -> Array:
    random, count = np.random.default_rng(seed), len(sums)
    chances = np.full(count, 1.0 / count)
    step = max(1, CHUNK // count)
    found = []
    for start in range(0, repeats, step):
        times = random.multinomial(count, chances, size=min(step, repeats - start))
        found.append((times @ sums) / (times @ sizes))
    return np.concatenate(found)
