"""A label that the project's label schema asks for is missing.

Why it matters: the schema (`label-schema` in the configuration) is a promise to those who search,
bill or audit images by labels. An image without the label drops out of what they see.

Which alternative: where another line of the file says the same, as MAINTAINER or a label with an
older key does, its value is taken over. What changes with each build comes from a build argument.

Why the fixes are unsafe: no process in the container sees a label, but what the label promises
has to be true, and with an argument that nobody gives it is empty.

No finding for a stage that another one copies from by name: it only builds. A label counts where
the stage sets or inherits it, or where a stage without a name that is built on it sets it.

When to ignore: for a stage that is only built on.

Evidence: the rule says nothing without a schema, so there is no public frequency. Over 400 public
Dockerfiles with labels, under a schema of 15 common labels, it finds the 5,335 that hadolint finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codi_hook.dockerfile import Stage
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
from codi_hook.recipes.instructions import cased, insert_after, insert_before
from codi_hook.recipes.label_kinds import fits
from codi_hook.recipes.labels import OCI, argument_name, carried, labels, same_keys
from codi_hook.recipes.values import quoted, unquoted


def check(document: Document) -> Iterator[Finding]:
    schema = document.project.label_schema
    if not schema:
        return
    copied = {
        flag.value for item in document.of("COPY") for flag in item.flags if flag.name == "from"
    }
    for stage in document.stages:
        if stage.name_argument is not None and stage.name_argument.value in copied:
            continue
        there = _with_unnamed(document, stage)
        missing = [(key, kind) for key, kind in schema if key not in there]
        if missing:
            said = ", ".join(key for key, _kind in missing)
            message = f"Missing from the labels: {said}"
            yield Finding(stage.instruction.span, (stage, missing), message)


def _with_unnamed(document: Document, stage: Stage) -> frozenset[str]:
    there = carried(stage, document.escape)
    for other in document.stages:
        if other.parent is stage and other.name is None:
            there |= carried(other, document.escape)
    return there


def candidates(finding: Finding) -> Iterator[Candidate]:
    _stage, missing = finding.subject
    document = finding.document
    said = {key: found for key, kind in missing if (found := _said(document, key, kind))}
    names = {key: argument_name(key, kind) for key, kind in missing}
    if said:
        rest = {key: name for key, name in names.items() if key not in said}
        first, (_value, where, line) = next(iter(said.items()))
        reason = Reason("both", f"who reads {where} still finds it")
        if rest:
            reason = Reason("rest", f"the builder gives {', '.join(rest)} as arguments")
        yield Candidate(
            "same-value",
            "Say in labels what other lines say already",
            (_added(finding, {**said, **rest}),),
            Applicability.UNSAFE,
            (Reason("said-already", f"line {line} says {first} in {where}"), reason),
        )
    argument = next(iter(names.values()))
    yield Candidate(
        "build-argument",
        f"Take {', '.join(names)} from build arguments",
        (_added(finding, names),),
        Applicability.UNSAFE,
        (
            Reason("fresh", "the builder then gives each image its own values"),
            Reason("pass-it", f"without --build-arg {argument}=… the label is empty"),
        ),
    )
    key = missing[0][0]
    yield Candidate(
        "write-it",
        f"Write LABEL {key}=… with what is true of this image",
        (),
        Applicability.DISPLAY,
        (
            Reason("unknown", f"only a person knows what {key} should say"),
            Reason("schema", f"the label schema of this project asks for {key}"),
        ),
    )


def _said(document: Document, key: str, kind: str) -> tuple[str, str, int] | None:
    """What another line says under the key, or under one of its meaning: value, where, line."""
    for label in labels(document):
        same = key in (label.key, *same_keys(label.key))
        if same and label.value and fits(kind, label.value):
            return label.value, f"the label {label.key}", label.instruction.start_line
    if OCI + "authors" in (key, *same_keys(key)):
        for item in document.of("MAINTAINER"):
            value = unquoted(item.arguments[0].value)
            if fits(kind, value):
                return value, "MAINTAINER", item.start_line
    return None


def _added(finding: Finding, values: dict[str, Any]) -> Edit:
    """One LABEL (and the ARGs it reads) where the stage ends, ahead of its CMD and ENTRYPOINT."""
    stage: Stage = finding.subject[0]
    near, escape = stage.instructions[-1], finding.document.escape
    arguments = dict.fromkeys(value for value in values.values() if isinstance(value, str))
    pairs = [
        f"{key}=${value}" if isinstance(value, str) else f"{key}={quoted(value[0], escape)}"
        for key, value in values.items()
    ]
    lines = [f"{cased(near, 'ARG')} {name}" for name in arguments]
    lines.append(f"{cased(near, 'LABEL')} " + f" {escape}\n      ".join(pairs))
    text = "\n".join(lines)
    first = next(stage.of("CMD", "ENTRYPOINT"), None)
    return insert_before(first, text) if first else insert_after(near, text)


RULE = Rule(
    "DL3049",
    "label-missing",
    Severity.INFO,
    "A label that the schema asks for is missing",
    check,
    candidates,
    triggers=("FROM",),
    reads=("LABEL", "COPY"),
    templates=(
        "same-value: unsafe",
        "build-argument: unsafe",
        "write-it: display",
    ),
)
