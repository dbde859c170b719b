"""From logits to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isfinite, log


def softmax(logits: Sequence[float], temperature: float = 1.0) -> tuple[float, ...]:
    """Probabilities of options by their logits; a `temperature` above 1 flattens them."""
    scaled = [logit / temperature for logit in logits]
    highest = max(scaled)
    weights = [exp(value - highest) for value in scaled]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def pooled(
    logits: Sequence[float],
    temperature: float,
    shares: Sequence[float] | None,
    weight: float,
) -> tuple[float, ...]:
    """The model's probabilities times the learned frequencies to the power of `weight`, as shares.

    A logarithmic opinion pool (Genest and Zidek 1986, "Combining probability distributions"): a
    `weight` of 0, or no `shares`, leaves the model's own. No share may be 0.
    """
    scaled = [logit / temperature for logit in logits]
    if shares is not None and weight:
        scaled = [one + weight * log(share) for one, share in zip(scaled, shares, strict=True)]
    return softmax(scaled)


def usable(logits: Sequence[float]) -> bool:
    """False for what a broken adapter gives: infinities and NaN."""
    return all(isfinite(logit) for logit in logits)


def to_text(logits: Sequence[float]) -> str:
    """For the cache; `from_text` is the exact inverse."""
    return " ".join(map(repr, logits))


def from_text(text: str | None, count: int) -> tuple[float, ...] | None:
    """The `count` numbers of a text that `to_text` made, None where it holds anything else."""
    try:
        logits = tuple(map(float, (text or "").split()))
    except ValueError:
        return None
    return logits if len(logits) == count and usable(logits) else None
