"""The image that runs is the one that builds.

Why it matters: an SDK is many times as large as what it makes. A Go image of most of a gigabyte
runs a program of ten megabytes, and the sources, the compiler, the module cache and the history of
the build lie beside it, for each node to pull and each scanner to report. The severity is `info`:
the program works.

Which alternative: two stages, where the file says all that is needed for them: which file the build
makes, that the container starts it, and which runtime image belongs to the SDK's tag. A static Go
program runs on nothing at all. Where one of these is not in the file, the advice remains.

Why the fixes are unsafe: files beside the program that it reads when it runs (templates, static
files, migrations, zone data) have to be copied as well, and only you know them.

When to ignore: in images to develop in, and where the program calls the SDK. What starts by `go
run`, `cargo run`, `mvn` or `dotnet run` is not reported, nor is a file that has stages.

Evidence: in 7.4 of 1,000 public Dockerfiles (120 of 16,167). Five looked at: a Go API that go build
puts beside its sources, a Go daemon of a blockchain from go install, a Java server as a jar in
target, a Go program built with CGO_ENABLED=0 with the runtime stage commented out below, and a
Haskell program built by cabal. All of them start nothing but what they have built. 35 of the 120
get the edit, the others lack a fact for it.
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
from codi_hook.recipes.compiling import COMPILERS
from codi_hook.recipes.multistage import (
    Build,
    Made,
    artefact,
    build_of,
    runtimes,
    split,
    splittable,
    static_edit,
)
from codi_hook.recipes.starts import in_effect, is_for_development, last_command

_SDK = COMPILERS | {"mvnw", "gradlew", "bash", "sh", "stack", "cabal"}


def check(document: Document) -> Iterator[Finding]:
    if len(document.stages) != 1 or is_for_development(document, document.stages[0]):
        return
    stage = document.stages[0]
    starts = [item for word in ("ENTRYPOINT", "CMD") if (item := in_effect(stage, word))]
    commands = [last_command(document, item) for item in starts]
    if not any(one is not None and one.name and _runs(one.name, one.args) for one in commands):
        return
    if any(one is not None and one.name in _SDK and one.name != "dotnet" for one in commands):
        return
    build = build_of(document, stage)
    if build is not None:
        message = f"The image that runs brings the whole {build.language} toolchain along"
        yield Finding(stage.image.span, (stage, build), message)


def _runs(name: str, args: tuple[object, ...]) -> bool:
    """False for ``dotnet run`` and ``dotnet watch``."""
    words = [getattr(word, "value", None) for word in args[:1]]
    return not (name == "dotnet" and words and words[0] in ("run", "watch", "test"))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage
    build: Build
    stage, build = finding.subject
    document = finding.document
    found = artefact(document, stage, build) if splittable(document, stage) else None
    if found:
        static = static_edit(document, stage, build)
        if static is not None:
            yield _static(document, stage, found, static)
        for runtime in runtimes(document, stage, build):
            yield _candidate(document, stage, build, found, runtime)
    smaller = Reason("smaller", "the SDK and the sources stay out of the image that runs")
    yield Candidate(
        "build-stage",
        f"Build in a stage of its own, and copy what {build.command.name} makes into another",
        (),
        Applicability.DISPLAY,
        (
            smaller,
            Reason("one-file", "both stages stand in one Dockerfile, and one build makes both"),
        ),
    )
    yield Candidate(
        "runtime-image",
        f"Choose the runtime image: what runs needs no {build.language} compiler",
        (),
        Applicability.DISPLAY,
        (
            Reason("same-libraries", "one of the SDK's own distribution has the same C library"),
            Reason(
                "yours-to-say", "which files the program reads when it runs is not in this file"
            ),
        ),
    )


def _static(document: Document, stage: Stage, path: Made, setting: tuple[Edit, ...]) -> Candidate:
    static = Reason("static", "built without C, the program needs no library of a system")
    if setting:
        static = Reason("static", "CGO_ENABLED=0 builds a program that needs no system library")
    return Candidate(
        "static-on-scratch",
        f"Build in a stage, and run {path.target} on an empty image",
        (*setting, *split(document, stage, path, "scratch", certificates=True)),
        Applicability.UNSAFE,
        (
            Reason("smallest", "the image holds the program and the certificates, no more"),
            static,
            _others(path.target),
        ),
    )


def _candidate(
    document: Document, stage: Stage, build: Build, path: Made, runtime: str
) -> Candidate:
    return Candidate(
        "runtime-stage",
        f"Build in a stage, and run {path.target} on {runtime}",
        split(document, stage, path, runtime),
        Applicability.UNSAFE,
        (
            Reason(
                "smaller", f"the {build.language} toolchain and the sources stay out of the image"
            ),
            Reason("same-origin", f"{runtime} is what the tag of {stage.image.text} leads to"),
            _others(path.target),
        ),
    )


def _others(path: str) -> Reason:
    return Reason("other-files", f"files beside {path} that it reads have to be copied as well")


RULE = Rule(
    "CODI025",
    "single-stage-build",
    Severity.INFO,
    "Build in one stage and run in another",
    check,
    candidates,
    triggers=("FROM",),
    reads=("RUN", "CMD", "ENTRYPOINT"),
    templates=(
        "static-on-scratch: unsafe",
        "build-stage: display",
        "runtime-image: display",
        "runtime-stage: unsafe",
    ),
)
