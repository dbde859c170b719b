"""From logits to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isfinite


def softmax(logits: Sequence[float], temperature: float = 1.0) -> tuple[float, ...]:
    """Probabilities of options by their logits; a `temperature` above 1 flattens them."""
    scaled = [logit / temperature for logit in logits]
    highest = max(scaled)
    weights = [exp(value - highest) for value in scaled]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


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
