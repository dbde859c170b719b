"""No candidate is shown that was not applied, parsed and linted first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from codi_hook.dockerfile import Instruction
from codi_hook.fixes.apply import BadEdits, apply, ordered
from codi_hook.fixes.patch import Patched, Patcher
from codi_hook.fixes.touched import touched
from codi_hook.frozen import dataclass
from codi_hook.lint import raw
from codi_hook.model import (
    FRAMING,
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
    """What some edits lead to: the document after them, what is broken there, the names that
    they touch, the codes of the rules that were asked, and what those report."""

    patched: Patched
    broken: tuple[Rejection, str] | None
    touched: frozenset[str]
    asked: frozenset[str] = frozenset()
    found: tuple[tuple[str, Span], ...] = ()


class Verifier:
    """Verifies the candidates of one document's findings."""

    def __init__(
        self, document: Document, rules: Sequence[Rule], recheck: Recheck | None = None
    ) -> None:
        self.document = document
        self.rules = rules
        self.recheck = recheck
        self.patcher = Patcher(document)
        self.work = 0
        self._outcomes: dict[tuple[Edit, ...], Outcome] = {}

    @cached_property
    def before(self) -> list[tuple[str, Span]]:
        """Everything the rules report now, inline ignores disregarded."""
        return [(rule.code, item.span) for rule, item in raw(self.document, self.rules)]

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
        found = outcome.broken or self._resolves(outcome, finding)
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
        broken = self._breaks(patched)
        if broken is not None:
            return Outcome(patched, broken, frozenset())
        names = touched(self.document, patched)
        concerned = self._concerned(names)
        found = tuple(
            [(rule.code, item.span) for rule, item in self._ask(patched, names, concerned)]
        )
        return Outcome(patched, None, names, frozenset([rule.code for rule in concerned]), found)

    def _breaks(self, patched: Patched) -> tuple[Rejection, str] | None:
        document = patched.document
        if document.problems:
            return Rejection.BREAKS_DOCKERFILE, document.problems[0].message
        worse = broken_scripts(document, patched.fresh) > broken_scripts(
            self.document, patched.replaced
        )
        return (Rejection.BREAKS_SHELL, "") if worse else None

    def _concerned(self, names: frozenset[str]) -> list[Rule]:
        """The rules whose findings an edit of such names may change: see `Rule.reads`."""
        if not names.isdisjoint(FRAMING):
            return list(self.rules)
        behind = not names.isdisjoint(MEANING)
        return [
            rule
            for rule, watched in self._watched
            if not watched or (behind and rule.local) or not watched.isdisjoint(names)
        ]

    def _ask(
        self, patched: Patched, names: frozenset[str], rules: Sequence[Rule]
    ) -> Iterator[tuple[Rule, Finding]]:
        """What the rules report after an edit, local ones only where it concerns them."""
        if "FROM" in names:
            yield from raw(patched.document, rules)
            return
        yield from raw(patched.document, [rule for rule in rules if not rule.local])
        behind = not names.isdisjoint(MEANING)
        end = patched.region.end if behind else patched.base
        for rule, item in raw(patched.excerpt(behind), [rule for rule in rules if rule.local]):
            if item.span.start >= end:
                yield rule, item

    @cached_property
    def _watched(self) -> list[tuple[Rule, frozenset[str]]]:
        return [
            (rule, frozenset(rule.triggers and rule.triggers + rule.reads)) for rule in self.rules
        ]

    def _stays(self, finding: Finding, outcome: Outcome) -> bool:
        """Whether an edit elsewhere cannot have resolved the finding."""
        if not finding.rule.local or "FROM" in outcome.touched:
            return False
        start = outcome.patched.region.start
        return outcome.touched.isdisjoint(MEANING) or finding.span.start < start

    def _resolves(self, outcome: Outcome, finding: Finding) -> tuple[Rejection, str] | None:
        own = finding.rule
        patched = outcome.patched
        region, base = patched.region, patched.base
        elsewhere: set[tuple[str, Span]] = set()
        there: Counter[str] = Counter()
        for code, span in self.before:
            if region.start <= span.start < region.end:
                there[code] += 1
            else:
                elsewhere.add((code, span))
        fresh: Counter[str] = Counter()
        new: set[str] = set()
        in_region = region.start <= finding.span.start < region.end
        remains = not in_region and self._stays(finding, outcome)
        found = outcome.found
        if own.code not in outcome.asked:
            found += tuple(
                [(own.code, item.span) for _, item in self._ask(patched, outcome.touched, [own])]
            )
        for code, span in found:
            if span.start >= base:
                fresh[code] += 1
            elif (code, span) not in elsewhere:
                new.add(code)
            elif code == own.code and span == finding.span:
                remains = True
        remains = remains or (in_region and fresh[own.code] >= there[own.code])
        if remains and not own.external:  # of those `recheck` knows
            return Rejection.FINDING_REMAINS, ""
        new.update(code for code, count in fresh.items() if count > there[code])
        return (Rejection.NEW_FINDING, min(new)) if new else None


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
