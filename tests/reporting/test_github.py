"""Workflow commands: escaped, within GitHub's limits, nothing lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codi_hook.model import Severity
from codi_hook.reporting.github_report import PER_LEVEL, command, divide
from codi_hook.reporting.report import CandidateReport, FileReport, FindingReport
from tests.calling import codi

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def finding(message: str = "m", severity: Severity = Severity.ERROR, **place: int) -> FindingReport:
    spot = {
        "start": 0,
        "end": 1,
        "start_line": 1,
        "start_column": 1,
        "end_line": 1,
        "end_column": 2,
    }
    return FindingReport("DL1", "a-rule", severity, message, **{**spot, **place})


def properties(line: str) -> dict[str, str]:
    match = COMMAND.fullmatch(line)
    assert match, line
    return dict(part.split("=", 1) for part in match[2].split(","))


def test_a_hostile_path_and_message_stay_data() -> None:
    file = FileReport("a,b:c%\n::error::x\udcff")
    line = command(file, finding("50%\r\n::stop-commands::x"), {})
    assert "\n" not in line
    assert "\r" not in line
    assert properties(line)["file"] == "a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax\ufffd"
    assert line.endswith("::50%25␍%0A::stop-commands::x")


def test_columns_within_one_line_only() -> None:
    one = properties(command(FileReport("D"), finding(start_column=3, end_column=7), {}))
    assert (one["line"], one["endLine"], one["col"], one["endColumn"]) == ("1", "1", "3", "7")
    two = properties(command(FileReport("D"), finding(end_line=4, end_column=7), {}))
    assert (two["endLine"], two.keys() & {"col", "endColumn"}) == ("4", set())
    newline = properties(command(FileReport("D"), finding(end_line=2, end_column=1), {}))
    assert newline["endLine"] == "1"


def test_paths_are_those_of_the_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    environment = {"GITHUB_WORKSPACE": str(folder)}
    assert properties(command(FileReport("D"), finding(), environment))["file"] == "deep/D"
    outside = FileReport("/elsewhere/D")
    assert properties(command(outside, finding(), environment))["file"] == "/elsewhere/D"


def test_ten_of_each_level_the_gravest_first() -> None:
    severities = [Severity.STYLE, Severity.INFO, Severity.WARNING, Severity.ERROR]
    rows = [(FileReport(str(n)), finding(severity=severities[n % 4])) for n in range(80)]
    annotated, rest = divide(rows)
    assert len(annotated) + len(rest) == 80
    assert {id(row) for row in [*annotated, *rest]} == {id(row) for row in rows}
    by_level = [row[1].severity for row in annotated]
    assert by_level == sorted(by_level, reverse=True)
    assert by_level.count(Severity.ERROR) == by_level.count(Severity.WARNING) == PER_LEVEL
    assert by_level.count(Severity.INFO) == PER_LEVEL, "style shares the level of info"


def test_what_is_not_annotated_is_in_the_summary_and_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Dockerfile").write_text("FROM a:1\n" + "RUN sudo id\n" * 25)
    (folder / "gone.dockerfile").symlink_to("nowhere")
    summary = folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = codi("check", "--select", "DL3004", "--output-format", "github")
    lines = result.text.splitlines()
    commands = [line for line in lines if COMMAND.fullmatch(line)]
    assert len([line for line in commands if "title=DL3004" in line]) == PER_LEVEL
    assert [line for line in commands if line.startswith("::error title=codi-hook::")]
    assert len([line for line in lines if line.startswith("- Dockerfile:")]) == 15
    table = summary.read_text()
    assert table.startswith("before\n### codi-hook\n")
    assert table.count("| DL3004 no-sudo |") == 25


def test_the_summary_is_cut_before_github_refuses_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Dockerfile").write_text("FROM a:1\n" + "RUN sudo id\n" * 9000)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    monkeypatch.setattr("codi_hook.reporting.github_report._SUMMARY_LIMIT", 50_000)
    codi("check", "--select", "DL3004", "--no-candidates", "--output-format", "github")
    data = (folder / "summary.md").read_bytes()
    assert 49_000 < len(data) < 50_200
    assert b"\nThe list was cut here" in data


def test_a_log_line_is_no_command_and_a_cell_no_markup(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "::error::##[error]|<b>*.dockerfile"
    (folder / name).write_text("FROM a:1\n" + "RUN sudo id\n" * 11)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    result = codi("check", "--select", "DL3004", "--output-format", "github")
    for line in result.text.splitlines():
        assert line.startswith(("::error file=%3A%3Aerror", "- "))
        assert "##[" not in line or line.startswith("::error file=")
    row = (folder / "summary.md").read_text().splitlines()[6]
    assert "\\|&#60;b&#62;\\*" in row


def test_candidates_are_named_in_the_annotation() -> None:
    offered = (
        CandidateReport("a", "Do a", "safe", ((0, 1, "x"),), rationale="It helps."),
        CandidateReport("b", "Do b", "unsafe", ((0, 1, "y"),)),
    )
    found = finding()
    found = FindingReport(
        *(getattr(found, name) for name in found.__slots__[:10]), candidates=offered
    )
    assert command(FileReport("D"), found, {}).endswith(
        "::m%0AFix (safe): Do a. It helps.%0AOr (unsafe): Do b"
    )
