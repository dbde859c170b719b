"""ONBUILD triggers an instruction that cannot be triggered.

Why it matters: ONBUILD, FROM and MAINTAINER cannot run in the middle of another build. BuildKit
refuses the file.

Which alternative: one ONBUILD where two stand. For MAINTAINER a label, which images built on this
one then carry; without ONBUILD it would be a label of this image alone. A FROM has no counterpart
and goes.

Why the fixes are only shown: a file that could not be built then can, and what it builds nobody
has seen before. Nothing is applied to a file that BuildKit refuses.

When to ignore: never. With the rule switched off, the file is reported as CODI000 all the same.

Evidence: none in 16,167 public Dockerfiles, for hadolint as for this rule: a build shows it at
once.
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
from codi_hook.recipes.instructions import cased, delete
from codi_hook.recipes.values import quoted, unquoted
from codi_hook.source import Span

_REFUSED = ("FROM", "MAINTAINER", "ONBUILD")


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        trigger = item.trigger
        if trigger is not None and trigger.keyword in _REFUSED:
            yield Finding(trigger.keyword_span, item, f"ONBUILD cannot trigger {trigger.keyword}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    trigger = item.trigger
    if trigger is None:
        return
    if trigger.keyword == "ONBUILD":
        yield Candidate(
            "one-onbuild",
            "Write ONBUILD once",
            (Edit(Span(item.keyword_span.start, trigger.keyword_span.start), ""),),
            Applicability.DISPLAY,
            (
                Reason("once", "one ONBUILD already waits for the build on top of this image"),
                Reason("no-chain", "a trigger for the build after that one does not exist"),
            ),
        )
    elif trigger.keyword == "MAINTAINER" and trigger.arguments:
        yield _label(finding, item, trigger)
    yield Candidate(
        "drop-instruction",
        "Take the line out",
        (delete(item),),
        Applicability.DISPLAY,
        (
            Reason("refused", f"as it stands, ONBUILD {trigger.keyword} stops every build"),
            Reason("says-less", "what the line was meant to do is then done nowhere"),
        ),
    )


def _label(finding: Finding, item: Instruction, trigger: Instruction) -> Candidate:
    name = quoted(unquoted(trigger.arguments[0].value), finding.document.escape)
    span = Span(trigger.keyword_span.start, trigger.body_span.end)
    return Candidate(
        "onbuild-label",
        "Use the label org.opencontainers.image.authors",
        (Edit(span, f"{cased(item, 'LABEL')} org.opencontainers.image.authors={name}"),),
        Applicability.DISPLAY,
        (
            Reason("may-be-triggered", "LABEL is an instruction that ONBUILD can trigger"),
            Reason("oci-key", "the key is the one that the OCI image specification names"),
        ),
    )


RULE = Rule(
    "DL3043",
    "onbuild-trigger",
    Severity.ERROR,
    "ONBUILD cannot trigger ONBUILD, FROM or MAINTAINER",
    check,
    candidates,
    triggers=("ONBUILD",),
    templates=(
        "one-onbuild: display",
        "drop-instruction: display",
        "onbuild-label: display",
    ),
    refused=True,
)
