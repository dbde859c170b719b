"""Labels by history: a commit after which a finding is gone, and the candidate that did it.

If what a candidate does to the instructions is part of what the human did to them, and that holds
of exactly one, it is the human's choice. If it holds of none, the template for it is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

from codi_hook import registry
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Document, Finding, Rule, Verified
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.pairs.results import result, vetoing
from trainer.pairs.same import meanings, parsed, squeezed

FINDINGS = 12  # of one change: more are gone only where the file was written anew
Said = Counter[str]


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in registry.rules() if not rule.external)


def choices(
    before: str, after: str, path: str, tally: Counter[str]
) -> Iterator[tuple[Verified, int | None]]:
    """Every finding that the change resolved, with the index of the human's candidate among
    those verified, or None where no candidate did what the human did.

    Findings with fewer than two candidates are passed over; there is no choice to learn from.
    """
    old, new = (parse(Source(text.encode(), path)) for text in (before, after))
    if old.problems or new.problems:
        return
    gone = _gone(old, new)
    tally["findings gone"] += len(gone)
    if len(gone) > FINDINGS:
        tally["written anew"] += 1
        return
    human = _Human(old, new)
    for finding in gone:
        verified = verify(old, (finding,), vetoing(finding.code))[0]
        if len(verified.candidates) < 2:
            tally["no alternative"] += 1
            continue
        found = human.chosen(verified)
        if len(found) > 1:
            tally["not exactly one"] += 1
            continue
        tally["label" if found else "other"] += 1
        yield verified, found[0] if found else None


def _gone(old: Document, new: Document) -> list[Finding]:
    left = Counter(map(_about, lint(new, _rules(), ignores=False)))
    found = []
    for finding in lint(old, _rules(), ignores=False):
        left[_about(finding)] -= 1
        if left[_about(finding)] < 0:
            found.append(finding)
    return found


def _about(finding: Finding) -> tuple[str, bytes]:
    return finding.code, squeezed(finding.document.source.bytes(finding.span))


class _Human:
    """What a human took out of the instructions and put in, twice: in letters and in meaning."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.ways: list[tuple[Callable[[Document], Said], Said, Said, Said]] = []
        for say in (_letters, meanings):
            one, other = say(old), say(new)
            self.ways.append((say, one, one - other, other - one))

    def chosen(self, verified: Verified) -> list[int]:
        """The candidates whose change is part of the human's; the first way that finds any
        decides."""
        documents = [
            parsed(data, self.old) if (data := result(verified.finding, one)) else None
            for one in verified.candidates
        ]
        for say, old, out, put in self.ways:
            found = []
            for index, document in enumerate(documents):
                if document is None or document.problems:
                    continue
                new = say(document)
                if (old - new) <= out and (new - old) <= put and new != old:
                    found.append(index)
            if found:
                return found
        return []


def _letters(document: Document) -> Said:
    """Every instruction without its white space, to the letter."""
    return Counter(
        squeezed(item.source.bytes(item.span)).decode("utf-8", "replace")
        for item in document.instructions
    )
