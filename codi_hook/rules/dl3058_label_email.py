"""A label that should be an e-mail address is none.

Why it matters: where a schema asks for an address, something sends to it: an alert about a
vulnerable image, or the question who owns it. A name, a web page or two addresses do not work.

Which alternative: the address that stands in the value already, without the name around it. The
name has a place of its own, `org.opencontainers.image.authors`, which may be free text.

Why the fixes are unsafe: the name is lost, or of two addresses one. A value with a variable is
not judged.

When to ignore: for a team that is reached in another way; then the label is better `text` or
`url` in the schema.

Evidence: the rule asks only for labels that the project's schema names as `email`. In 400
public Dockerfiles with labels 143 values of `maintainer` were none, 102 of them with an address
inside.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.label_kinds import is_email
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten

_inside = pattern(r"(?<![\w.+-])[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "email", is_email, "an e-mail address")


def candidates(finding: Finding) -> Iterator[Candidate]:
    value = finding.subject.value
    for number, address in enumerate(dict.fromkeys(_inside.findall(value)), 1):
        if number > 2 or not is_email(address):
            break
        reasons = (
            Reason("in-the-value", f"{address} stands in the label already"),
            Reason("loses-rest", "what stood around it goes"),
        )
        template = "address-alone" if number == 1 else "other-address"
        yield rewritten(finding, template, f"Write {address} alone", address, reasons)
    yield from_argument(finding, "email")
    yield by_hand(finding, "one address, such as team@example.org")


RULE = Rule(
    "DL3058",
    "label-email",
    Severity.WARNING,
    "A label is not an e-mail address",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "address-alone: unsafe",
        "build-argument: unsafe",
        "write-it: display",
        "other-address: unsafe",
    ),
)
