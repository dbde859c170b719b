"""How often each rule found something, the most frequent first."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.reporting.report import RunReport


def counted(report: RunReport) -> list[tuple[int, int, str, str]]:
    """(findings, of these with a candidate to apply, code, name) for every rule."""
    counts: dict[tuple[str, str], list[int]] = {}
    for _, finding in report.findings:
        entry = counts.setdefault((finding.code, finding.name), [0, 0])
        entry[0] += 1
        entry[1] += any(
            candidate.edits and candidate.applicability != "display"
            for candidate in finding.candidates
        )
    rows = [(number, fixable, code, name) for (code, name), (number, fixable) in counts.items()]
    return sorted(rows, key=lambda row: (-row[0], row[2]))


def table(report: RunReport) -> Iterator[str]:
    """Rows of count, code, name and how many could be fixed."""
    rows = counted(report)
    if not rows:
        return
    wide = len(str(rows[0][0]))
    long = max(len(code) for _, _, code, _ in rows)
    for number, fixable, code, name in rows:
        offers = f" ({fixable} with a fix)" if fixable else ""
        yield f"{number:>{wide}}  {code:<{long}}  {name}{offers}"
