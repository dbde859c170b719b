"""MAINTAINER is deprecated: say it with a label.

Why it matters: BuildKit warns about the instruction and may drop it one day. What it writes,
the image's author field, is shown by few tools and cannot be queried; a label is shown by all
of them, can be filtered by, and can be overridden by a later stage or `--label`.

Which alternative: `org.opencontainers.image.authors` is the key of the OCI image specification,
which registries and scanners read. `maintainer` is the older habit; keep to it where other
images of yours do. Taking the line out is right where the repository says who maintains it.

Why the fixes are safe: no process in the container can see either the author field or a label,
so the image behaves the same. Quotes, `$` and the escape character of the name are escaped,
because LABEL expands variables and MAINTAINER does not. Taking the line out loses the
information, so that one is `unsafe`.

When to ignore: where a tool of yours still reads the author field.

Evidence: in 334.1 of 1,000 public Dockerfiles. hadolint and this rule agree on all 5,447 places in
16,167 public Dockerfiles.
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

OCI_AUTHORS = "org.opencontainers.image.authors"


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("MAINTAINER"):
        yield Finding(item.keyword_span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    name = unquoted(item.arguments[0].value)
    yield Candidate(
        "oci-authors-label",
        f"Use the label {OCI_AUTHORS}",
        _label(finding, OCI_AUTHORS, name),
        Applicability.SAFE,
        (
            Reason("oci-key", f"{OCI_AUTHORS} is the key that the OCI image specification names"),
            Reason("queryable", "a label can be filtered by and overridden, the author field not"),
            Reason("deprecated", "BuildKit warns about MAINTAINER on every build"),
        ),
    )
    yield Candidate(
        "maintainer-label",
        "Use the label maintainer",
        _label(finding, "maintainer", name),
        Applicability.SAFE,
        (
            Reason("habit", "maintainer is the label key that most older images carry"),
            Reason("short", "the line stays as short as it was"),
        ),
    )
    yield Candidate(
        "drop-maintainer",
        "Take the line out",
        (delete(item),),
        Applicability.UNSAFE,
        (
            Reason("elsewhere", "the repository's history already says who maintains the file"),
            Reason("loses-name", f"the name {name} is then no longer in the image"),
        ),
    )


def _label(finding: Finding, key: str, name: str) -> tuple[Edit, ...]:
    item: Instruction = finding.subject
    text = f"{cased(item, 'LABEL')} {key}={quoted(name, finding.document.escape)}"
    return (Edit(Span(item.keyword_span.start, item.body_span.end), text),)


RULE = Rule(
    "DL4000",
    "maintainer-deprecated",
    Severity.ERROR,
    "MAINTAINER is deprecated, use a label",
    check,
    candidates,
    aliases=("MaintainerDeprecated",),
    triggers=("MAINTAINER",),
    local=True,
    templates=(
        "oci-authors-label: safe",
        "maintainer-label: safe",
        "drop-maintainer: unsafe",
    ),
)
