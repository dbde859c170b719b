"""A stage that nothing is taken from.

Why it matters: BuildKit skips a stage that the image does not need; older builders build it each
time. Either way the reader takes it for a part of the image. Often it shows a mistake: a `COPY`
without its `--from`, or a file from before there were stages, whose author took a second FROM for
one more base image. What such a stage installs is not in the image.

Which alternative: take the stage out, or take from it what it was made for. A stage that is built
by its name (`--target`) is used, only not here; give it a name that says so.

Why the fix is unsafe: `docker build --target` may name the stage.

When to ignore: for stages that are targets. Only stages without a name, and those whose name says
that they make something for others (build, deps, …), are reported; test, lint, dev and release
stages, and whatever else may be a target, are not.

Evidence: in 1.2 of 1,000 public Dockerfiles (19 files of 16,167). Five looked at: a stage that
builds a jar with Maven which the last one does not copy, a web server's image directly followed by
another FROM, FROM scratch between a builder and the runtime image, an image with OpenCV whose
packages are installed and lost, and a builder that is named, and then pulled again by its tag.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.instructions import insert_before
from codi_hook.recipes.stages import makes_for_others, mentioned
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    if len(document.stages) < 2:
        return
    used = mentioned(document)
    if used is None:
        return
    for stage in document.stages[:-1]:
        if stage.index in used or not (stage.name is None or makes_for_others(stage.name)):
            continue
        what = f"stage {stage.name_argument.value}" if stage.name_argument else "this stage"
        yield Finding(stage.instruction.span, stage, f"Nothing is taken from {what}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    document = finding.document
    following = document.stages[stage.index + 1]
    name = stage.name_argument.value if stage.name_argument else ""
    yield Candidate(
        "remove-stage",
        f"Take the stage {name} out" if name else f"Take the stage FROM {stage.image.text} out",
        (Edit(Span(_top(stage), _top(following)), ""),),
        Applicability.UNSAFE,
        (
            Reason("not-in-image", "nothing of it is in the image that the file builds"),
            Reason("target", "a build with --target may still name it"),
        ),
    )
    yield Candidate(
        "copy-result",
        f"Copy what the stage {name or 'makes'} is for into a later one, with COPY --from",
        (),
        Applicability.DISPLAY,
        (
            Reason("forgotten", "what it builds or installs is lost otherwise"),
            Reason("yours-to-say", "which files are meant is not in this file"),
        ),
    )


def _top(stage: Stage) -> int:
    """Where the stage's lines begin, comments directly above its FROM included."""
    edit = insert_before(stage.instruction, "")
    return edit.span.start


RULE = Rule(
    "CODI026",
    "unused-stage",
    Severity.WARNING,
    "Take out, or use, a stage that nothing is taken from",
    check,
    candidates,
    triggers=("FROM",),
    reads=("COPY", "ADD", "RUN", "ONBUILD"),
    templates=(
        "remove-stage: unsafe",
        "copy-result: display",
    ),
)
