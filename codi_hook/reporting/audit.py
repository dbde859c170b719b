"""The audit record: what was decided for every finding, by what, and how sure it was."""

from __future__ import annotations

import json
import os
from typing import Any

from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError
from codi_hook.fixes.write import create
from codi_hook.reporting.report import FileReport, FindingReport, RunReport

DEFAULT = os.path.join("metadata", "llm_metrics.json")
SCHEMA = 1


def write(report: RunReport, settings: Settings) -> CodiError | None:
    """Write the record where a model was used or --audit-file asks for it, whole or not at all.

    Returns what went wrong with a file that nobody asked for; that is no reason to fail.
    Raises CodiError where --audit-file cannot be written.
    """
    path = settings.audit_file or (DEFAULT if report.used_model else "")
    if not path:
        return None
    text = json.dumps(record(report, settings), indent=1, ensure_ascii=True)
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        create(path, text.encode() + b"\n")
    except OSError as error:
        reason = (error.strerror or "error").lower()
        hint = "name another file with --audit-file"
        problem = CodiError(f"the audit record cannot be written: {reason}", hint, path)
        if settings.audit_file:
            raise problem from None
        return problem
    return None


def record(report: RunReport, settings: Settings) -> dict[str, Any]:
    """The record as plain values."""
    return {
        "schema": SCHEMA,
        "run": report.run,
        "settings": {
            "ranker": settings.ranker,
            "rationale": settings.rationale,
            "llm": settings.llm,
            "llm_timeout_seconds": settings.llm_timeout,
            "config_file": settings.config_file,
        },
        "findings": [_entry(file, finding) for file, finding in report.findings],
        "fixed": [
            {"path": _text(file.path), "code": code, "selected": template}
            for file in report.files
            for code, template in file.fixed
        ],
        "errors": [str(error) for error in _errors(report)],
    }


def _errors(report: RunReport) -> list[CodiError]:
    return [*report.errors, *(file.error for file in report.files if file.error)]


def _entry(file: FileReport, finding: FindingReport) -> dict[str, Any]:
    best = finding.candidates[0] if finding.candidates else None
    return {
        "path": _text(file.path),
        "code": finding.code,
        "start_byte": finding.start,
        "end_byte": finding.end,
        "line": finding.start_line,
        "source": finding.source,
        "reason": finding.reason,
        "experimental": finding.experimental,
        "order": [candidate.id for candidate in finding.candidates],
        "confidences": [candidate.confidence for candidate in finding.candidates],
        "selected": best.id if best else None,
        "rationale": _text(best.rationale) if best else "",
        "rationale_source": best.rationale_source if best else "",
        "rejected": [
            {"id": template, "reason": reason, "detail": detail}
            for template, reason, detail in finding.rejected
        ],
        **dict(finding.telemetry),
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
