"""Which candidates are applied together, and the file that comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from codi_hook.fixes.apply import apply
from codi_hook.fixes.verify import counts, regressions
from codi_hook.frozen import dataclass
from codi_hook.model import (
    Applicability,
    Candidate,
    Edit,
    Finding,
    Ranked,
    Rejected,
    Rejection,
    Rule,
)
from codi_hook.shell import Document, parse
from codi_hook.source import Source

SAFE = frozenset({Applicability.SAFE})
UNSAFE = frozenset({Applicability.SAFE, Applicability.UNSAFE})

Choice = tuple[Finding, Candidate]
Count = Callable[[Document], "Counter[str]"]  # findings by code


@dataclass(frozen=True)
class Selection:
    """`data` is the file with every `applied` candidate; `skipped` says why others were not.

    Findings and spans are those of the file as it was when the choice was made: fixing goes on
    until nothing more can be done, so that a second run changes nothing.
    """

    data: bytes
    applied: tuple[Choice, ...]
    skipped: tuple[tuple[Finding, Rejected], ...]


def fix(
    document: Document,
    resolve: Callable[[Document], Sequence[Ranked]],
    allowed: frozenset[Applicability],
    rules: Sequence[Rule],
    others: Count | None = None,
) -> Selection:
    """Apply the best allowed candidate of every finding, again and again until none is left.

    `resolve` gives a document's findings with ranked, verified candidates; `others` counts those
    that no rule of `rules` makes.
    """
    applied: list[Choice] = []
    skipped: tuple[tuple[Finding, Rejected], ...] = ()
    while True:  # ends: each pass leaves some rule with fewer findings and none with more
        chosen, skipped = select(document, resolve(document), allowed, rules, others)
        if not chosen:
            break
        applied += chosen
        data = apply(document.source.data, _edits(chosen))
        document = parse(Source(data, document.source.path), document.project)
    return Selection(document.source.data, tuple(applied), skipped)


def select(
    document: Document,
    ranked: Sequence[Ranked],
    allowed: frozenset[Applicability],
    rules: Sequence[Rule],
    others: Count | None = None,
) -> tuple[list[Choice], tuple[tuple[Finding, Rejected], ...]]:
    """One pass: the candidates that go together, and those that were left out."""
    chosen: list[Choice] = []
    skipped: list[tuple[Finding, Rejected]] = []
    taken: list[Edit] = []
    for item in ranked:
        fitting = [c for c in item.candidates if c.applicability in allowed and c.edits]
        if not fitting:
            skipped += [
                (item.finding, Rejected(c, Rejection.APPLICABILITY)) for c in item.candidates[:1]
            ]
        elif any(_clash(edit, other) for edit in fitting[0].edits for other in taken):
            skipped.append((item.finding, Rejected(fitting[0], Rejection.CONFLICT)))
        else:
            chosen.append((item.finding, fitting[0]))
            taken += fitting[0].edits
    kept = _holding(document, chosen, rules, others)
    left = {id(candidate) for _, candidate in kept}
    skipped += [
        (finding, Rejected(candidate, Rejection.COMBINATION))
        for finding, candidate in chosen
        if id(candidate) not in left
    ]
    return kept, tuple(skipped)


def _clash(one: Edit, other: Edit) -> bool:
    """Overlapping edits, and insertions at one place, whose order would be a guess."""
    if one.span.start == other.span.start or one.span.end == other.span.end:
        return True
    return one.span.overlaps(other.span)


def _holding(
    document: Document, chosen: list[Choice], rules: Sequence[Rule], others: Count | None
) -> list[Choice]:
    """The largest leading part, the gravest findings first, that is correct together.

    What falls out here is tried again in the next pass, on the file as it is then. Those of
    other findings than the rules' go first: they are counted among themselves.
    """
    order = sorted(chosen, key=lambda choice: (-choice[0].rule.severity, choice[0].span))
    before = counts(document, rules)
    while order:
        data = apply(document.source.data, _edits(order))
        after = parse(Source(data, document.source.path), document.project)
        if not regressions(document, after, rules) and _progress(before, after, order, rules):
            foreign = [choice for choice in order if choice[0].rule.external]
            if not foreign or (others and _fewer(others(document), others(after), foreign)):
                break
            order = [choice for choice in order if not choice[0].rule.external]
            continue
        order = order[: len(order) - 1 if len(order) <= 8 else len(order) // 2]
    return sorted(order, key=lambda choice: choice[0].span)


def _progress(
    before: Counter[str], after: Document, chosen: list[Choice], rules: Sequence[Rule]
) -> bool:
    """Every rule of ours that was chosen for has fewer findings than before."""
    now = counts(after, rules)
    own = [finding.rule.code for finding, _ in chosen if not finding.rule.external]
    return all(now[code] < before[code] for code in own)


def _fewer(before: Counter[str], after: Counter[str], chosen: list[Choice]) -> bool:
    """Of what was chosen for there is less than before, and of nothing more."""
    if any(count > before[code] for code, count in after.items()):
        return False
    return all(after[finding.rule.code] < before[finding.rule.code] for finding, _ in chosen)


def _edits(choices: Sequence[Choice]) -> list[Edit]:
    return [edit for _, candidate in choices for edit in candidate.edits]
