"""FROM with a platform that is always the same.

Why it matters: `--platform=linux/amd64` overrules what the caller asks for. On another machine
the build runs in emulation, several times slower, and a build for several platforms gives the
same program under each of their names.

Which alternative: without the flag the image is the one for the platform that is built for.
A stage that only compiles can run on the builder's own platform, `$BUILDPLATFORM`, and cross
compile. Where there is the one platform only, the caller can say so with
`docker build --platform`, or the line stays with an ignore that says why.

Why the fixes are unsafe: the stage may then be built for another platform than before, for which
the image, or what is downloaded into it, may not exist.

When to ignore: where the base image exists for one platform alone.

Evidence: hadolint and this rule agree on all 609 places in 16,167 public Dockerfiles. All of them
are in one collection of generated files; there is none in the other 15,558 files.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Flag, Stage
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
from codi_hook.recipes.pins import advice

_MOVES = ("BUILDPLATFORM", "TARGETPLATFORM")  # what BuildKit sets for every build


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        flag = stage.instruction.flag("platform")
        if flag is not None and not any(name in (flag.value or "") for name in _MOVES):
            yield Finding(flag.span, (stage, flag))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject[0]
    flag: Flag = finding.subject[1]
    value, image = flag.value or "", stage.image.text
    yield Candidate(
        "drop-platform",
        f"Build for the platform that is asked for, not always for {value}",
        (remove_flag(stage.instruction, flag),),
        Applicability.UNSAFE,
        (
            Reason("as-asked", f"{image} then comes for the platform that the caller asks for"),
            Reason("no-emulation", f"a machine that is not {value} needs no emulator for it"),
            Reason("still-possible", f"docker build --platform {value} gives what there was"),
        ),
    )
    if stage.instruction.flag("platform") is flag and _is_source(finding.document, stage):
        span = flag.value_span or flag.span
        yield Candidate(
            "build-platform",
            "Run the stage on the platform of the builder",
            (Edit(span, "$BUILDPLATFORM"),),
            Applicability.UNSAFE,
            (
                Reason("native", "what the stage compiles with runs without an emulator"),
                Reason("cross-compile", "what it makes must then be told TARGETARCH"),
            ),
        )
    yield advice(
        "keep-platform",
        f"Keep {value}, and say with an ignore what exists for it alone",
        ("only-one", f"right where {image}, or what is put into it, is there for {value} alone"),
        ("caller-is-told", "the caller of the build otherwise wonders about the platform"),
    )


def _is_source(document: Document, stage: Stage) -> bool:
    """True for a stage that only files are taken from: no later one is built on it."""
    return not stage.is_final and all(
        stage not in other.lineage() for other in document.stages[stage.index + 1 :]
    )


RULE = Rule(
    "DL3029",
    "no-constant-platform",
    Severity.WARNING,
    "Let the caller of the build choose the platform",
    check,
    candidates,
    aliases=("FromPlatformFlagConstDisallowed",),
    triggers=("FROM",),
    templates=(
        "drop-platform: unsafe",
        "keep-platform: display",
        "build-platform: unsafe",
    ),
    default=False,
)
