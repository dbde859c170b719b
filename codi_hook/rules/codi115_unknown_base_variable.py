"""A variable that only the base image may define, and it cannot be seen whether it does.

Why it matters: where the base image does not set the variable, BuildKit puts an empty text in its
place; and where a later version of the image stops setting it, the build goes on without a word.

CODI106 reports variables that have no value for certain. This rule reports the rest of what
BuildKit's check finds when it cannot look at the base image: it is off by default, because images
that one builds on mostly do set what is read of them. `docker build --check` asks the registry.

Which alternative: an ARG with the name gives the variable a value of the file's own, which
`--build-arg` can set; where the base image sets it in its environment, that value wins. A default
in the word itself (`${X:-…}`) may be written out. Both may change the image: `unsafe`.

When to ignore: where the base image documents the variable.

Evidence: in 21 of 1,000 public Dockerfiles. Looked at: `USER $APP_UID` on .NET's images, which do
set it, the folders of an application server, of a notebook server and of a toolkit, and `USER
$USER` of a desktop image; only the last looks like a slip.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes import undefined_fixes as fixes
from codi_hook.recipes.arguments import FILLED, Undefined, undefined


def check(document: Document) -> Iterator[Finding]:
    first: dict[tuple[int, str], Undefined] = {}
    for gap in undefined(document, certain=False):
        stage = document.stage_of(gap.instruction)
        one = first.setdefault((stage.index if stage is not None else -1, gap.name), gap)
        root = list(stage.lineage())[-1].image.text if stage is not None else "the base image"
        message = f"{gap.name} has a value only if {root} sets it"
        yield Finding(gap.uses[0].span, (gap, one), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    gap: Undefined
    first: Undefined  # of the same name in the stage: an ARG has to stand before all of them
    gap, first = finding.subject
    yield from fixes.use_default(gap)
    yield from fixes.drop_from_list(gap)
    yield from fixes.declare(first)


RULE = Rule(
    "CODI115",
    "unknown-base-variable",
    Severity.WARNING,
    "A variable has a value only if the base image sets it",
    check,
    candidates,
    aliases=("UndefinedVar",),
    triggers=FILLED,
    default=False,
    local=True,
    templates=(
        "declare-arg: unsafe",
        "use-default: unsafe",
        "drop-from-list: unsafe",
    ),
)
