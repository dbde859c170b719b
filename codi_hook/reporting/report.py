"""What a report is made of: plain values, without documents or rules, that cross processes."""

from __future__ import annotations

from typing import Any

from codi_hook.errors import CodiError
from codi_hook.fingerprint import fingerprint
from codi_hook.frozen import dataclass
from codi_hook.model import Candidate, Finding, Ranked, Rationale, Severity
from codi_hook.source import Source


@dataclass(frozen=True, slots=True)
class CandidateReport:
    """A candidate as it is shown; `edits` are (start byte, end byte, replacement)."""

    id: str
    title: str
    applicability: str
    edits: tuple[tuple[int, int, str], ...]
    confidence: float | None = None
    rationale: str = ""
    rationale_source: str = ""


@dataclass(frozen=True, slots=True)
class FindingReport:
    """A finding, its place in bytes and in 1-based lines and columns (the end exclusive)."""

    code: str
    name: str
    severity: Severity
    message: str
    start: int
    end: int
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    exact: str = ""  # the two parts of its fingerprint
    place: str = ""
    source: str = "order"
    reason: str = ""
    experimental: bool = False
    candidates: tuple[CandidateReport, ...] = ()
    rejected: tuple[tuple[str, str, str], ...] = ()  # template id, reason, detail
    telemetry: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. `error` is set where it could not be checked, or not be written.

    With --fix or --diff, `before` is what was read and `data` what the fixes make of it; the
    findings are then those that are left.
    """

    path: str
    data: bytes = b""
    before: bytes | None = None
    stack: str = "unknown"
    parse_error: bool = False
    findings: tuple[FindingReport, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()  # (code, template id) of what was applied
    error: CodiError | None = None


@dataclass(frozen=True)
class RunReport:
    """Everything that a run found out. `run` holds the audit's fields of the run as a whole."""

    files: tuple[FileReport, ...]
    errors: tuple[CodiError, ...]  # of the run, beside those of files
    run: dict[str, Any]
    used_model: bool = False
    notes: tuple[str, ...] = ()  # what the run went on without

    @property
    def findings(self) -> list[tuple[FileReport, FindingReport]]:
        return [(file, finding) for file in self.files for finding in file.findings]


def finding_report(source: Source, ranked: Ranked) -> FindingReport:
    """The plain value of a ranked finding in `source`."""
    return _report(source, ranked.finding, ranked)


def plain_report(source: Source, finding: Finding) -> FindingReport:
    """The same for a finding whose candidates nobody asked for."""
    return _report(source, finding, None)


def _report(source: Source, finding: Finding, ranked: Ranked | None) -> FindingReport:
    start, end = finding.span
    first, last = source.position(start), source.position(end)
    exact, place = fingerprint(finding)
    return FindingReport(
        code=finding.rule.code,
        name=finding.rule.name,
        severity=finding.severity,
        message=finding.message or finding.rule.summary,
        start=start,
        end=end,
        start_line=first.line,
        start_column=first.column,
        end_line=last.line,
        end_column=last.column,
        exact=exact,
        place=place,
        **(_ranking(ranked) if ranked is not None else {}),
    )


def _ranking(ranked: Ranked) -> dict[str, Any]:
    count = len(ranked.candidates)
    confidences = ranked.confidences or (None,) * count
    rationales = ranked.rationales or (None,) * count
    return {
        "source": ranked.source,
        "reason": ranked.reason,
        "experimental": ranked.experimental,
        "candidates": tuple(
            _candidate(candidate, confidence, rationale)
            for candidate, confidence, rationale in zip(
                ranked.candidates, confidences, rationales, strict=True
            )
        ),
        "rejected": tuple(
            (item.candidate.id, item.reason.value, item.detail) for item in ranked.rejected
        ),
        "telemetry": ranked.telemetry,
    }


def _candidate(
    candidate: Candidate, confidence: float | None, rationale: Rationale | None
) -> CandidateReport:
    return CandidateReport(
        candidate.id,
        candidate.title,
        candidate.applicability.value,
        tuple((edit.span.start, edit.span.end, edit.replacement) for edit in candidate.edits),
        confidence,
        rationale.text if rationale else "",
        rationale.source if rationale else "",
    )
