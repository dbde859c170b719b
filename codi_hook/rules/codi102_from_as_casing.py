"""FROM and AS in different cases.

Why it matters: `FROM … as` reads like two languages in one line. Nothing else happens, but
`docker build` warns about it on every build, and the warning hides those that matter.

Which alternative: AS in the case of FROM touches the line that is odd. Where the file writes its
other keywords like the AS, FROM is the odd one, and the second alternative says so.

Why the fixes are safe: keywords are read in any case, so the parsed instruction is the same.

When to ignore: where a generator writes the file.

Evidence: in 33 of 1,000 public Dockerfiles. Looked at: a Go build, a Maven build, a Node build, an
Ubuntu stage called app and one called fetcher, all of them `FROM … as`.
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
from codi_hook.recipes.casing import majority


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("FROM"):
        written = item.source.text(item.keyword_span)
        if len(item.arguments) != 3 or not (written.isupper() or written.islower()):
            continue
        word = item.arguments[1]
        if word.value != ("as" if written.islower() else "AS"):
            yield Finding(word.span, item, f"{word.value} is not in the case of {written}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    written = item.source.text(item.keyword_span)
    word = item.arguments[1]
    wanted = "as" if written.islower() else "AS"
    yield Candidate(
        "match-from",
        f"Write {wanted}",
        (Edit(word.span, wanted),),
        Applicability.SAFE,
        (
            Reason("one-case", f"the line then says {written} and {wanted}"),
            Reason("no-warning", "docker build no longer warns about the line"),
        ),
    )
    other = written.upper() if word.value.isupper() else written.lower()
    rest = [thing for thing in finding.document.instructions if thing.keyword != "FROM"]
    if other != written and rest and majority(rest) == word.value.isupper():
        yield Candidate(
            "match-as",
            f"Write {other}",
            (Edit(item.keyword_span, other),),
            Applicability.SAFE,
            (
                Reason("like-the-rest", f"the file writes its other keywords like {other}"),
                Reason("no-warning", "docker build no longer warns about the line"),
            ),
        )


RULE = Rule(
    "CODI102",
    "from-as-casing",
    Severity.WARNING,
    "AS is written in the case of FROM",
    check,
    candidates,
    aliases=("FromAsCasing",),
    triggers=("FROM",),
    templates=(
        "match-from: safe",
        "match-as: safe",
    ),
)
