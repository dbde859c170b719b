"""A label that the label schema does not name.

Why it matters: where `strict-labels` is set, the schema is the whole list: anything else is a
spelling mistake, a leftover of the image that the file was copied from, or a key that nobody has
agreed on. Misspelt labels are the dangerous ones, because the right one is then missing.

Which alternative: where the schema has a key that means the same, the label takes that one;
else it goes, or the schema learns it.

Why the fixes are unsafe: whoever reads the label by its key no longer finds it.

When to ignore: for a label that a tool in your pipeline asks for; better still, add it to the
schema.

Evidence: the rule says nothing without `strict-labels`, so there is no public frequency; over
400 public Dockerfiles with labels it reports the 411 lines that hadolint reports.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import without_pair
from codi_hook.recipes.label_kinds import fits
from codi_hook.recipes.labels import carried, labels, renamed, same_keys


def check(document: Document) -> Iterator[Finding]:
    if not document.project.strict_labels:
        return
    known = {key for key, _kind in document.project.label_schema}
    for label in labels(document):
        if label.key not in known:
            message = f"The label {label.key} is not in the schema"
            yield Finding(label.pair.span, label, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    label, document = finding.subject, finding.document
    stage = document.stage_of(label.instruction)
    there = carried(stage, document.escape) if stage else frozenset()
    for key, kind in document.project.label_schema:
        means_it = key in same_keys(label.key) or key.lower() == label.key.lower()
        if means_it and key not in there and fits(kind, label.value):
            reasons = (
                Reason("in-schema", f"the schema has {key} for what {label.key} says"),
                Reason("was-missing", f"the image has no label {key} yet"),
            )
            yield renamed(label, key, "schema-key", f"Call the label {key}", reasons)
    yield Candidate(
        "drop-label",
        f"Take the label {label.key} out",
        (without_pair(label.instruction, label.pair),),
        Applicability.UNSAFE,
        (
            Reason("not-agreed", f"{label.key} is not among the labels that were agreed on"),
            Reason("loses-it", "what it said is then no longer in the image"),
        ),
    )
    yield Candidate(
        "extend-schema",
        f"Add {label.key} to label-schema in the configuration",
        (),
        Applicability.DISPLAY,
        (
            Reason("everybody", f"then every file of the project has to have {label.key}"),
            Reason("kept", "the file stays as it is"),
        ),
    )


RULE = Rule(
    "DL3050",
    "label-superfluous",
    Severity.INFO,
    "A label that the schema does not name",
    check,
    candidates,
    triggers=("LABEL",),
    templates=(
        "schema-key: unsafe",
        "drop-label: unsafe",
        "extend-schema: display",
    ),
)
