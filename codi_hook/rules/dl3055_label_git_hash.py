"""A label that should be a git hash is none.

Why it matters: `org.opencontainers.image.revision` tells from which commit an image was built.
A branch name or a tag moves; only the hash still leads to the commit a year later.

Which alternative: the hash is known when the image is built, so it comes from a build argument
(`--build-arg VCS_REF=$(git rev-parse HEAD)`). Capitals become small letters.

Why the fixes are safe or unsafe: git reads a hash without regard to capitals and writes it in
small letters, so that change is safe: it names the same commit. With a build argument the label
is empty unless it is given: unsafe. A value with a variable is not judged.

When to ignore: where another system than git names the revisions.

Valid are the 40 digits of SHA-1, the 64 of SHA-256, and abbreviations of 7 and more digits: git
writes more than 7 by itself in a large repository.

Evidence: the rule asks only for labels that the project's schema names as `hash`. Of 218
`org.label-schema.vcs-ref` labels in 16,167 public Dockerfiles 190 are variables and 12 empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.label_kinds import is_hash
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "hash", is_hash, "a git hash")


def candidates(finding: Finding) -> Iterator[Candidate]:
    value = finding.subject.value
    small = value.strip().lower()
    if is_hash(small):
        reasons = (
            Reason("same-commit", f"git takes both for the commit {small[:7]}"),
            Reason("compared", "a filter compares letter by letter with what git prints"),
        )
        title = f"Write {small}"
        yield rewritten(finding, "small-letters", title, small, reasons, Applicability.SAFE)
    yield from_argument(finding, "hash")
    yield by_hand(finding, "the hash that git rev-parse HEAD prints")


RULE = Rule(
    "DL3055",
    "label-git-hash",
    Severity.WARNING,
    "A label is not a git hash",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "build-argument: unsafe",
        "write-it: display",
        "small-letters: safe",
    ),
)
