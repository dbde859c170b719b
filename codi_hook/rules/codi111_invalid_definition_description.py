"""A comment above ARG or FROM that does not begin with the name it describes.

Why it matters: `docker build --call=outline` and `--call=targets` show the comment above an ARG
or a stage as its description, if it begins with the name. A comment with other words is left out,
and one that was meant for something else is taken for a description by accident.

This is an experimental check of BuildKit: it is off until `# check=experimental=all` in the file,
or a selection, turns it on.

Which alternative: where the comment describes what follows, the name belongs in front. Where it
does not, a line with `#` alone ends the comment before it.

Why the fixes are safe: comments are left out of the build. Comments that speak to a tool, such as
renovate's, are not reported and not touched.

When to ignore: where nobody asks BuildKit for an outline; leave the check off then.

Evidence: in 74 of 1,000 public Dockerfiles. Looked at: the address of a page about the image above
its first FROM, a heading over all ARGs that stands above the first, `# build` above a stage called
build-stage, `# Installer image` above one called installer, and a sentence on what a stage builds.
All but the first two describe what follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Comment, Instruction
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
from codi_hook.recipes.descriptions import described_names, describes, description
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    if not document.comments:
        return
    for item in document.instructions:
        names = described_names(item) if item.leading else []
        comment = description(document, item) if names else None
        if comment is not None and not any(describes(comment, name) for name in names):
            message = f"The comment above {item.keyword} does not begin with {names[0]}"
            yield Finding(item.keyword_span, (item, comment, names[0]), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    comment: Comment
    item, comment, name = finding.subject
    first = comment.text.split()[0].rstrip(":=,-")
    if any(char.isalpha() for char in comment.text):
        said = first.lower() == name.lower()
        rest = comment.text.split(None, 1)[1:] if said else [comment.text]
        yield Candidate(
            "name-first",
            f"Begin the comment with {name}",
            (Edit(comment.span, " ".join(["#", name, *rest])),),
            Applicability.SAFE,
            (
                Reason("outline", f"docker build --call=outline then shows it for {name}"),
                Reason("comment-only", "comments are left out of the build"),
            ),
        )
    end = comment.span.end
    indent = item.source.text(Span(_line_start(item, comment), comment.span.start))
    yield Candidate(
        "end-comment",
        "End the comment with an empty one",
        (Edit(Span(end, end), f"{item.source.newline}{indent}#"),),
        Applicability.SAFE,
        (
            Reason("no-description", f"the comment is then no description of {name}"),
            Reason("comment-only", "comments are left out of the build"),
        ),
    )


def _line_start(item: Instruction, comment: Comment) -> int:
    return item.source.line_span(item.source.line(comment.span.start)).start


RULE = Rule(
    "CODI111",
    "invalid-definition-description",
    Severity.WARNING,
    "A comment above ARG or FROM begins with the name it describes",
    check,
    candidates,
    aliases=("InvalidDefinitionDescription",),
    triggers=("ARG", "FROM"),
    default=False,
    templates=(
        "name-first: safe",
        "end-comment: safe",
    ),
)
