"""A label of the schema is empty.

Why it matters: an empty label passes every check for being there and says nothing. It mostly
comes from a template that nobody has filled in.

Which alternative: what differs from build to build comes from a build argument. Where the image
already has the label from an earlier line, taking the empty one out brings that value back.

Why the fixes are unsafe: the label says something else afterwards.

When to ignore: where something later fills the label in, as `docker build --label` does.

Evidence: the rule asks only for labels that the project's schema names. In 16,167 public
Dockerfiles 12 labels `org.label-schema.vcs-url` of 269 are empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import without_pair
from codi_hook.recipes.labels import by_hand, from_argument, labels


def check(document: Document) -> Iterator[Finding]:
    schema = {key for key, _kind in document.project.label_schema}
    for label in labels(document) if schema else ():
        if label.key in schema and label.value == "":
            yield Finding(label.pair.span, label, f"The label {label.key} is empty")


def candidates(finding: Finding) -> Iterator[Candidate]:
    label, document = finding.subject, finding.document
    stage = document.stage_of(label.instruction)
    above = [
        other
        for other in labels(document)
        if other.key == label.key and other.pair.span < label.pair.span and other.value != ""
        if document.stage_of(other.instruction) in (tuple(stage.lineage()) if stage else ())
    ]
    if above:
        line = above[-1].instruction.start_line
        yield Candidate(
            "drop-label",
            "Take the empty label out",
            (without_pair(label.instruction, label.pair),),
            Applicability.UNSAFE,
            (
                Reason("set-above", f"line {line} gives {label.key} a value, which then counts"),
                Reason("overwrites", "the empty one takes that value away"),
            ),
        )
    kind = dict(document.project.label_schema)[label.key]
    yield from_argument(finding, kind)
    yield by_hand(finding, "what is true of this image")


RULE = Rule(
    "DL3051",
    "label-empty",
    Severity.WARNING,
    "A label is empty",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "build-argument: unsafe",
        "write-it: display",
        "drop-label: unsafe",
    ),
)
