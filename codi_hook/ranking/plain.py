"""Orders that need no model: learned frequencies where they say something, else the rule's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codi_hook.frozen import dataclass
from codi_hook.model import Candidate, Ranked, Verified
from codi_hook.ranking import order, rationale

if TYPE_CHECKING:
    from codi_hook.ranking import prior
    from codi_hook.shell import Document


@dataclass(frozen=True, slots=True)
class Order:
    """Candidates in order, and how they came into it."""

    candidates: tuple[Candidate, ...]
    source: str
    reason: str = ""
    confidences: tuple[float | None, ...] = ()
    experimental: bool = False
    letters: tuple[str, ...] = ()  # ids of the candidates as a model saw them, "A" first


class Plain:
    """Ranks by frequencies, unless the settings' `ranker` is "order".

    A table that cannot be read is one line in `notices`, and nothing is known.
    """

    def __init__(self, ranker: str) -> None:
        self.notices: list[str] = []
        self._reason = {"auto": "not-promoted"}.get(ranker, "")
        self._table: prior.Table | None = {} if ranker == "order" else None
        self._missing = "" if ranker == "order" else "no-prior"

    def order(self, document: Document, item: Verified, reason: str) -> Order:
        """One finding's candidates. `reason` says why no model was asked, "" if none was wanted."""
        candidates = item.candidates
        shares = self.shares(document, item) if len(candidates) > 1 else None
        if shares is None:
            return Order(order.in_order(candidates), "order", reason or self._missing)
        ranks = order.ranks(candidates, shares)
        confidences = tuple(shares[i] for i in ranks)
        return Order(tuple(candidates[i] for i in ranks), "prior", reason, confidences)

    def shares(self, document: Document, item: Verified) -> tuple[float, ...] | None:
        """How often people chose each candidate, adding up to 1; None where that is not known."""
        from codi_hook.ranking import prior

        code, table = item.finding.code, self.table()
        if code not in table:
            return None
        return prior.frequencies(table, code, prior.contexts(document), item.candidates)

    def table(self) -> prior.Table:
        """The learned frequencies, read at the first call."""
        if self._table is None:
            from codi_hook.ranking import prior

            try:
                self._table = prior.load()
            except ValueError as error:
                self.notices.append(f"{error}; going on without learned frequencies")
                self._table = {}
        return self._table

    def rank(self, document: Document, verified: Sequence[Verified]) -> Sequence[Ranked]:
        """All findings, each candidate with its first reason."""
        return [self._rank(document, item) for item in verified]

    def _rank(self, document: Document, item: Verified) -> Ranked:
        if not item.candidates:
            return Ranked(item.finding, (), item.rejected, "order")
        found = self.order(document, item, self._reason)
        return Ranked(
            item.finding,
            found.candidates,
            item.rejected,
            found.source,
            found.reason,
            found.confidences or (None,) * len(found.candidates),
            tuple(rationale.by_rule(candidate) for candidate in found.candidates),
        )
