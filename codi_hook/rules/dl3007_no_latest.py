"""A base image with the tag latest.

Why it matters: `latest` is a name that moves. What worked yesterday breaks without a change in
the repository, a cached build and a fresh one differ, and nobody can say what an older image was
built from.

Which alternative: where another line of the file pins the same image, the same tag keeps both on
one base. For some official images the table behind CODI006 knows the releases: the one that gets
fixes the longest is then at hand. Otherwise the tag must come from you: the release that you test
with, or, to be exact, a digest that a bot renews.

Why the fix is unsafe: `latest` may be another release than the tag, so the image may change. A
tag that names a variant (`22-alpine`) may lack what the stage needs, and is only shown.
A tag that is neither in the file nor in that table is never made up, and no digest is.

When to ignore: in a build that exists to find out whether the newest base still works.

Evidence: in 103.0 of 1,000 public Dockerfiles. hadolint and this rule agree on all 1,703 places in
16,167 public Dockerfiles.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.images import pin_candidates, split
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        suffix = split(stage.image.text)[1]
        if suffix == ":latest" and stage.parent is None:
            end = stage.image.span.end
            yield Finding(Span(end - len(suffix) + 1, end), stage)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    yield from pin_candidates(finding.document, stage)


RULE = Rule(
    "DL3007",
    "no-latest",
    Severity.WARNING,
    "latest is a tag that moves, name a release",
    check,
    candidates,
    triggers=("FROM",),
    templates=(
        "pin-as-sibling: unsafe",
        "newest-known-release: unsafe",
        "pin-tag: display",
        "pin-digest: display",
    ),
)
