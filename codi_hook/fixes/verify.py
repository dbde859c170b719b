"""No candidate is shown that was not applied, parsed and linted first."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from codi_hook.dockerfile import Instruction
from codi_hook.fixes.apply import BadEdits, apply, ordered
from codi_hook.fixes.concern import indexed
from codi_hook.fixes.patch import Patched, Patcher
from codi_hook.fixes.touched import touched
from codi_hook.frozen import dataclass
from codi_hook.lint import raw
from codi_hook.model import (
    MEANING,
    Candidate,
    Edit,
    Finding,
    Rejected,
    Rejection,
    Rule,
    Verified,
)
from codi_hook.shell import Document
from codi_hook.source import Span, encode

# Verifying a candidate costs a lint of the document. Where the candidates tried so far, times
# the bytes of the file, exceed this, no more are tried (reason "budget"): it bounds the time that
# a hostile file can take and is beyond what real files need.
WORK_LIMIT = 3_000_000


def verify(
    document: Document,
    findings: Iterable[Finding],
    rules: Sequence[Rule],
    recheck: Recheck | None = None,
) -> tuple[Verified, ...]:
    """Each finding with the candidates that hold, and the others with the reason why not.

    `rules` are those that no candidate may give a new finding of: all that there are. `recheck`
    has the last word; it knows findings that no rule here makes.
    """
    verifier = Verifier(document, rules, recheck)
    return tuple([verifier.verify(finding) for finding in findings])


# Why a candidate for a finding does not hold after all, or None.
Recheck = Callable[[Finding, Candidate], "tuple[Rejection, str] | None"]
_NOT_TRIED = Rejected(
    Candidate("any", "No candidate was tried: the file has too many", ()), Rejection.BUDGET
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What some edits lead to: the part that was parsed anew and where spans in it begin, what is
    broken there, the names that were touched, the rules that were asked, and what they report."""

    region: Span
    base: int
    broken: tuple[Rejection, str] | None
    touched: frozenset[str] = frozenset()
    asked: int = 0
    found: tuple[tuple[str, Span], ...] = ()


class Verifier:
    """Verifies the candidates of one document's findings."""

    def __init__(
        self, document: Document, rules: Sequence[Rule], recheck: Recheck | None = None
    ) -> None:
        self.document = document
        self.rules = indexed(rules)
        self.recheck = recheck
        self.patcher = Patcher(document)
        self.work = 0
        self._outcomes: dict[tuple[Edit, ...], Outcome] = {}

    @cached_property
    def before(self) -> list[tuple[Span, str]]:
        """Everything the rules report now, inline ignores disregarded, by place."""
        found = raw(self.document, self.rules.rules)
        return sorted((item.span, rule.code) for rule, item in found)

    @cached_property
    def _triggered(self) -> int:
        return self.rules.triggered(self.document.names)

    @cached_property
    def _before(self) -> frozenset[tuple[Span, str]]:
        return frozenset(self.before)

    def verify(self, finding: Finding) -> Verified:
        if self.work > WORK_LIMIT:
            return Verified(finding, (), (_NOT_TRIED,))
        offered: list[Candidate] = []
        rejected: list[Rejected] = []
        results: set[bytes] = set()
        for candidate in finding.rule.candidates(finding):
            if not candidate.edits:  # nothing to apply: advice, for a person to read
                offered.append(candidate)
                continue
            reason, detail = self._judge(finding, candidate, results)
            if reason is None:
                offered.append(candidate)
            else:
                rejected.append(Rejected(candidate, reason, detail))
        return Verified(finding, tuple(offered), tuple(rejected))

    def _judge(
        self, finding: Finding, candidate: Candidate, results: set[bytes]
    ) -> tuple[Rejection | None, str]:
        data = self.document.source.data
        try:
            edits = tuple(ordered(candidate.edits, len(data)))
        except BadEdits as error:
            return Rejection.OUT_OF_BOUNDS, str(error)
        edits = tuple([edit for edit in edits if self._changes(edit)])
        if not edits:
            return Rejection.NO_CHANGE, ""
        self.work += len(data)
        result = apply(data, edits)
        if result in results:
            return Rejection.DUPLICATE, ""
        results.add(result)
        outcome = self._outcome(edits)
        found = outcome.broken or self._resolves(outcome, finding, edits)
        if found is None and self.recheck is not None:
            found = self.recheck(finding, candidate)
        return found or (None, "")

    def _changes(self, edit: Edit) -> bool:
        return self.document.source.bytes(edit.span) != encode(edit.replacement)

    def _outcome(self, edits: tuple[Edit, ...]) -> Outcome:
        """Findings of several rules are often resolved by one and the same edit."""
        known = self._outcomes.get(edits)
        if known is None:
            known = self._outcomes[edits] = self._tried(self.patcher.patch(edits))
        return known

    def _tried(self, patched: Patched) -> Outcome:
        region, base = patched.region, patched.base
        broken = self._breaks(patched)
        if broken is not None:
            return Outcome(region, base, broken)
        names = touched(self.document, patched)
        asked = self._concerned(names)
        found = self._ask(patched, names, asked)
        return Outcome(region, base, None, names, asked, tuple(found))

    def _breaks(self, patched: Patched) -> tuple[Rejection, str] | None:
        document = patched.document
        if document.problems:
            return Rejection.BREAKS_DOCKERFILE, document.problems[0].message
        worse = broken_scripts(document, patched.fresh) > broken_scripts(
            self.document, patched.replaced
        )
        return (Rejection.BREAKS_SHELL, "") if worse else None

    def _concerned(self, names: frozenset[str]) -> int:
        return self.rules.concerned(names)

    def _ask(
        self, patched: Patched, names: frozenset[str], asked: int
    ) -> Iterator[tuple[str, Span]]:
        """What rules report after an edit, local ones only where it concerns them."""
        rules = self.rules
        asked &= self._triggered | rules.triggered(names)
        local = 0 if "FROM" in names else rules.local
        for rule, item in rules.check(patched.document, asked & ~local):
            yield rule.code, item.span
        if asked & local:
            behind = not names.isdisjoint(MEANING)
            end = patched.region.end if behind else patched.base
            part = patched.excerpt(behind)
            for rule, item in rules.check(part, asked & local & rules.triggered(part.names)):
                if item.span.start >= end:
                    yield rule.code, item.span

    def _stays(self, finding: Finding, outcome: Outcome) -> bool:
        """Whether an edit elsewhere cannot have resolved the finding."""
        if not finding.rule.local or "FROM" in outcome.touched:
            return False
        return outcome.touched.isdisjoint(MEANING) or finding.span.start < outcome.region.start

    def _resolves(
        self, outcome: Outcome, finding: Finding, edits: tuple[Edit, ...]
    ) -> tuple[Rejection, str] | None:
        own, region = finding.code, outcome.region
        there = self._there(region)
        fresh: Counter[str] = Counter()
        new: set[str] = set()
        in_region = region.start <= finding.span.start < region.end
        remains = not in_region and self._stays(finding, outcome)
        found = outcome.found
        alone = self.rules.only(finding.rule)
        if not alone & outcome.asked:
            found += tuple(self._ask(self.patcher.patch(edits), outcome.touched, alone))
        for code, span in found:
            if span.start >= outcome.base:
                fresh[code] += 1
            elif region.start <= span.start < region.end or (span, code) not in self._before:
                new.add(code)
            elif code == own and span == finding.span:
                remains = True
        remains = remains or (in_region and fresh[own] >= there[own])
        if remains and not finding.rule.external:  # of those `recheck` knows
            return Rejection.FINDING_REMAINS, ""
        new.update(code for code, count in fresh.items() if count > there[code])
        return (Rejection.NEW_FINDING, min(new)) if new else None

    def _there(self, region: Span) -> Counter[str]:
        """How many findings of each rule begin in the region now."""
        first = bisect_left(self.before, ((region.start, -1), ""))
        last = bisect_left(self.before, ((region.end, -1), ""))
        return Counter([code for _, code in self.before[first:last]])


def broken_scripts(document: Document, instructions: Iterable[Instruction]) -> int:
    """How many of the instructions hold a script that is not shell."""
    scripts = [document.script(item.trigger or item) for item in instructions]
    return sum(1 for script in scripts if script is not None and script.error is not None)


def regressions(before: Document, after: Document, rules: Sequence[Rule]) -> list[str]:
    """What is wrong with `after` that was not wrong with `before`, both parsed as a whole:
    ["parse"], ["shell"], or the codes of which there are more findings. Empty is good."""
    if after.problems:
        return ["parse"]
    if broken_scripts(after, after.instructions) > broken_scripts(before, before.instructions):
        return ["shell"]
    old, new = counts(before, rules), counts(after, rules)
    return sorted(code for code in new if new[code] > old[code])


def counts(document: Document, rules: Sequence[Rule]) -> Counter[str]:
    """How many findings each rule has in a document, inline ignores disregarded."""
    return Counter(rule.code for rule, _ in raw(document, rules))
