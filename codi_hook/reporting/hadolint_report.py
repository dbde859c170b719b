"""hadolint's JSON, for programs that read it: one array of findings, without candidates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import BinaryIO

from codi_hook.config.settings import Settings
from codi_hook.reporting.report import RunReport


def write(
    report: RunReport, settings: Settings, out: BinaryIO, environment: Mapping[str, str]
) -> None:
    del settings, environment
    rows = [
        {
            "code": finding.code,
            "column": finding.start_column,
            "file": file.path,
            "level": finding.severity.label,
            "line": finding.start_line,
            "message": finding.message,
        }
        for file, finding in report.findings
    ]
    out.write(json.dumps(rows, ensure_ascii=True).encode("ascii") + b"\n")
