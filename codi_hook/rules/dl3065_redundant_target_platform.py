"""FROM names the platform that it has anyway.

Why it matters: an image is pulled for the target platform unless FROM says otherwise. With
`--platform=$TARGETPLATFORM` the line says nothing, and it hides the places where a platform was
really chosen, such as `$BUILDPLATFORM` for a stage that cross-compiles.

Which alternative: the flag goes. In a stage that only builds and whose output does not depend
on the machine, or whose compiler can produce for another one, `$BUILDPLATFORM` is what was
probably meant: the stage then runs without emulation.

Why the fixes are safe or unsafe: BuildKit gives TARGETPLATFORM the platform that the build is
for, and takes the same one where FROM has no `--platform`, so without the flag the same image is
pulled: safe. Where the file itself gives `ARG TARGETPLATFORM` a default, that default may be
another platform: unsafe then. `$BUILDPLATFORM` changes for which machine the stage's programs are
made: unsafe.

When to ignore: for builders without BuildKit, which do not know the variable, the flag does not
work in the first place.

Evidence: no hit of hadolint and none of BuildKit in 16,167 public Dockerfiles.
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
from codi_hook.recipes.instructions import remove_flag

_TARGET = ("$TARGETPLATFORM", "${TARGETPLATFORM}")


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("FROM"):
        flag = item.flag("platform")
        if flag is not None and flag.value in _TARGET:
            yield Finding(flag.span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    flag = item.flag("platform")
    assert flag is not None and flag.value_span is not None
    own = any(
        pair.key.value == "TARGETPLATFORM" and pair.value
        for argument in document.meta_args
        for pair in argument.pairs
    )
    why = Reason("default", "without the flag BuildKit takes the target platform too")
    if own:
        why = Reason("own-default", "the file gives TARGETPLATFORM a default, which then is lost")
    yield Candidate(
        "drop-platform",
        "Take --platform out",
        (remove_flag(item, flag),),
        Applicability.UNSAFE if own else Applicability.SAFE,
        (why, Reason("clear", "a platform that somebody really chose then stands out")),
    )
    stage = document.stage_of(item)
    if stage is not None and not stage.is_final:
        yield Candidate(
            "build-platform",
            "Run this stage on the platform of the builder",
            (Edit(flag.value_span, "$BUILDPLATFORM"),),
            Applicability.UNSAFE,
            (
                Reason("no-emulation", "its steps then run without emulation"),
                Reason("cross", "what it compiles is for the builder unless told otherwise"),
            ),
        )


RULE = Rule(
    "DL3065",
    "redundant-target-platform",
    Severity.WARNING,
    "--platform=$TARGETPLATFORM is the default anyway",
    check,
    candidates,
    aliases=("RedundantTargetPlatform",),
    triggers=("FROM",),
    templates=(
        "drop-platform: safe, unsafe",
        "build-platform: unsafe",
    ),
)
