"""A layer deletes what an earlier one has added.

Why it matters: layers only add. What a later step deletes is hidden and still downloaded with every
pull, and whoever looks into the earlier layer finds it, a secret included.

Which alternative: delete in the step that has added it. Where steps in between need it, they can be
one RUN. A file of the build context that only one RUN needs can be mounted for that RUN and is then
in no layer at all; that needs BuildKit.

Why the fixes are unsafe: a step between the two may read what is then gone, which the file need not
show. What is written to a mount is thrown away, and a mount that a command may write to says rw.

Reported only where the file shows what added it: a COPY of just that path, a download to it, a
package manager that has filled its cache, or an install of just those packages, in the same stage,
and only for stages whose layers become part of the image.

When to ignore: where the image is squashed or exported as one layer.

Evidence: in 985 of 16,073 public Dockerfiles (61 of 1,000; 9 of 1,000 of the curated ones). Looked
at: the lists of apt removed 30 lines below the update (right); compilers installed, used by pip,
and deleted in three RUNs (right: the image still has them); an archive that ADD has fetched,
deleted behind tar (right); a build folder copied, moved and deleted (right; a mount does it); a
script copied, run and deleted (right). The removal of packages of the base image is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.late import DELETERS, READS, Late, late
from codi_hook.recipes.late_fixes import joined, mounted, moved
from codi_hook.recipes.mounts import builder_reason
from codi_hook.recipes.wording import sentence


def check(document: Document) -> Iterator[Finding]:
    for found in late(document):
        line = found.origin.start_line
        what = sentence(found.what) if found.what.startswith("the ") else found.what
        message = f"{what} stays in the layer of line {line} and is only hidden here"
        yield Finding(found.command.span, found, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Late = finding.subject
    document = finding.document
    line = found.origin.start_line
    gone = Reason("no-layer", f"{found.what} is then in no layer of the image")
    if found.kind == "copied":
        edits = mounted(document, found)
        if edits:
            yield Candidate(
                "mount-instead",
                f"Mount {found.what} for this RUN in place of the {found.origin.keyword}",
                edits,
                Applicability.UNSAFE,
                (
                    gone,
                    Reason("for-one-run", f"{found.what} is there while this RUN runs"),
                    builder_reason(document),
                ),
            )
    else:
        edits = moved(document, found)
        if edits:
            yield Candidate(
                "delete-where-added",
                f"Delete it in the RUN of line {line}",
                edits,
                Applicability.UNSAFE,
                (
                    gone,
                    Reason("not-named", f"no step between line {line} and here names it"),
                ),
            )
        together = joined(document, found)
        if together:
            yield Candidate(
                "one-run",
                f"Join this RUN to that of line {line}",
                together,
                Applicability.UNSAFE,
                (
                    gone,
                    Reason("same-order", "the commands run in the same order, in one shell"),
                    Reason("cached-together", "a change in either runs both again"),
                ),
            )
    yield Candidate(
        "add-and-delete-together",
        f"Let one step add {found.what}, use it and delete it"
        if found.kind != "copied"
        else f"Leave {found.what} out of the image: in another stage, or mounted for one RUN",
        (),
        Applicability.DISPLAY,
        (
            gone,
            Reason("smaller", f"the image gets smaller by what line {line} has added"),
        ),
    )


RULE = Rule(
    "CODI019",
    "delete-in-later-layer",
    Severity.INFO,
    "A layer deletes what an earlier one has added",
    check,
    candidates,
    triggers=DELETERS,
    reads=READS,
    templates=(
        "delete-where-added: unsafe",
        "add-and-delete-together: display",
        "mount-instead: unsafe",
        "one-run: unsafe",
    ),
)
