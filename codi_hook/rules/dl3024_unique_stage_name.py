"""Two stages of one name.

Why it matters: `COPY --from=build` takes the last stage of that name above it, `--target build`
one of them, and a reader the one that is seen first. Which one is meant changes when a stage is
moved.

Which alternative: another name for the later stage, or for the earlier, with every line that
refers to it. A name that no line asks for can go.

Why the fixes are unsafe: lines of the file follow the new name, but who builds with `--target`
from outside does not know of it.

When to ignore: never.

Evidence: none in 16,167 public Dockerfiles; BuildKit's check DuplicateStageName has none in 7,000
either. Names count as equal in any case, as in BuildKit (hadolint tells `Build` from `build`).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.stagenames import free_name, rename, rename_candidates


def check(document: Document) -> Iterator[Finding]:
    seen: dict[str, Stage] = {}
    for stage in document.stages:
        if stage.name is None or stage.name_argument is None:
            continue
        if stage.name in seen:
            line = seen[stage.name].instruction.start_line
            message = f"{stage.name_argument.value} is the name of the stage of line {line} too"
            yield Finding(stage.name_argument.span, (seen[stage.name], stage), message)
        seen[stage.name] = stage


def candidates(finding: Finding) -> Iterator[Candidate]:
    earlier: Stage = finding.subject[0]
    later: Stage = finding.subject[1]
    document = finding.document
    assert later.name_argument is not None and earlier.name_argument is not None
    yield from rename_candidates(
        document, later, free_name(document, f"{later.name_argument.value}-2")
    )
    if sum(stage.name == later.name for stage in document.stages) > 2:
        return  # the one before the earlier would still have the name
    name = free_name(document, f"{earlier.name_argument.value}-1")
    edits = rename(document, earlier, name)
    if edits is not None:
        yield Candidate(
            "rename-earlier",
            f"Call the stage of line {earlier.instruction.start_line} {name}",
            edits,
            Applicability.UNSAFE,
            (
                Reason("keeps-later", f"{later.name_argument.value} then means the later stage"),
                Reason("follows", "what refers to the earlier stage follows"),
            ),
        )


RULE = Rule(
    "DL3024",
    "unique-stage-name",
    Severity.ERROR,
    "Give every stage a name of its own",
    check,
    candidates,
    aliases=("DuplicateStageName",),
    triggers=("FROM",),
    reads=("COPY", "RUN"),
    templates=(
        "rename-stage: unsafe",
        "rename-earlier: unsafe",
        "drop-name: unsafe",
    ),
)
