"""A variable that nothing defines, in a word that the builder fills in.

Why it matters: BuildKit puts an empty text in its place and goes on. `COPY app $APP_HOME/` then
copies to `/`, and `ENV LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH` ends in a colon, which adds the
working directory to the search path.

What is looked at: ADD, COPY, ENV, LABEL, ARG, USER, WORKDIR, VOLUME, STOPSIGNAL and the mounts of
RUN; not the commands of a RUN, which their shell reads. A variable counts as defined from the ARG
or ENV on that sets it, in the stage or in those it is built on, or where the base image is an
official one that sets it. Of other base images the environment cannot be seen; there a variable is
reported only where the file itself shows the slip: the name is that of an ARG before the first
FROM or of a platform ARG, is set further down or in another stage, is spelt nearly like one that
is set, or belongs to a shell.

Which alternative: for a slip, the name that was meant. An ARG where the value comes from
outside, from before the first FROM or from BuildKit. The default itself where `${X:-default}` can
never be anything else. An earlier instruction where the value is set too late.

Why the fixes are safe: only the written-out default is, and only where the base image is known not
to set the variable: then the word comes to that text in every build. All others give the
variable a value that it did not have, so they are `unsafe`.

When to ignore: where the base image is yours, official in name only, and sets the variable.

Evidence: in 11 of 1,000 public Dockerfiles. Looked at: a PYTHONPATH and a NODE_PATH that are
lengthened although nothing sets them, the defaults of debugger settings in an ENV that nothing can
replace, a label with a version that nothing declares, and a home folder whose name is spelt in two
ways.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes import undefined_fixes as fixes
from codi_hook.recipes.arguments import (
    AUTOMATIC,
    ELSEWHERE,
    FILLED,
    GLOBAL,
    LATER,
    NEAR,
    SAME,
    SHELL,
    Undefined,
    undefined,
)


def check(document: Document) -> Iterator[Finding]:
    for gap in undefined(document):
        yield Finding(gap.uses[0].span, gap, _message(gap))


def _message(gap: Undefined) -> str:
    setter = gap.setter.start_line if gap.setter is not None else 0
    why = {
        GLOBAL: f"the ARG of line {setter} is seen before the first FROM only",
        AUTOMATIC: "a stage sees it only after an ARG",
        SHELL: "only a shell sets it",
        SAME: "the instruction that sets it cannot read it",
        LATER: f"line {setter} sets it too late",
        ELSEWHERE: f"line {setter} sets it for another stage",
        NEAR: f"did you mean {gap.near}?",
    }.get(gap.cause, "")
    return f"{gap.name} has no value here" + (f": {why}" if why else "")


def candidates(finding: Finding) -> Iterator[Candidate]:
    gap: Undefined = finding.subject
    document = finding.document
    yield from fixes.use_default(gap)
    yield from fixes.rename(gap)
    yield from fixes.move_up(gap)
    yield from fixes.split_off(gap)
    yield from fixes.known_path(gap, document)
    yield from fixes.drop_from_list(gap)
    yield from fixes.declare(gap)


RULE = Rule(
    "CODI106",
    "undefined-var",
    Severity.WARNING,
    "A variable has no value where it is read",
    check,
    candidates,
    aliases=("UndefinedVar",),
    triggers=FILLED,
    local=True,
    templates=(
        "declare-arg: unsafe",
        "rename-variable: unsafe",
        "use-default: safe",
        "drop-from-list: unsafe",
        "write-path: unsafe",
        "set-before: unsafe",
        "move-definition-up: unsafe",
    ),
)
