"""Fixes judged from outside: what `--fix` makes of a file, and what BuildKit and hadolint say.

Used by the sampled test in tests/fixes and by scripts/judge_fixes.py, which runs thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codi_hook import registry
from codi_hook.fixes.select import SAFE, UNSAFE, fix
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Ranked, Rule
from codi_hook.shell import Document, parse
from codi_hook.source import Source
from compat.peers import DOES_NOT_PARSE, Answer, Report, fix_by_tally, hadolint
from tests.judges import BuildKit

LEVELS = {"safe": SAFE, "unsafe": UNSAFE}
TALLY_LEVELS = {"tally --fix": ("--fix",), "tally --fix-unsafe": ("--fix", "--fix-unsafe")}


@dataclass
class Outcome:
    """One file, fixed at one level."""

    name: str
    level: str
    before: bytes
    after: bytes
    applied: list[tuple[str, str]] = field(default_factory=list)  # code and template
    offered: Counter[str] = field(default_factory=Counter)  # code: candidates that hold
    rejected: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)  # "kind: detail"

    @property
    def changed(self) -> bool:
        return self.before != self.after


def default_rules() -> list[Rule]:
    return [rule for rule in registry.rules() if rule.default]


def resolve(document: Document) -> list[Ranked]:
    """Findings of the default selection with verified candidates, in the rules' own order."""
    rules = default_rules()
    findings = lint(document, rules)
    return [
        Ranked(item.finding, item.candidates, item.rejected, "order")
        for item in verify(document, findings, rules)
    ]


def treat(name: str, data: bytes) -> list[Outcome]:
    """Fix one file at both levels and look at the result with our own eyes."""
    found = []
    for level, allowed in LEVELS.items():
        outcome = Outcome(name, level, data, data)
        found.append(outcome)
        try:
            _treat(outcome, allowed)
        except Exception as error:  # whatever it is, it is what this looks for
            outcome.complaints.append(f"crash: {type(error).__name__}: {error}")
    return found


def _treat(outcome: Outcome, allowed: frozenset) -> None:  # type: ignore[type-arg]
    rules = default_rules()
    document = parse(Source(outcome.before, outcome.name))
    ranked = resolve(document)
    for item in ranked:
        code = item.finding.code
        outcome.offered[code] += len(item.candidates)
        for no in item.rejected:
            outcome.rejected[code, no.candidate.id, f"{no.reason.value} {no.detail}".strip()] += 1
    selection = fix(document, resolve, allowed, rules)
    outcome.after = selection.data
    outcome.applied = [(finding.code, one.id) for finding, one in selection.applied]
    after = parse(Source(outcome.after, outcome.name))
    again = fix(after, resolve, allowed, rules)
    if again.data != outcome.after:
        codes = sorted({finding.code for finding, _ in again.applied})
        outcome.complaints.append(f"unstable: {' '.join(codes)}")
    old = Counter(item.code for item in lint(document, rules, ignores=False))
    new = Counter(item.code for item in lint(after, rules, ignores=False))
    for code in sorted(new):
        if new[code] > old[code]:
            outcome.complaints.append(f"new-finding: {code}")


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
