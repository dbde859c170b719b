"""A stage name with capital letters.

Why it matters: BuildKit compares stage names without regard to case, so `Build` and `build` are
one stage, while a person reads two; `docker build --check` warns about every capital.

Which alternative: lower case is what nearly all files use. Words that were told apart by their
capitals keep a dash between them in the second alternative.

Why the fixes are safe: FROM, `COPY --from`, `RUN --mount=from=` and `--target` find a stage by
its name in any case, so the same name in lower case is found by all that referred to it. A dash
makes it another name: the file's own references are changed along, but a `--target` on a command
line, a bake file or a workflow is not, so that one is `unsafe`.

When to ignore: where a tool of yours reads the file and insists on the name as written.

Evidence: in 2 of 1,000 public Dockerfiles. Looked at: `Builder`, `BUILD` and `FETCHER`, each named
by a COPY further down with the same capitals; `Application` for the last stage of a file whose
other stage is `builder`; and `recognitionServer`, where the capital parts two words.
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
from codi_hook.patterns import pattern
from codi_hook.recipes.stagenames import rename

_hump = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        name = stage.name_argument
        if name is not None and name.value != name.value.lower():
            yield Finding(name.span, stage, f"Stage name {name.value} is not in lower case")


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    assert stage.name_argument is not None
    name = stage.name_argument.value
    lower = name.lower()
    yield Candidate(
        "lower-stage-name",
        f"Call the stage {lower}",
        rename(finding.document, stage, lower) or (Edit(stage.name_argument.span, lower),),
        Applicability.SAFE,
        (
            Reason("same-stage", f"BuildKit finds {lower} wherever {name} is asked for"),
            Reason("habit", "stage names in lower case are what BuildKit's own check asks for"),
        ),
    )
    parts = _hump.sub("-", name).lower()
    if parts == lower or "--" in parts:
        return
    renaming = rename(finding.document, stage, parts)
    if renaming is not None:
        yield Candidate(
            "dashed-stage-name",
            f"Call the stage {parts}",
            renaming,
            Applicability.UNSAFE,
            (
                Reason("readable", f"the words of {name} stay apart"),
                Reason("targets", f"a build with --target {name} has to say {parts} from then on"),
            ),
        )


RULE = Rule(
    "CODI101",
    "stage-name-casing",
    Severity.WARNING,
    "Stage names are written in lower case",
    check,
    candidates,
    aliases=("StageNameCasing",),
    triggers=("FROM",),
    templates=(
        "lower-stage-name: safe",
        "dashed-stage-name: unsafe",
    ),
)
