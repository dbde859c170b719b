"""Puts the candidates of findings in order and says why. Opened once per run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from codi_hook.frozen import replace
from codi_hook.model import Candidate, Finding, Ranked, Rationale, Verified
from codi_hook.ranking import order, prompt, rationale, scores
from codi_hook.ranking.asker import Asker, Tally
from codi_hook.ranking.engine import EngineError
from codi_hook.ranking.plain import Order, Plain
from codi_hook.ranking.prompt import PROMPT_VERSION, Question
from codi_hook.ranking.settings import NO_ADAPTER, RankingSettings

if TYPE_CHECKING:
    from codi_hook.shell import Document

FREE_TOKENS = 48


class _Page:
    """The document's part in the prompts, made when the first question is asked."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._text = ""

    @property
    def text(self) -> str:
        self._text = self._text or prompt.file_text(self.document)
        return self._text


class Ranker:
    """Ranks the findings of any number of documents, one after the other.

    Nothing is loaded before a question has to be asked that the cache cannot answer. Whatever
    goes wrong with the model ends in `notices`, one line each, and in the records' reasons.
    """

    def __init__(self, settings: RankingSettings) -> None:
        self.settings = settings
        self.notices: list[str] = []
        self._asker = Asker(settings, self._notify)
        self._plain = Plain(settings.ranker)

    def __enter__(self) -> Ranker:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._asker.close()

    def _notify(self, line: str) -> None:
        line = " ".join(line.split())
        if line not in self.notices:
            self.notices.append(line)

    def rank(self, document: Document, verified: Sequence[Verified]) -> tuple[Ranked, ...]:
        """Every finding with its candidates, the best first. Never fails for the model's sake."""
        page = _Page(document)
        ranked = tuple(self._rank(page, item) for item in verified)
        self._asker.flush()
        return ranked

    def _rank(self, page: _Page, item: Verified) -> Ranked:
        if not item.candidates:
            return Ranked(item.finding, (), item.rejected, "order")
        started, tally = time.perf_counter(), Tally()
        ordered = self._order(page, item, tally)
        best, why = self._rationale(page, item.finding, ordered.candidates[0], tally)
        others = (rationale.by_rule(candidate) for candidate in ordered.candidates[1:])
        telemetry: list[tuple[str, Any]] = [
            ("latency_ms", round((time.perf_counter() - started) * 1000, 3)),
            ("tokens_evaluated", tally.tokens),
            ("questions", tally.asked),
            ("cache_hit", tally.asked > 0 and tally.hits == tally.asked),
        ]
        if ordered.letters:
            telemetry.append(("letters", ordered.letters))
        if why:
            telemetry.append(("rationale_fallback", why))
        return Ranked(
            item.finding,
            ordered.candidates,
            item.rejected,
            ordered.source,
            why if why and ordered.reason in ("", "not-promoted") else ordered.reason,
            ordered.confidences or (None,) * len(ordered.candidates),
            (best, *others),
            ordered.experimental,
            tuple(telemetry),
        )

    # the order

    def _order(self, page: _Page, item: Verified, tally: Tally) -> Order:
        candidates, code, wanted = item.candidates, item.finding.code, self.settings.ranker
        promoted = wanted in ("auto", "llm") and code in self._trusted("ranks")
        if wanted == "llm" or (wanted == "auto" and promoted):
            if len(candidates) < 2:
                return Order(candidates, "order", "single-candidate")
            try:
                found = self._by_model(page, item, tally)
            except EngineError as error:
                return self._by_prior(page, item, error.reason)
            return replace(found, experimental=not promoted)
        return self._by_prior(page, item, "not-promoted" if wanted == "auto" else "")

    def _by_model(self, page: _Page, item: Verified, tally: Tally) -> Order:
        self._allowed()
        question = prompt.rank_question(page.text, item.finding, item.candidates)
        logits = self._asker.logits(question, tally)
        weights = self._asker.open_weights()
        known = self._shares(page, item) if weights.prior_weight else None
        shares = known and [known[index] for index in question.order]
        chances = scores.pooled(logits, weights.temperature, shares, weights.prior_weight)
        found: list[float | None] = [None] * len(item.candidates)
        for letter, index in enumerate(question.order):
            found[index] = chances[letter]
        ranks = order.ranks(item.candidates, [-1.0 if c is None else c for c in found])
        return Order(
            tuple(item.candidates[i] for i in ranks),
            "llm",
            confidences=tuple(found[i] for i in ranks),
            letters=tuple(item.candidates[i].id for i in question.order),
        )

    def _shares(self, page: _Page, item: Verified) -> tuple[float, ...] | None:
        found = self._plain.shares(page.document, item)
        for line in self._plain.notices:
            self._notify(line)
        return found

    def _by_prior(self, page: _Page, item: Verified, reason: str) -> Order:
        found = self._plain.order(page.document, item, reason)
        for line in self._plain.notices:
            self._notify(line)
        return found

    # the rationale

    def _rationale(
        self, page: _Page, finding: Finding, candidate: Candidate, tally: Tally
    ) -> tuple[Rationale | None, str]:
        """The best candidate's rationale, and why it is not the model's where it is not."""
        plain = rationale.by_rule(candidate)
        if plain is None or self.settings.rationale == "rule" or self.settings.llm is False:
            return plain, ""
        free = self.settings.rationale == "free" or finding.code in self._trusted("explains")
        if len(candidate.reasons) < 2 and not free:
            return plain, ""
        try:
            chosen = self._composed(page, candidate, tally)
            if free:
                chosen = self._free(page, finding, candidate, tally) or chosen
        except EngineError as error:
            return plain, "" if error.silent else error.reason
        return chosen, ""

    def _composed(self, page: _Page, candidate: Candidate, tally: Tally) -> Rationale:
        if len(candidate.reasons) < 2:
            return rationale.composed(candidate, (0,), (1.0,), page.document.names)
        question = prompt.clause_question(page.text, candidate)
        weights = scores.softmax(self._asker.logits(question, tally))
        return rationale.composed(candidate, question.order, weights, page.document.names)

    def _free(
        self, page: _Page, finding: Finding, candidate: Candidate, tally: Tally
    ) -> Rationale | None:
        from codi_hook.ranking import grounding

        question: Question = prompt.free_question(page.text, finding, candidate)
        text = self._asker.text(question, tally, FREE_TOKENS)
        if grounding.problem(text, finding, candidate):
            return None
        return Rationale(text, "free", tuple(reason.id for reason in candidate.reasons))

    # what may be done

    def _allowed(self) -> None:
        if self.settings.llm is False:
            raise EngineError("the model is switched off", "--llm", "llm-off")

    def _trusted(self, purpose: Literal["ranks", "explains"]) -> frozenset[str]:
        """The rules for which registry.yml trusts the adapter at hand."""
        settings = self.settings
        if settings.adapter == NO_ADAPTER or settings.endpoint or settings.llm is False:
            return frozenset()
        try:
            weights = self._asker.open_weights()
        except EngineError:
            return frozenset()
        return weights.ranks if purpose == "ranks" else weights.explains

    def describe(self) -> dict[str, Any]:
        """For the audit record: versions, digests and the machine; only what was really opened."""
        asker = self._asker
        record: dict[str, Any] = {"prompt_version": PROMPT_VERSION, "ranker": self.settings.ranker}
        if asker.weights is not None:
            record.update(asker.weights.record)
        if asker.engine is not None:
            record.update(asker.engine.describe(), load_ms=round(asker.load_ms, 1))
        if asker.failure is not None and not asker.failure.silent:
            record["model_failure"] = str(asker.failure)
        return record


def rank(
    document: Document, verified: Sequence[Verified], settings: RankingSettings
) -> tuple[Ranked, ...]:
    """Ranks the findings of one document; many documents are better given to one `Ranker`."""
    with Ranker(settings) as ranker:
        return ranker.rank(document, verified)
