"""What a ranking is worth, from the place of the author's choice and the confidences.

One candidate of each question is right. Ranks count from 1. All functions take and give numpy
arrays with one element a question unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

BINS = 15  # of equal width: as in Guo et al. 2017, "On calibration of modern neural networks"
LEAST = 1e-6  # the least probability in a log loss, so that one question cannot decide it


def top1(ranks: Array) -> Array:
    """1 where the author's choice stands first."""
    return np.asarray(ranks == 1, dtype=np.float64)


def reciprocal(ranks: Array) -> Array:
    """1/rank, whose mean is the MRR."""
    return 1.0 / ranks


def ndcg(ranks: Array) -> Array:
    """Discounted gain where one candidate has gain 1: 1/log2(1 + rank).

    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
    """
    return np.asarray(1.0 / np.log2(1.0 + ranks), dtype=np.float64)


def pairwise(ranks: Array, counts: Array) -> Array:
    """The share of the other candidates that stand behind the author's choice."""
    return (counts - ranks) / np.maximum(counts - 1, 1)


def brier(probabilities: Sequence[Sequence[float]], labels: Sequence[int]) -> Array:
    """Squared distance of the probabilities from 1 for the label, 0 for the others: 0 to 2."""
    found = []
    for shares, label in zip(probabilities, labels, strict=True):
        wanted = np.zeros(len(shares))
        wanted[label] = 1.0
        found.append(float(np.sum((np.asarray(shares) - wanted) ** 2)))
    return np.asarray(found, dtype=np.float64)


def log_loss(probabilities: Sequence[Sequence[float]], labels: Sequence[int]) -> Array:
    """-ln of the label's probability, which counts as at least `LEAST`. In nats."""
    chosen = [shares[label] for shares, label in zip(probabilities, labels, strict=True)]
    return np.asarray(-np.log(np.maximum(chosen, LEAST)), dtype=np.float64)


def bins(confidences: Array, correct: Array, *, equal_mass: bool = False) -> list[dict[str, Any]]:
    """The reliability diagram: questions grouped by the confidence in the first candidate.

    Each group has `low`, `high`, `count`, `confidence` (mean) and `accuracy`; empty ones are
    left out. Groups of equal mass differ by at most one question.
    """
    if not len(confidences):
        return []
    order = np.argsort(confidences, kind="stable")
    if equal_mass:
        groups = [part for part in np.array_split(order, min(BINS, len(order))) if len(part)]
        edges = [(float(confidences[g].min()), float(confidences[g].max())) for g in groups]
    else:
        places = np.clip(np.ceil(confidences * BINS).astype(int) - 1, 0, BINS - 1)
        used = [at for at in range(BINS) if (places == at).any()]
        groups = [np.flatnonzero(places == at) for at in used]
        edges = [(at / BINS, (at + 1) / BINS) for at in used]
    return [
        {
            "low": low,
            "high": high,
            "count": len(group),
            "confidence": float(confidences[group].mean()),
            "accuracy": float(correct[group].mean()),
        }
        for group, (low, high) in zip(groups, edges, strict=True)
    ]


def calibration_error(groups: Sequence[dict[str, Any]]) -> float | None:
    """Expected calibration error: the mean gap of accuracy and confidence, by questions."""
    total = sum(group["count"] for group in groups)
    if not total:
        return None
    gaps = (g["count"] * abs(g["accuracy"] - g["confidence"]) for g in groups)
    return float(sum(gaps) / total)


def wins(ours: Array, theirs: Array) -> float:
    """The share of questions in which our rank is the better one, a draw counting half."""
    return float(np.mean((ours < theirs) + 0.5 * (ours == theirs)))
