"""A label that should be an SPDX licence is none.

Why it matters: licence scanners read `org.opencontainers.image.licenses` as an SPDX expression.
"Apache 2", "GPLv3" or "BSD" are names that people understand and programs do not, and the last
two leave open which licence is meant.

Which alternative: the identifier in SPDX's own capitals where only they differ; what replaced a
deprecated identifier; what a common name stands for. GNU licences without "only" or "or later",
and "BSD", leave two; only the owner of the software knows which.

Why the fixes are safe: SPDX compares identifiers without regard to capitals, and says of `GPL-2.0+`
that it is `GPL-2.0-or-later`; so the label says the same, and no process in the container sees it.
All others choose a meaning and are unsafe. A value with a variable is not judged.

When to ignore: for a licence that is not on the list, say `LicenseRef-` and a name of yours.

The identifiers are those of the SPDX License List, kept in the tool; expressions with AND, OR,
WITH and brackets are valid, as the OCI image specification asks for.

Evidence: the rule asks only for labels that the project's schema names as `spdx`. In 400
public Dockerfiles with labels 24 such values were none: "Apache License 2.0" and "GPLv2" lead.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.label_kinds import is_licence
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "spdx", is_licence, "a licence of SPDX")


def candidates(finding: Finding) -> Iterator[Candidate]:
    from codi_hook.recipes.spdx import canonical, meant, successors

    value = finding.subject.value.strip()
    exact = canonical(value)
    if exact:
        reasons = (
            Reason("same-licence", f"SPDX takes {value} and {exact} for the same"),
            Reason("programs", "not every scanner is as lenient about capitals"),
        )
        title = f"Write {exact}"
        yield rewritten(finding, "spdx-capitals", title, exact, reasons, Applicability.SAFE)
        return
    later = successors(value)
    for name in later:
        one = len(later) == 1
        reasons = (
            Reason("deprecated", f"SPDX has replaced {value}"),
            Reason("says-same", f"{name} is what it stood for")
            if one
            else Reason("choose", f"{value} did not say whether later versions count too"),
        )
        level = Applicability.SAFE if one else Applicability.UNSAFE
        yield rewritten(
            finding, _template("successor", name), f"Write {name}", name, reasons, level
        )
    for name in () if later else meant(value):
        reasons = (
            Reason("common-name", f"{value} is a common name of {name}"),
            Reason("look", "the licence's own text says which version and clauses hold"),
        )
        yield rewritten(finding, _template("meant", name), f"Write {name}", name, reasons)
    if not later:
        yield from_argument(finding, "spdx")
    yield by_hand(finding, "an identifier of spdx.org/licenses")


def _template(kind: str, name: str) -> str:
    ending = name.rpartition("-")[2]
    return f"{kind}-{ending}" if ending in ("only", "later") else kind


RULE = Rule(
    "DL3054",
    "label-licence",
    Severity.WARNING,
    "A label is not an SPDX licence",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "meant: unsafe",
        "build-argument: unsafe",
        "write-it: display",
        "spdx-capitals: safe",
        "successor-only: unsafe",
        "successor-later: safe, unsafe",
        "meant-only: unsafe",
        "meant-later: unsafe",
    ),
)
