"""The JSON report, a public contract: docs/report.schema.json describes it.

One line a file, so that reports can be read and compared line by line.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, BinaryIO

from codi_hook.config.settings import Settings
from codi_hook.reporting import diff, statistics
from codi_hook.reporting.report import CandidateReport, FileReport, FindingReport, RunReport

SCHEMA = 1


def write(
    report: RunReport, settings: Settings, out: BinaryIO, environment: Mapping[str, str]
) -> None:
    del environment
    if settings.statistics:
        rows = [
            {"code": code, "name": name, "count": count, "fixable": fixable}
            for count, fixable, code, name in statistics.counted(report)
        ]
        out.write(json.dumps(rows, indent=2).encode() + b"\n")
        return
    out.write(b'{"schema": %d, "run": %s, "files": [' % (SCHEMA, _dump(report.run)))
    for index, file in enumerate(report.files):
        out.write((b",\n" if index else b"\n") + _dump(_file(file)))
    out.write(b"\n]}\n")


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode("ascii")


def _file(file: FileReport) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": _valid(file.path), "stack": file.stack}
    if file.error is not None:
        entry["error"] = {"message": file.error.message, "hint": file.error.hint}
    if file.parse_error and file.findings:
        first = file.findings[0]
        entry["parse_error"] = {
            "message": _valid(first.message),
            "line": first.start_line,
            "column": first.start_column,
        }
    entry["findings"] = [_finding(file, finding) for finding in file.findings]
    if file.before is not None:
        entry["fixed"] = [{"code": code, "id": template} for code, template in file.fixed]
    return entry


def _finding(file: FileReport, finding: FindingReport) -> dict[str, Any]:
    ranking = {"source": finding.source}
    if finding.reason:
        ranking["reason"] = finding.reason
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "message": _valid(finding.message),
        "span": {
            "start_byte": finding.start,
            "end_byte": finding.end,
            "start_line": finding.start_line,
            "start_column": finding.start_column,
            "end_line": finding.end_line,
            "end_column": finding.end_column,
        },
        "fingerprint": finding.exact,
        "ranking": ranking,
        "candidates": [
            _candidate(file, candidate, rank)
            for rank, candidate in enumerate(finding.candidates, 1)
        ],
        "rejected": [
            {"id": template, "reason": reason} for template, reason, _ in finding.rejected
        ],
    }


def _candidate(file: FileReport, candidate: CandidateReport, rank: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": candidate.id,
        "title": _valid(candidate.title),
        "applicability": candidate.applicability,
        "rank": rank,
    }
    if candidate.confidence is not None:
        entry["confidence"] = round(candidate.confidence, 6)
    if candidate.rationale:
        entry["rationale"] = _valid(candidate.rationale)
        entry["rationale_source"] = candidate.rationale_source
    entry["edits"] = [_edit(*edit) for edit in candidate.edits]
    entry["diff"] = diff.of_edits(file.data, candidate.edits, file.path).decode("utf-8", "replace")
    return entry


def _edit(start: int, end: int, replacement: str) -> dict[str, Any]:
    edit: dict[str, Any] = {
        "start_byte": start,
        "end_byte": end,
        "replacement": _valid(replacement),
    }
    if edit["replacement"] != replacement:  # bytes of the file that are not UTF-8
        raw = replacement.encode("utf-8", "surrogateescape")
        edit["replacement_base64"] = b64encode(raw).decode("ascii")
    return edit


def _valid(text: str) -> str:
    """`text` as any JSON reader takes it: bytes that are not UTF-8 become U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
