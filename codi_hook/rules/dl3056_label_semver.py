"""A label that should be a semantic version is none.

Why it matters: tools that sort images by version, or decide what is newer, read
`MAJOR.MINOR.PATCH` with an optional `-pre.release` and `+build`. "v1.2", "1.2" or "latest" sort
wrongly or not at all.

Which alternative: a leading "v" goes, missing parts become zero, and what a release script knows
comes from a build argument.

Why the fixes are unsafe: nothing in the container changes, but who compares the label with the
tag in git misses the "v", and "1.2" need not mean 1.2.0. A value with a variable is not judged.

When to ignore: for software that counts otherwise, by date for example. Such a label is better
`text` in the schema.

Evidence: the rule asks only for labels that the project's schema names as `semver`. In 400
public Dockerfiles with labels 48 such values were none, 39 of them short ones such as "1.0".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.label_kinds import is_semver
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten

_loose = pattern(r"[vV=]{0,2}(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+][0-9A-Za-z.+-]+)?\Z", re.ASCII).match


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "semver", is_semver, "a semantic version")


def candidates(finding: Finding) -> Iterator[Candidate]:
    value = finding.subject.value.strip()
    match = _loose(value)
    if match:
        major, minor, patch, rest = match.groups()
        text = f"{major}.{minor or 0}.{patch or 0}{rest or ''}"
        if is_semver(text):
            filled = not patch
            reasons = (
                Reason("sorts", f"{text} can be compared with other versions"),
                Reason("zeros", f"{value} does not say the parts that become zero")
                if filled
                else Reason("no-prefix", "the standard has no letter before the number"),
            )
            template = "fill-version" if filled else "drop-prefix"
            yield rewritten(finding, template, f"Write {text}", text, reasons)
    yield from_argument(finding, "semver")
    yield by_hand(finding, "a version such as 1.4.2")


RULE = Rule(
    "DL3056",
    "label-semver",
    Severity.WARNING,
    "A label is not a semantic version",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "drop-prefix: unsafe",
        "build-argument: unsafe",
        "write-it: display",
        "fill-version: unsafe",
    ),
)
