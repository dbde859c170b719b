"""A label that should be a time of RFC 3339 is none.

Why it matters: `org.opencontainers.image.created` and its like are sorted, compared and shown by
tools that read one format only: `2024-05-31T13:45:00Z`. A date alone, or a time without a zone,
is read differently by each of them or not at all.

Which alternative: the time of a build is known when it is built, so it comes from a build
argument. A value that lacks parts is completed, in UTC, where its date is plain.

Why the fixes are unsafe: nothing in the container changes, but the file does not say the time of
day or the zone that a completed value claims. A value with a variable is not judged.

When to ignore: for a date that is none of an event, such as a support period; such a label is
better `text` in the schema.

Evidence: the rule asks only for labels that the project's schema names as `rfc3339`. Most of
the 219 labels `org.label-schema.build-date` in 16,167 public Dockerfiles are variables; of 400
files with labels five had another value, four of them dates that could be completed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.label_kinds import is_time
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten

_parts = pattern(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T _]?(\d\d):?(\d\d)(?::?(\d\d))?)?\s?(Z|UTC|[+-]\d\d:?\d\d)?\Z",
    re.IGNORECASE,
).match


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "rfc3339", is_time, "a time of RFC 3339")


def candidates(finding: Finding) -> Iterator[Candidate]:
    yield from_argument(finding, "rfc3339")
    match = _parts(finding.subject.value.strip())
    if match:
        year, month, day, hour, minute, second, zone = match.groups("")
        zone = "Z" if zone.upper() in ("", "Z", "UTC") else f"{zone[:3]}:{zone[-2:]}"
        text = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
        if is_time(text):
            reasons = (
                Reason("same-day", f"the date {year}-{month}-{day} stays what it was"),
                Reason("adds", "what the label did not say is filled with zeros and UTC"),
            )
            yield rewritten(finding, "complete", f"Write {text}", text, reasons)
    yield by_hand(finding, "a time such as 2024-05-31T13:45:00Z")


RULE = Rule(
    "DL3053",
    "label-time",
    Severity.WARNING,
    "A label is not a time of RFC 3339",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "build-argument: unsafe",
        "complete: unsafe",
        "write-it: display",
    ),
)
