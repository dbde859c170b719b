"""A label's key is not of the form that the guidelines ask for.

Why it matters: keys are compared byte for byte. `Version`, `version` and `version:` are three
labels, and a filter, a scanner or an orchestrator that looks for one of them misses the others.
Docker's guidelines ask for lower-case letters, digits and single `.`, `-`, `_` or `/` between
them, a letter first, and keep `com.docker.*`, `io.docker.*` and `org.dockerproject.*` for Docker.

Which alternative: where the OCI image specification has a key for what the label says, that one
is read by registries. Else the same key in the form that is asked for.

Why the fixes are unsafe: the container does not notice, but whoever reads the label by its old
key does.

When to ignore: where a tool asks for just this key, as Red Hat's `atomic` did for `RUN` and
`INSTALL`, or an operator catalogue for `Name` and `Version`. That is why the rule is off by
default: a key is a matter of agreement.

Evidence: in 15 of 1,000 public Dockerfiles, nearly always for an upper-case letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.label_kinds import fits
from codi_hook.recipes.labels import OCI, Label, carried, labels, renamed, same_keys

_formed = pattern(r"[a-z](?:[a-z0-9._/-]*[a-z0-9])?\Z").match
_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")


def check(document: Document) -> Iterator[Finding]:
    for label in labels(document):
        if not _fits(label.key):
            yield Finding(label.pair.key.span, label, f"The label key {label.key!r} {_says(label)}")


def _fits(key: str) -> bool:
    doubled = ".." in key or "--" in key
    return bool(_formed(key)) and not doubled and not key.startswith(_RESERVED)


def _says(label: Label) -> str:
    if label.key.startswith(_RESERVED):
        return "is in a namespace that Docker keeps for itself"
    if label.key.lower() != label.key:
        return "holds an upper-case letter"
    return "is not made of lower-case letters and digits with single separators"


def candidates(finding: Finding) -> Iterator[Candidate]:
    label: Label = finding.subject
    document = finding.document
    stage = document.stage_of(label.instruction)
    there = carried(stage, document.escape) if stage else frozenset()
    better = _repaired(label.key)
    kinds = dict(document.project.label_schema)
    if _fits(better) and better not in there and fits(kinds.get(better, ""), label.value):
        reasons: tuple[Reason, ...] = (
            Reason("compared", f"a filter for {better} does not find {label.key}"),
            Reason("asked-by-key", f"who reads {label.key} by this name has to change too"),
        )
        title = f"Call the label {better}"
        yield renamed(label, better, "well-formed-key", title, reasons)
    oci = next((key for key in same_keys(better) if key.startswith(OCI)), None)
    if oci and oci not in there and fits(kinds.get(oci, ""), label.value):
        reasons = (
            Reason("specified", f"{oci} is the key of the OCI image specification for this"),
            Reason("read", "registries and scanners show it"),
            Reason("asked-by-key", f"who reads {label.key} by this name has to change too"),
        )
        yield renamed(label, oci, "oci-key", f"Call the label {oci}", reasons)
    yield Candidate(
        "ignore-here",
        f"Keep the key and say why: # hadolint ignore={finding.rule.code} # a tool asks for it",
        (),
        Applicability.DISPLAY,
        (
            Reason("decided", f"a reader then sees that {label.key} is meant to be so"),
            Reason("tool", "some platforms ask for keys that the guidelines would not have"),
        ),
    )


def _repaired(key: str) -> str:
    """The key in lower case, each run of what is not allowed as one separator."""
    if "$" in key:
        return ""
    text = re.sub(r"[^a-z0-9._/-]+", "-", key.lower())
    text = re.sub(r"([._/-])\1+", r"\1", text)
    return text.strip("._/-")


RULE = Rule(
    "DL3048",
    "label-key",
    Severity.STYLE,
    "A label's key is not well formed",
    check,
    candidates,
    triggers=("LABEL",),
    default=False,
    local=True,
    templates=(
        "well-formed-key: unsafe",
        "oci-key: unsafe",
        "ignore-here: display",
    ),
)
