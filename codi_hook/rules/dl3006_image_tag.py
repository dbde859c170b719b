"""A base image without a tag.

Why it matters: no tag means `latest`, so each build takes whatever that is on the day. What
worked yesterday breaks without a change in the repository, and nobody can say what an older
image was built from.

Which alternative: where another line of the file pins the same image, the same tag keeps both on
one base. For some official images the table behind CODI006 knows the releases: the one that gets
fixes the longest is then at hand. Otherwise the tag must come from you: the release that you test
with, or, to be exact, a digest that a bot renews.

Why the fix is unsafe: `latest` may be another release than the tag, so the image may change. A
tag that names a variant (`22-alpine`) may lack what the stage needs, and is only shown.
A tag that is neither in the file nor in that table is never made up, and no digest is.

When to ignore: for an image of yours that is built and tagged in the same run.

Evidence: in 162.5 of 1,000 public Dockerfiles. hadolint and this rule agree on 2,672 of the 2,673
places in 16,167 public Dockerfiles; the other one names a stage in other capitals, which BuildKit
finds.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.images import pin_candidates, split


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        text = stage.image.text
        if stage.parent is not None or text == "scratch" or text.startswith("$"):
            continue
        name, suffix = split(text)
        if suffix or not name:
            continue
        if "$" in text and split(stage.image.resolved or ":")[1]:
            continue  # the variable holds a tag, or may hold one
        yield Finding(stage.image.span, stage)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    yield from pin_candidates(finding.document, stage)


RULE = Rule(
    "DL3006",
    "image-tag",
    Severity.WARNING,
    "Tag the base image with the release that you mean",
    check,
    candidates,
    triggers=("FROM",),
    templates=(
        "pin-as-sibling: unsafe, display",
        "pin-tag: display",
        "pin-digest: display",
        "pin-digest-as-sibling: unsafe",
        "newest-known-release: unsafe",
    ),
)
