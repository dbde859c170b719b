"""The report for people: place, excerpt, the best candidate as a diff, the others by title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from codi_hook.config.settings import Settings
from codi_hook.model import Severity
from codi_hook.reporting import diff, statistics
from codi_hook.reporting.report import CandidateReport, FileReport, FindingReport, RunReport
from codi_hook.reporting.terminal import BY_SEVERITY, Paint, clean, wants_colour, width

_WIDEST = 160  # characters of a source line that are shown
_MOST_DIFF = 24  # lines of a candidate's diff; --diff shows everything


def write(
    report: RunReport, settings: Settings, out: BinaryIO, environment: Mapping[str, str]
) -> None:
    paint = Paint(wants_colour(settings.color, out, environment))
    if settings.statistics:
        _send(out, statistics.table(report))
        return
    for file in report.files:
        for finding in file.findings:
            _send(out, _finding(file, finding, settings, paint))
    _send(out, summary(report, settings, paint))


def _send(out: BinaryIO, lines: Iterator[str]) -> None:
    out.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def headline(file: FileReport, finding: FindingReport) -> str:
    """`path:line:col code severity: message`, without colours."""
    where = f"{clean(file.path)}:{finding.start_line}:{finding.start_column}"
    return f"{where} {finding.code} {finding.severity.label}: {clean(finding.message)}"


def _finding(
    file: FileReport, finding: FindingReport, settings: Settings, paint: Paint
) -> Iterator[str]:
    colour = BY_SEVERITY[finding.severity]
    where = f"{clean(file.path)}:{finding.start_line}:{finding.start_column}"
    label = paint(f"{finding.code} {finding.severity.label}", "bold", colour)
    yield f"{paint(where, 'bold')} {label}: {clean(finding.message)}"
    yield from _excerpt(file.data, finding, paint)
    if finding.candidates:
        best, others = finding.candidates[0], finding.candidates[1:]
        yield from _best(file, best, paint)
        for other in others:
            yield f"  {paint('or', 'cyan')} {_offer(other)}"
    elif settings.candidates and finding.rejected:
        yield paint(f"  no fix is offered: {_why_none(finding)}", "dim")
    yield ""


def _excerpt(data: bytes, finding: FindingReport, paint: Paint) -> Iterator[str]:
    start = data.rfind(b"\n", 0, finding.start) + 1
    end = data.find(b"\n", finding.start)
    end = len(data) if end < 0 else end
    before = _text(data[start : finding.start], left=True)
    marked = _text(data[finding.start : min(finding.end, end)])
    after = _text(data[max(finding.start, min(finding.end, end)) : end])
    if len(before) > _WIDEST // 2:
        before = "..." + before[-_WIDEST // 2 :]
    if len(marked) + len(after) > _WIDEST:
        cut = marked + after
        marked, after = marked[:_WIDEST], cut[len(marked[:_WIDEST]) : _WIDEST] + "..."
    number = str(finding.start_line)
    bar = paint("|", "blue")
    carets = "^" * max(1, width(marked.rstrip()))
    yield f"{paint(number, 'blue')} {bar} {before}{marked}{after}".rstrip()
    indent = " " * len(number)
    yield f"{indent} {bar} {' ' * width(before)}{paint(carets, BY_SEVERITY[finding.severity])}"


def _text(data: bytes, left: bool = False) -> str:
    """A piece of a line for the excerpt; of a very long one only what could be shown."""
    cut = data[-4 * _WIDEST :] if left else data[: 4 * _WIDEST]
    return clean(cut.rstrip(b"\r").decode("utf-8", "replace"))


def _offer(candidate: CandidateReport) -> str:
    sure = f", {candidate.confidence:.0%}" if candidate.confidence is not None else ""
    return f"({candidate.applicability}{sure}) {clean(candidate.title)}"


def _best(file: FileReport, best: CandidateReport, paint: Paint) -> Iterator[str]:
    applied = best.edits and best.applicability != "display"
    yield f"  {paint('fix' if applied else 'advice', 'bold', 'green')} {_offer(best)}"
    if best.rationale:
        yield f"      {clean(best.rationale)}"
    lines = diff.of_edits(file.data, best.edits, file.path).split(b"\n")[2:-1]
    changed = [line for line in lines if line[:1] in (b"+", b"-", b"@")][1:]
    for line in changed[:_MOST_DIFF]:  # without the names and the first hunk's heading
        mark = chr(line[0])
        if mark == "@":
            yield paint("      ...", "dim")
        else:
            text = _text(line[1:])[:_WIDEST]
            yield "      " + paint(f"{mark} {text}".rstrip(), "green" if mark == "+" else "red")
    if len(changed) > _MOST_DIFF:
        yield paint("      ... (--diff shows all of it)", "dim")


def _why_none(finding: FindingReport) -> str:
    reasons = dict.fromkeys(reason for _, reason, _ in finding.rejected)
    return f"{len(finding.rejected)} rejected ({', '.join(reasons)})"


def summary(report: RunReport, settings: Settings, paint: Paint) -> Iterator[str]:
    """The closing lines: how many findings, what was fixed, what could be."""
    findings = report.findings
    fixed = sum(len(file.fixed) for file in report.files)
    checked = sum(1 for file in report.files if file.error is None)
    files = f"{checked} file{'s' * (checked != 1)}"
    if fixed:
        changed = sum(1 for file in report.files if file.fixed)
        yield f"Fixed {_count(fixed, 'finding')} in {_count(changed, 'file')}."
    if not findings:
        if not report.files:
            yield "No Dockerfile was found."
        else:
            yield paint(f"No findings in {files}.", "green")
        return
    yield from _ranked(report)
    where = len({file.path for file, _ in findings})
    levels = [
        f"{count} {level.label}"
        for level in sorted(Severity, reverse=True)
        if (count := sum(1 for _, finding in findings if finding.severity is level))
    ]
    left = " left" if settings.fix else ""
    found = f"{_count(len(findings), 'finding')}{left} in {where} of {files}"
    yield f"{found}: {', '.join(levels)}.{_fixable([finding for _, finding in findings])}"


def _ranked(report: RunReport) -> Iterator[str]:
    """By what the alternatives were put in order, where a model had a part in it."""
    by = [finding.source for _, finding in report.findings if len(finding.candidates) > 1]
    if "llm" in by:
        run = report.run
        names = [str(run[key]) for key in ("model", "adapter", "adapter_version") if key in run]
        told = f"{by.count('llm')} by the model ({', '.join(names)})"
        if "prior" in by:
            told += f", {by.count('prior')} by what people chose"
        if "order" in by:
            told += f", {by.count('order')} by the rule"
        yield f"Alternatives ranked: {told}."


def _fixable(findings: list[FindingReport]) -> str:
    safe = sum(1 for finding in findings if _has(finding, "safe"))
    unsafe = sum(1 for finding in findings if not _has(finding, "safe") and _has(finding, "unsafe"))
    if not safe and not unsafe:
        return ""
    more = f"--unsafe-fixes {unsafe}{' more' * bool(safe)}" if unsafe else ""
    return f" --fix resolves {safe}{', ' * bool(more)}{more}."


def _has(finding: FindingReport, applicability: str) -> bool:
    return any(
        candidate.edits and candidate.applicability == applicability
        for candidate in finding.candidates
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
