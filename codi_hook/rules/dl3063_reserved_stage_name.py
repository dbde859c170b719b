"""A stage with a name that BuildKit reserves.

Why it matters: `scratch` is the empty image, and `context` the build context in what BuildKit is
told on its command line. A stage of that name is taken for them, or they for it: `FROM scratch`
below a stage called scratch is still the empty image, `COPY --from=scratch` is the stage.

Which alternative: another name, with every line that refers to it; or none, where no line does.

Why the fixes are unsafe: lines of the file follow the new name, but who builds with `--target`
from outside does not know of it.

When to ignore: never.

Evidence: hadolint, BuildKit's check ReservedStageName and this rule agree on the one place in
16,167 public Dockerfiles (`FROM scratch as scratch`). Capitals make no difference, as in BuildKit.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.stagenames import free_name, rename_candidates

_RESERVED = ("context", "scratch")


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        if stage.name in _RESERVED and stage.name_argument is not None:
            message = f"BuildKit has a meaning of its own for {stage.name}"
            yield Finding(stage.name_argument.span, stage, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    last = stage.image.short_name.rpartition("/")[2]
    wanted = f"{last}-stage" if last.replace("-", "").isalnum() else f"{stage.name}-stage"
    yield from rename_candidates(finding.document, stage, free_name(finding.document, wanted))


RULE = Rule(
    "DL3063",
    "reserved-stage-name",
    Severity.WARNING,
    "scratch and context are names that BuildKit reserves",
    check,
    candidates,
    aliases=("ReservedStageName",),
    triggers=("FROM",),
    reads=("COPY", "RUN"),
    templates=(
        "rename-stage: unsafe",
        "drop-name: unsafe",
    ),
)
