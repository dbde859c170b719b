"""Annotations by GitHub's workflow commands, the rest in the job summary.

A step shows ten annotations of each level and drops the others without a word. The gravest
come first, so what is left out of a level is what came last; it stands in the job summary, and
in the log in any case.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError
from codi_hook.model import Severity
from codi_hook.reporting import statistics, text_report
from codi_hook.reporting.report import FileReport, FindingReport, RunReport
from codi_hook.reporting.terminal import Paint, clean

PER_LEVEL = 10  # annotations of a level that GitHub shows for one step
_SUMMARY_LIMIT = 1_000_000  # bytes; GitHub refuses a step's summary of more than 1 MiB
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.STYLE: "notice",
}
Row = tuple[FileReport, FindingReport]


def write(
    report: RunReport, settings: Settings, out: BinaryIO, environment: Mapping[str, str]
) -> None:
    if settings.statistics:
        _lines(out, statistics.table(report))
        return
    annotated, rest = divide(report.findings)
    _lines(out, (command(file, finding, environment) for file, finding in annotated))
    _lines(out, (_quiet(text_report.headline(*row)) for row in rest))
    errors = [*report.errors, *(file.error for file in report.files if file.error)]
    _lines(out, (f"::error title=codi-hook::{_data(str(error))}" for error in errors[:PER_LEVEL]))
    _lines(out, (_quiet(line) for line in text_report.summary(report, settings, Paint(False))))
    target = environment.get("GITHUB_STEP_SUMMARY", "")
    if target:
        _append(target, _markdown(report, settings))


def divide(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """What is annotated and what is not, each in order of gravity, then as found."""
    ordered = sorted(rows, key=lambda row: -row[1].severity)
    used: dict[str, int] = {}
    annotated: list[Row] = []
    rest: list[Row] = []
    for row in ordered:
        level = _LEVELS[row[1].severity]
        used[level] = used.get(level, 0) + 1
        (annotated if used[level] <= PER_LEVEL else rest).append(row)
    return annotated, rest


def command(file: FileReport, finding: FindingReport, environment: Mapping[str, str]) -> str:
    """The workflow command that annotates one finding."""
    properties = {
        "file": _from_workspace(file.path, environment),
        "line": str(finding.start_line),
        "endLine": str(_last_line(finding)),
    }
    if finding.start_line == _last_line(finding):  # GitHub takes columns within one line only
        properties["col"] = str(finding.start_column)
        properties["endColumn"] = str(max(finding.end_column, finding.start_column + 1))
    properties["title"] = f"{finding.code} {finding.name}"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_LEVELS[finding.severity]} {listed}::{_data(_message(finding))}"


def _last_line(finding: FindingReport) -> int:
    """The last line with a byte of the finding: an end at a line's start is before it."""
    ends_before = finding.end_column == 1 and finding.end_line > finding.start_line
    return finding.end_line - ends_before


def _message(finding: FindingReport) -> str:
    message = finding.message
    for index, candidate in enumerate(finding.candidates):
        start = "Fix" if index == 0 and candidate.edits else "Advice" if index == 0 else "Or"
        message += f"\n{start} ({candidate.applicability}): {candidate.title}"
        if candidate.rationale and index == 0:
            message += f". {candidate.rationale}"
    return message


def _from_workspace(path: str, environment: Mapping[str, str]) -> str:
    """GitHub finds a file by its path below the workspace, wherever the step ran."""
    workspace = environment.get("GITHUB_WORKSPACE", "")
    if not workspace or path == "-":
        return path
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(workspace))
    return path if relative.startswith("..") else relative.replace(os.sep, "/")


def _data(text: str) -> str:
    return "%0A".join(clean(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _utf8(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _quiet(line: str) -> str:
    """A line of the log that the runner cannot take for a command."""
    return "- " + line.replace("##[", "## [") if line else line


def _lines(out: BinaryIO, lines: Iterable[str]) -> None:
    out.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def _append(target: str, lines: Iterator[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    if len(data) > _SUMMARY_LIMIT:
        cut = data.rfind(b"\n", 0, _SUMMARY_LIMIT) + 1
        data = data[:cut] + b"\nThe list was cut here: it is longer than a summary may be.\n"
    try:
        with open(target, "ab") as stream:
            stream.write(data)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        hint = "check GITHUB_STEP_SUMMARY"
        raise CodiError(f"the job summary cannot be written: {reason}", hint, target) from None


def _markdown(report: RunReport, settings: Settings) -> Iterator[str]:
    yield "### codi-hook"
    yield ""
    yield from text_report.summary(report, settings, Paint(False))
    if not report.findings:
        return
    yield ""
    yield "| place | rule | severity | finding | best candidate |"
    yield "|---|---|---|---|---|"
    for file, finding in sorted(report.findings, key=lambda row: -row[1].severity):
        best = finding.candidates[0] if finding.candidates else None
        offer = f"{best.title} ({best.applicability})" if best else ""
        cells = (
            f"{file.path}:{finding.start_line}",
            f"{finding.code} {finding.name}",
            finding.severity.label,
            finding.message,
            offer,
        )
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Text of the file within a Markdown table: it may neither end the cell nor be markup."""
    text = clean(_utf8(text)).replace("\\", "\\\\")
    for character in "|`*_[]<>":
        text = text.replace(
            character, f"\\{character}" if character not in "<>" else f"&#{ord(character)};"
        )
    return text
