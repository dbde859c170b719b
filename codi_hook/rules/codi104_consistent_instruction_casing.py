"""Keywords in different cases.

Why it matters: the builder does not care, but readers and tools that search for `^RUN` do, and
`docker build` warns about every keyword that is not like most of the others.

Which alternative: the odd keyword in the case of the majority is the smallest change. All the odd
ones at once is the same, done for the whole file. Where hardly anything decides the majority, or
it is lower case, all keywords in capitals is what the Dockerfile reference recommends.

Why the fixes are safe: BuildKit reads keywords in any case, so the parsed file is the same. AS in
a FROM follows its FROM where it was in the same case before.

When to ignore: where a generator writes the file.

Evidence: in 10 of 1,000 public Dockerfiles. Looked at: a file that begins with `From` and goes on
in capitals, two with a single `Run` (one of them with `From` too), one in lower case but for FROM
and MAINTAINER, and one that has 12 keywords in capitals and 17 in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.casing import is_upper, majority


def check(document: Document) -> Iterator[Finding]:
    cases = {is_upper(item) for item in document.instructions}
    if len(cases) < 2 and None not in cases:
        return
    upper = majority(document.instructions)
    for item in document.instructions:
        if is_upper(item) != upper:
            written = item.source.text(item.keyword_span)
            case = "upper" if upper else "lower"
            yield Finding(item.keyword_span, item, f"{written} is not in {case} case")


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    upper = majority(document.instructions)
    odd = [one for one in document.instructions if is_upper(one) != upper]
    count = len(document.instructions) - len(odd)
    wanted = _cased(item.keyword, upper)
    most = Reason("majority", f"{count} of {len(document.instructions)} keywords are written so")
    yield Candidate(
        "match-majority",
        f"Write {wanted}",
        _write(item, upper),
        Applicability.SAFE,
        (most, Reason("same-parse", f"BuildKit reads {wanted} in any case")),
    )
    if len(odd) > 1:
        yield Candidate(
            "match-all",
            f"Write all keywords like {wanted}",
            tuple(edit for one in odd for edit in _write(one, upper)),
            Applicability.SAFE,
            (most, Reason("at-once", f"{len(odd)} keywords of the file are odd")),
        )
    if not upper:
        low = [one for one in document.instructions if not is_upper(one)]
        yield Candidate(
            "all-upper",
            "Write all keywords in capitals",
            tuple(edit for one in low for edit in _write(one, upper=True)),
            Applicability.SAFE,
            (
                Reason("convention", "capitals are what the Dockerfile reference recommends"),
                Reason("apart", "keywords are then told from their arguments at a glance"),
            ),
        )


def _cased(word: str, upper: bool) -> str:
    return word.upper() if upper else word.lower()


def _write(item: Instruction, upper: bool) -> tuple[Edit, ...]:
    """The keyword in that case, and AS along with FROM."""
    edits = [Edit(item.keyword_span, _cased(item.keyword, upper))]
    if item.keyword == "FROM" and len(item.arguments) == 3:
        edits.append(Edit(item.arguments[1].span, _cased("as", upper)))
    return tuple(edits)


RULE = Rule(
    "CODI104",
    "consistent-instruction-casing",
    Severity.WARNING,
    "Keywords are written in one case",
    check,
    candidates,
    aliases=("ConsistentInstructionCasing",),
    templates=(
        "match-majority: safe",
        "match-all: safe",
        "all-upper: safe",
    ),
)
