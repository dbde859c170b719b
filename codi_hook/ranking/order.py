"""The rule's own order: the one that needs no model, and the one that every other falls back to."""

from __future__ import annotations

from collections.abc import Sequence

from codi_hook.model import Applicability, Candidate


def in_order(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """As the rule yields them; those that are only displayed come last."""
    return by_score(candidates, [0.0] * len(candidates))


def by_score(candidates: Sequence[Candidate], scores: Sequence[float]) -> tuple[Candidate, ...]:
    """The highest score first, equal ones in the rule's order, displayed ones always last."""
    return tuple(candidates[i] for i in ranks(candidates, scores))


def ranks(candidates: Sequence[Candidate], scores: Sequence[float]) -> list[int]:
    """The indices of `candidates` in that order."""

    def key(index: int) -> tuple[bool, float, int]:
        shown_only = candidates[index].applicability is Applicability.DISPLAY
        return shown_only, -scores[index], index

    return sorted(range(len(candidates)), key=key)
