"""ENV or LABEL in the old form, with a blank between key and value.

Why it matters: in the old form everything up to the end of the line is the value. A second
`key=value` on the line becomes part of the first value, a `=` between blanks becomes its first
character, and neither is reported. BuildKit keeps the form for old files alone and warns about it.

Which alternative: `key=value` with quotes where the value has blanks keeps the value exactly.
Neighbours of the same kind become one instruction with a
pair on each line where they do not use each other's variables: shorter, and one step of the build.
Where the old form has read something else than was written down (`ENV a = b`, `ENV a b c=d`),
the other alternative sets what was probably meant.

Why the fixes are safe: both forms take variables, quotes and escapes out of the value by the same
rules; they differ in what ends it. A value without blanks outside quotes is one word and stays as
it is. Blanks outside quotes are put between double quotes where nothing in the value means
something else there (no quote, no escape character, only plain variables), and are escaped one by
one where something does. A key that quotes or escapes is left alone. One instruction sets its
pairs in order with the values that variables had before it, so neighbours are put together only
where none takes a variable that another of them sets, and no key comes twice. What sets another
value than before is `unsafe`.

When to ignore: never; the old form says nothing that today's cannot.

Evidence: in 355 of 1,000 public Dockerfiles. Looked at: a front end for apt, a home folder with a
variable in it, a version, a mode of an application server and a checksum; each is one word, so
that an equals sign is all that changes. Of 18,265 findings 17 have no certain spelling and are
left to a person.
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
from codi_hook.recipes.legacy import is_legacy, meant, modern
from codi_hook.recipes.pair_runs import merge, run_of


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword in ("ENV", "LABEL") and is_legacy(item):
            key = item.pairs[0].key
            message = f"{item.keyword} {key.value} is in the old form, without ="
            yield Finding(item.pairs[0].span, item, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    escape = finding.document.escape
    key = item.pairs[0].key.value
    guess = meant(item, escape)
    edits = modern(item, escape)
    value = item.pairs[0].value
    if edits is not None and value is not None:
        yield Candidate(
            "equals-form",
            f"Write {key}=…",
            edits,
            Applicability.SAFE,
            (
                Reason("same-value", f"{key} keeps the value that it has now"),
                Reason("ends-visibly", "quotes or the next blank then end the value"),
                Reason("old-form", "BuildKit warns about the form without ="),
            ),
        )
    run = run_of(finding.document, item)
    merged = merge(finding.document, run) if len(run) > 1 else None
    if merged is not None:
        yield Candidate(
            "merge-neighbours",
            f"Put the {len(run)} neighbouring {item.keyword} lines into one",
            merged,
            Applicability.SAFE,
            (
                Reason("one-step", f"{len(run)} steps of the build become one"),
                Reason("same-values", "none of the lines uses a variable that another one sets"),
            ),
        )
    if guess is None or value is None:
        return
    kind, text = guess
    if kind == "equals":
        yield Candidate(
            "drop-blanks-around-equals",
            f"Set {text}",
            (Edit(item.body_span, text),),
            Applicability.UNSAFE,
            (
                Reason("equals-in-value", f"the value of {key} begins with = as it stands"),
                Reason("other-value", f"{key} gets another value than it has now"),
            ),
        )
    else:
        yield Candidate(
            "separate-pairs",
            f"Set {text}",
            (Edit(item.body_span, text),),
            Applicability.UNSAFE,
            (
                Reason("one-value", f"all of the line is the value of {key} as it stands"),
                Reason("other-value", f"{key} gets another value than it has now"),
            ),
        )


RULE = Rule(
    "CODI107",
    "legacy-key-value-format",
    Severity.WARNING,
    "ENV and LABEL are written with = between key and value",
    check,
    candidates,
    aliases=("LegacyKeyValueFormat",),
    triggers=("ENV", "LABEL"),
    local=True,
    templates=(
        "equals-form: safe",
        "drop-blanks-around-equals: unsafe",
        "separate-pairs: unsafe",
        "merge-neighbours: safe",
    ),
    default=False,
)
