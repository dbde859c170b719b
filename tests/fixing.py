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
from tests.judges import BuildKit, hadolint

LEVELS = {"safe": SAFE, "unsafe": UNSAFE}


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


def judge_hadolint(outcomes: Sequence[Outcome], folder: Path) -> Counter[str]:
    """Complain about error and warning codes of hadolint that a fix brought in.

    Returns hadolint's findings before and after, over the files that it parses both times.
    """
    totals: Counter[str] = Counter()
    names = ("before", "after")
    paths = {(i, name): folder / f"{i}.{name}" for i in range(len(outcomes)) for name in names}
    for (i, name), path in paths.items():
        path.write_bytes(getattr(outcomes[i], name))
    found: dict[str, Counter[str]] = {str(path): Counter() for path in paths.values()}
    serious: dict[str, Counter[str]] = {str(path): Counter() for path in paths.values()}
    for row in hadolint(list(paths.values()), "--disable-ignore-pragma"):
        found[row["file"]][row["code"]] += 1
        if row["level"] in ("error", "warning"):
            serious[row["file"]][row["code"]] += 1
    for i, outcome in enumerate(outcomes):
        old, new = (str(paths[i, name]) for name in names)
        if found[old]["DL1000"] or found[new]["DL1000"]:
            if not found[old]["DL1000"]:
                outcome.complaints.append("hadolint: DL1000")
            continue
        totals[f"{outcome.level} before"] += found[old].total()
        totals[f"{outcome.level} after"] += found[new].total()
        for code in sorted(serious[new]):
            if not serious[old][code]:
                outcome.complaints.append(f"hadolint: {code}")
            elif serious[new][code] > serious[old][code]:
                outcome.complaints.append(f"hadolint-more: {code}")
    return totals
