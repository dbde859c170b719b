"""What candidates make of a file, for the sources of labels to compare."""

from __future__ import annotations

from functools import cache

from codi_hook import registry
from codi_hook.fixes.apply import BadEdits, apply
from codi_hook.model import Applicability, Candidate, Finding, Rule


@cache
def by_code() -> dict[str, Rule]:
    return {rule.code: rule for rule in registry.rules()}


@cache
def vetoing(code: str) -> tuple[Rule, ...]:
    """The rules of which the hook lets no candidate for `code` make a new finding."""
    return tuple(rule for rule in registry.rules() if rule.default or rule.code == code)


def result(finding: Finding, candidate: Candidate) -> bytes:
    """The file with the candidate applied; empty where it is only shown."""
    if not candidate.edits or candidate.applicability is Applicability.DISPLAY:
        return b""
    try:
        return apply(finding.document.source.data, candidate.edits)
    except BadEdits:
        return b""
