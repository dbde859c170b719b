"""Whether what is told about candidates holds: every sentence that a user would see is checked.

A composed sentence has to be made of the candidate's own clauses and nothing else; a free one has
to pass the check that it passed before it was shown. That check is meant for what a model wrote
and refuses too much on purpose: clauses may speak of instructions ("COPY never fetches a URL") and
one clause may deny what the next one says of something else. What it would say of clauses is
written down as `doubt`, and is no fault.
"""

from __future__ import annotations

from typing import Any

from codi_hook.model import Candidate, Finding, Ranked, Rationale
from codi_hook.ranking import grounding


def sentences(row: str, system: str, how: str, ranked: Ranked) -> dict[str, Any]:
    """One finding's sentences, each with what is wrong with it ("" for nothing)."""
    told = [
        _told(ranked.finding, candidate, rationale)
        for candidate, rationale in zip(ranked.candidates, ranked.rationales, strict=True)
        if rationale is not None
    ]
    return {
        "task": how,
        "row": row,
        "system": system,
        "finding": ranked.finding.message or ranked.finding.rule.summary,
        "rule": ranked.finding.code,
        "sentences": told,
        "ms": dict(ranked.telemetry).get("latency_ms"),
    }


def _told(finding: Finding, candidate: Candidate, rationale: Rationale) -> dict[str, Any]:
    return {
        "candidate": candidate.id,
        "title": candidate.title,
        "text": rationale.text,
        "source": rationale.source,
        "reasons": list(rationale.reasons),
        "problem": problem(finding, candidate, rationale),
        "doubt": ""
        if rationale.source == "free"
        else grounding.problem(rationale.text, finding, candidate),
    }


def problem(finding: Finding, candidate: Candidate, rationale: Rationale) -> str:
    """Why a sentence should not have been shown, "" where it holds."""
    if rationale.source != "free":
        return "" if _own(candidate, rationale) else "is not made of the candidate's clauses"
    return grounding.problem(rationale.text, finding, candidate)


def _own(candidate: Candidate, rationale: Rationale) -> bool:
    clauses = {reason.id: reason.text for reason in candidate.reasons}
    if not rationale.reasons or not set(rationale.reasons) <= set(clauses):
        return False
    own = "; ".join(clauses[one].strip().rstrip(".;") for one in rationale.reasons) + "."
    text = rationale.text
    return text[1:] == own[1:] and text[:1].lower() == own[:1].lower()
