"""FROM reads an ARG that nothing declares before it.

Why it matters: FROM sees the ARGs before the first FROM, and those that BuildKit sets by itself.
Any other name is empty there, whatever `--build-arg` says: the value that somebody passes for it
is ignored, and the build goes on with the default or with another image.

Which alternative: where a name that is declared is spelt nearly the same, that one. To declare it
makes `--build-arg` work, which is what the variable is for. Where nobody needs that, the default
alone is easier to read.

Why the fixes are safe: a variable that is not declared is empty in every build, so `${X:-default}`
is the default and `$X` is nothing; to write that down names the same image. A platform that comes
to nothing fails the build, and all the others let a value in that was kept out, so they are
`unsafe`.

When to ignore: never; a declaration costs one line.

Evidence: in 0.1 of 1,000 public Dockerfiles: four findings in two files, all looked at. The tag of
a database image has a default that no `--build-arg` can replace; a generated file declares the
images of two stages and forgets those of three others, which keep their defaults for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.frozen import dataclass
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
from codi_hook.recipes.arguments import nearest
from codi_hook.recipes.expansion import Reference, place
from codi_hook.recipes.from_words import base_name, global_values, is_image, undeclared
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.source import Span


@dataclass(frozen=True)
class Gap:
    """A variable of FROM that nothing declares; `near` is a declared name like it, or ""."""

    instruction: Instruction
    reference: Reference
    span: Span
    near: str
    is_platform: bool


def check(document: Document) -> Iterator[Finding]:
    if not any("$" in stage.instruction.text for stage in document.stages):
        return
    values = global_values(document)
    for stage in document.stages:
        item = stage.instruction
        words = []
        name = base_name(document, stage, values)
        if item.arguments and (name is None or is_image(name)):  # else CODI109 says more
            words.append((item.arguments[0], False))
        for flag in item.flags:
            if flag.name == "platform" and flag.value and flag.value_span:
                words.append((Argument(flag.value, flag.value_span), True))
        for word, is_platform in words:
            for reference in undeclared(document, item, word.value, values):
                span = place(item, word, reference.start, reference.end)
                gap = Gap(item, reference, span, nearest(reference.name, values), is_platform)
                hint = f", did you mean {gap.near}?" if gap.near else ""
                message = f"No ARG before the first FROM declares {reference.name}{hint}"
                yield Finding(span, gap, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    gap: Gap = finding.subject
    reference = gap.reference
    if gap.near:
        start = gap.span.start + 1 + reference.braced
        yield Candidate(
            "rename-variable",
            f"Read {gap.near}",
            (Edit(Span(start, start + len(reference.name.encode())), gap.near),),
            Applicability.UNSAFE,
            (
                Reason("near-name", f"{gap.near} is declared and spelt nearly the same"),
                Reason("ignored", f"a --build-arg {reference.name}=… has no effect as it stands"),
            ),
        )
    plain = not any(char in reference.word for char in "$\"'\\ ")
    if reference.operator.lstrip(":") == "-" and plain and not gap.is_platform:
        yield Candidate(
            "use-default",
            f"Write {reference.word}",
            (Edit(gap.span, reference.word),),
            Applicability.SAFE,
            (
                Reason("always-default", f"{reference.name} is never set, so its default holds"),
                Reason("plain", "the image can then be read off the line"),
            ),
        )
    default = f"={reference.word}" if reference.operator.lstrip(":") == "-" and plain else ""
    first = next(finding.document.of("FROM"))
    yield Candidate(
        "declare-arg",
        f"Declare {reference.name}{default} before the first FROM",
        (insert_before(first, f"{cased(first, 'ARG')} {reference.name}{default}"),),
        Applicability.UNSAFE,
        (
            Reason("build-arg", f"--build-arg {reference.name}=… then has an effect"),
            Reason("visible", f"the file says that {reference.name} can be set"),
        ),
    )


RULE = Rule(
    "CODI105",
    "undefined-arg-in-from",
    Severity.WARNING,
    "FROM reads ARGs that are declared before the first FROM",
    check,
    candidates,
    aliases=("UndefinedArgInFrom",),
    triggers=("FROM",),
    templates=(
        "use-default: safe",
        "declare-arg: unsafe",
        "rename-variable: unsafe",
    ),
)
