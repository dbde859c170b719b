"""Labels by reversal: inject a smell into an author's file, and see which candidate restores it.

Where a file follows a practice in one of the ways that our templates know, the injection takes
it out, the rule finds the place, and if exactly one of the offered candidates gives the author's
text back, that candidate is what the author chose. `same` says what counts as the author's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

from codi_hook.fixes.apply import BadEdits, apply
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Document, Finding, Verified
from trainer.inject import Injection, injections
from trainer.pairs.results import by_code, result, vetoing
from trainer.pairs.same import Author, parsed

PLACES = 2  # of one injection in one file: a file that says a thing ten times counts as two


def reversals(
    document: Document, tally: Counter[str] | None = None
) -> Iterator[tuple[Injection, Verified, int]]:
    """Every label that the author's file gives: the injection, the finding (in the document with
    the smell) with its verified candidates, and the index of the author's.

    `tally` counts what became of every injection.
    """
    tally = Counter() if tally is None else tally
    author = Author(document)
    for one in injections():
        if document.names.isdisjoint(one.needs) or not _drawn(document, one):
            continue
        for data in _injected(document, one):
            tally["injected"] += 1
            yield from _labels(author, one, data, tally)


def _drawn(document: Document, one: Injection) -> bool:
    """Whether the file is among those that the injection is tried on; the content decides."""
    drawn = sha256(one.name.encode() + document.source.data).digest()
    return int.from_bytes(drawn[:4], "big") < one.share * 2**32


def _injected(document: Document, one: Injection) -> list[bytes]:
    """The file with the smell, at up to PLACES places, which the content chooses."""
    source = document.source.data
    results: dict[bytes, None] = {}
    for edits in one.make(document):
        try:
            results[apply(source, edits)] = None
        except BadEdits:  # two parts of one place overlap
            continue
    results.pop(source, None)
    return sorted(results, key=lambda data: sha256(data).digest())[:PLACES]


def _labels(
    author: Author, one: Injection, data: bytes, tally: Counter[str]
) -> Iterator[tuple[Injection, Verified, int]]:
    document = parsed(data, author.document)
    if document.problems:
        tally["does not parse"] += 1
        return
    findings = _new(author.document, document, one.codes)
    if not findings:
        tally["no finding"] += 1
    for finding in findings:
        candidates = tuple(finding.rule.candidates(finding))
        if len(candidates) < 2:
            tally["no alternative"] += 1
            continue
        if not any(author.said(result(finding, one)) for one in candidates):
            tally["not restored"] += 1
            continue
        verified = verify(document, (finding,), vetoing(finding.code))[0]
        label = labelled(verified, author)
        if label is None:
            tally["not exactly one"] += 1
        elif len(verified.candidates) < 2:
            tally["no alternative"] += 1
        else:
            tally["label"] += 1
            yield one, verified, label


def _new(before: Document, after: Document, codes: Sequence[str]) -> list[Finding]:
    """What the rules find after an injection and did not find before."""
    rules = [by_code()[code] for code in codes]
    known = Counter(map(_about, lint(before, rules, ignores=False)))
    found = []
    for item in lint(after, rules, ignores=False):
        known[_about(item)] -= 1
        if known[_about(item)] < 0:
            found.append(item)
    return found


def _about(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.document.source.text(finding.span)


def labelled(verified: Verified, author: Author) -> int | None:
    """The index of the one candidate that gives the author's text back, or else says the same;
    None if none or several do."""
    results = [result(verified.finding, one) for one in verified.candidates]
    for same in (author.wrote, author.said):
        found = [index for index, data in enumerate(results) if data and same(data)]
        if found:
            return found[0] if len(found) == 1 else None
    return None
