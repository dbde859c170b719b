"""Fixes judged from outside: what `--fix` makes of a file, and what BuildKit and hadolint say.

Used by the sampled test in tests/fixes and by scripts/judge_fixes.py, which runs thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codi_hook import pipeline
from codi_hook.config import Settings
from codi_hook.reporting.report import FileReport
from compat.peers import DOES_NOT_PARSE, Answer, Report, fix_by_tally, hadolint
from tests.judges import BuildKit

LEVELS = {"safe": False, "unsafe": True}  # and whether unsafe candidates are applied
TALLY_LEVELS = {"tally --fix": ("--fix",), "tally --fix-unsafe": ("--fix", "--fix-unsafe")}


@dataclass
class Outcome:
    """One file, fixed at one level."""

    name: str
    level: str
    before: bytes
    after: bytes
    applied: list[tuple[str, str]] = field(default_factory=list)  # code and template
    complaints: list[str] = field(default_factory=list)  # "kind: detail"

    @property
    def changed(self) -> bool:
        return self.before != self.after


def treat(
    files: Sequence[tuple[str, bytes]], folder: Path, profile: str = "default"
) -> list[Outcome]:
    """Fix the files at both levels, as the command line does it, and look at the results with
    our own eyes. `folder` must be empty."""
    outcomes = []
    for level, unsafe in LEVELS.items():
        found = [Outcome(name, level, data, data) for name, data in files]
        settings = Settings(profile, diff=True, unsafe_fixes=unsafe, llm=False)
        for outcome, report in _run(found, settings, folder):
            if report.error is not None:
                outcome.complaints.append(f"crash: {report.error.message}")
            else:
                outcome.after = report.data
                outcome.applied = list(report.fixed)
        changed = [outcome for outcome in found if outcome.changed]
        for outcome, report in _run(changed, settings, folder):
            if report.data != outcome.after:
                codes = sorted({code for code, _ in report.fixed})
                outcome.complaints.append(f"unstable: {' '.join(codes)}")
        _complain_of_new_findings(changed, folder, profile)
        outcomes += found
    return outcomes


def _run(
    outcomes: Sequence[Outcome], settings: Settings, folder: Path
) -> Iterator[tuple[Outcome, FileReport]]:
    """The report on what has become of each file so far."""
    paths = [folder / f"{number:05}.Dockerfile" for number in range(len(outcomes))]
    for path, outcome in zip(paths, outcomes, strict=True):
        path.write_bytes(outcome.after)
    reports = pipeline.run([str(path) for path in paths], settings).files
    yield from zip(outcomes, reports, strict=True)


def _complain_of_new_findings(outcomes: Sequence[Outcome], folder: Path, profile: str) -> None:
    settings = Settings(
        profile, candidates=False, inline_ignores=False, llm=False, shellcheck=False
    )
    fixed = [_counts(report) for _, report in _run(outcomes, settings, folder)]
    unfixed = [Outcome(one.name, one.level, one.before, one.before) for one in outcomes]
    before = [_counts(report) for _, report in _run(unfixed, settings, folder)]
    for outcome, old, new in zip(outcomes, before, fixed, strict=True):
        worse = [code for code in sorted(new) if new[code] > old[code]]
        outcome.complaints += [f"new-finding: {code}" for code in worse]


def _counts(report: FileReport) -> Counter[str]:
    return Counter(finding.code for finding in report.findings)


def offers(
    outcomes: Sequence[Outcome], folder: Path, profile: str = "default"
) -> tuple[Counter[str], Counter[str]]:
    """Candidates that hold, by code, and those that do not: "code template reason detail"."""
    offered: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for _, report in _run(outcomes, Settings(profile, llm=False), folder):
        for finding in report.findings:
            offered[finding.code] += len(finding.candidates)
            rejected.update(f"{finding.code} {' '.join(why)}".strip() for why in finding.rejected)
    return offered, rejected


def judge_buildkit(outcomes: Iterable[Outcome], judge: BuildKit) -> None:
    """Complain about a file that BuildKit took before and refuses after."""
    for outcome in outcomes:
        if outcome.changed and not judge.refusal(outcome.before):
            refusal = judge.refusal(outcome.after)
            if refusal:
                outcome.complaints.append(f"buildkit: {refusal}")


def treat_by_tally(files: Sequence[tuple[str, bytes]], folder: Path) -> list[Outcome]:
    """The same files, which BuildKit must accept, fixed by tally at its two levels."""
    found = []
    for level, options in TALLY_LEVELS.items():
        target = folder / level.replace(" ", "")
        target.mkdir()
        paths = [target / f"{number}.Dockerfile" for number in range(len(files))]
        for path, (_, data) in zip(paths, files, strict=True):
            path.write_bytes(data)
        fix_by_tally(paths, options)
        for path, (name, data) in zip(paths, files, strict=True):
            found.append(Outcome(name, level, data, path.read_bytes()))
    return found


def judge_hadolint(outcomes: Sequence[Outcome], folder: Path) -> Counter[str]:
    """Complain about error and warning codes of hadolint that a fix brought in.

    Returns hadolint's findings by level and side ("safe before"), and by code too
    ("safe before DL3008"), over the files that it parses both times.
    """
    totals: Counter[str] = Counter()
    said = _said_by_hadolint({side for o in outcomes for side in (o.before, o.after)}, folder)
    for outcome in outcomes:
        before, after = said[outcome.before], said[outcome.after]
        if before is None or after is None:
            if before is not None:
                outcome.complaints.append(f"hadolint: {DOES_NOT_PARSE}")
            continue
        for side, answer in (("before", before), ("after", after)):
            totals[f"{outcome.level} {side}"] += len(answer)
            totals.update(f"{outcome.level} {side} {row.code}" for row in answer)
        old, new = _serious(before), _serious(after)
        for code in sorted(new):
            if not old[code]:
                outcome.complaints.append(f"hadolint: {code}")
            elif new[code] > old[code]:
                outcome.complaints.append(f"hadolint-more: {code}")
    return totals


def _said_by_hadolint(contents: set[bytes], folder: Path) -> dict[bytes, Answer]:
    paths = {}
    for number, data in enumerate(sorted(contents)):
        path = folder / f"{number}.Dockerfile"
        path.write_bytes(data)
        paths[path] = data
    return {paths[path]: answer for path, answer in hadolint(list(paths)).items()}


def _serious(answer: list[Report]) -> Counter[str]:
    return Counter(row.code for row in answer if row.level in ("error", "warning"))
