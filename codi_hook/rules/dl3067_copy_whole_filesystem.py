"""COPY takes over the whole file system of another stage or image.

Why it matters: a stage is there to leave things behind. With `COPY --from=… / /` compilers,
caches, package lists and whatever secrets a step left come along, files of the base image are
overwritten by those of another, and everything is stored twice.

Which alternative: where the stage begins with `scratch` and copies first, it can be built on the
other one: that is what it amounts to, without the second copy of every file. Else the paths that
are needed are copied one by one.

Why the fixes are unsafe: building on the other stage also takes over its ENV, USER, WORKDIR and
CMD, and its layers with all they once held. Somebody may have copied just to get rid of those.

When to ignore: where one layer is wanted, as for an image of an operating system that is put
together in a stage before it.

Evidence: rare, in 5 of 16,167 public Dockerfiles; one of them copies the programs of two images
of Docker's own in this way.
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
from codi_hook.recipes.instructions import delete


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword == "COPY" and item.flag("from") is not None and len(item.arguments) > 1:
            *sources, target = (value.strip("\"'") for value in item.values)
            if target == "/" and "/" in sources:
                yield Finding(item.span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    stage = document.stage_of(item)
    flag = item.flag("from")
    origin = flag.value if flag else None
    alone = len(item.flags) == 1 and len(item.arguments) == 2
    if stage and origin and alone and not origin.isdigit() and "$" not in origin:
        first = document.following(stage.instruction) is item
        if first and stage.image.text == "scratch":
            yield Candidate(
                "build-on-it",
                f"Build the stage on {origin}",
                (Edit(stage.image.span, origin), delete(item)),
                Applicability.UNSAFE,
                (
                    Reason("once", f"the files of {origin} are then stored once"),
                    Reason("settings", f"ENV, USER, WORKDIR and CMD of {origin} come along"),
                ),
            )
    yield Candidate(
        "name-paths",
        f"Copy the paths that are needed from {origin}, one by one",
        (),
        Applicability.DISPLAY,
        (
            Reason("small", "what the program does not need then stays behind"),
            Reason("known-files", "only who knows the program can say which paths it needs"),
        ),
    )
    yield Candidate(
        "ignore-here",
        f"Keep it and say why: # hadolint ignore={finding.rule.code} # one layer is wanted",
        (),
        Applicability.DISPLAY,
        (
            Reason("flattened", "an image put together in an earlier stage becomes one layer"),
            Reason("decided", "a reader then sees that it is meant"),
        ),
    )


RULE = Rule(
    "DL3067",
    "copy-whole-filesystem",
    Severity.WARNING,
    "COPY takes over a whole file system",
    check,
    candidates,
    triggers=("COPY",),
    local=True,
    templates=(
        "build-on-it: unsafe",
        "name-paths: display",
        "ignore-here: display",
    ),
)
