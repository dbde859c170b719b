"""--platform asks for a platform that the base image does not have.

Why it matters: the builder warns and takes the image that there is. What it builds is then for
another processor than the line says, and fails with "exec format error" where it is run.

What is looked at: without a registry only the names tell. The repositories `arm32v7/…`,
`arm64v8/…`, `amd64/…` and so on of the official images hold one platform each, and Microsoft's
Windows images hold Windows. A `--platform` of fixed words that differs from that cannot be met.

Which alternative: where the image was chosen for its platform, --platform follows it, or goes
altogether. Where --platform says what is wanted, the official image without the prefix has it.

Why no fix is safe: the image was built for one of the two, and the line does not say which one was
meant. Only --platform as the image has it is what the builder takes anyway.

When to ignore: where a registry mirror gives those names another meaning.

Evidence: in none of 16,073 public Dockerfiles, so there are no examples to look at; the names of
the organisations are those that Docker Hub documents for the official images.
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
from codi_hook.recipes.images import name_end
from codi_hook.recipes.instructions import remove_flag
from codi_hook.source import Span

# Docker Hub's organisations of official images built for one platform.
_OF_ORGANISATION = {
    "amd64": "linux/amd64",
    "arm32v5": "linux/arm/v5",
    "arm32v6": "linux/arm/v6",
    "arm32v7": "linux/arm/v7",
    "arm64v8": "linux/arm64/v8",
    "i386": "linux/386",
    "mips64le": "linux/mips64le",
    "ppc64le": "linux/ppc64le",
    "riscv64": "linux/riscv64",
    "s390x": "linux/s390x",
    "winamd64": "windows/amd64",
}
_ALIASES = {"aarch64": "arm64", "x86_64": "amd64", "x86-64": "amd64", "i386": "386", "armhf": "arm"}


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        flag = stage.instruction.flag("platform")
        if flag is None or not flag.value or "$" in flag.value or stage.parent is not None:
            continue
        has = _platform_of(stage)
        if has and _normal(flag.value) != _normal(has):
            message = f"{stage.image.text} is an image for {has}, not for {flag.value}"
            yield Finding(flag.span, (stage, flag, has), message)


def _platform_of(stage: Stage) -> str:
    name = (stage.image.resolved or "").lower()
    first, _, rest = name.removeprefix("docker.io/").partition("/")
    if rest and "/" not in rest:
        return _OF_ORGANISATION.get(first, "")
    if name.startswith(("mcr.microsoft.com/windows/", "mcr.microsoft.com/windows:")):
        return "windows/amd64"
    return ""


def _normal(platform: str) -> tuple[str, ...]:
    """System, architecture and variant as containerd compares them; one word is either."""
    words = platform.lower().split("/")
    if len(words) == 1:
        words = [words[0], ""] if words[0] in ("linux", "windows") else ["linux", words[0]]
    system, architecture, *variant = words
    architecture = _ALIASES.get(architecture, architecture) or "amd64"
    default = {"arm": "v7", "arm64": "v8"}.get(architecture, "")
    return (system, architecture, variant[0] if variant and variant[0] else default)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage
    flag: Flag
    stage, flag, has = finding.subject
    text = stage.image.text
    assert flag.value_span is not None
    yield Candidate(
        "platform-of-image",
        f"Ask for {has}",
        (Edit(flag.value_span, has),),
        Applicability.UNSAFE,
        (
            Reason("one-platform", f"{text} exists for {has} alone"),
            Reason("as-built", "that is what the builder takes as it stands, after a warning"),
        ),
    )
    prefix, _, _ = text.removeprefix("docker.io/").partition("/")
    if prefix.lower() in _OF_ORGANISATION and "$" not in text[: name_end(text)]:
        start = stage.image.span.start + text.index(prefix)
        yield Candidate(
            "image-of-all-platforms",
            "Take the official image of that name",
            (Edit(Span(start, start + len(prefix) + 1), ""),),
            Applicability.UNSAFE,
            (
                Reason("has-platforms", f"without {prefix}/ the image exists for many platforms"),
                Reason("as-asked", f"{flag.value} is then what the stage is built for"),
            ),
        )
    yield Candidate(
        "drop-platform",
        "Take --platform out",
        (remove_flag(stage.instruction, flag),),
        Applicability.UNSAFE,
        (
            Reason("one-platform", f"{text} exists for {has} alone"),
            Reason("shorter", "the image's name already says the platform"),
        ),
    )


RULE = Rule(
    "CODI108",
    "invalid-base-image-platform",
    Severity.WARNING,
    "The base image has the platform that --platform asks for",
    check,
    candidates,
    aliases=("InvalidBaseImagePlatform",),
    triggers=("FROM",),
    templates=(
        "platform-of-image: unsafe",
        "image-of-all-platforms: unsafe",
        "drop-platform: unsafe",
    ),
)
