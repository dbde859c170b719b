"""A secret is written into the image.

Why it matters: what ARG, ENV or the text of a RUN holds can be read by everybody who has the
image: ENV with `docker inspect`, ARG and RUN with `docker history`. Deleting it in a later step
takes nothing back.

Which alternative: what a step needs while it runs comes from a secret mount, which leaves no
trace in any layer. `env=` puts it straight into the variable that the step already reads; the
variant that reads the file works with every BuildKit. Of a name in lower case linters say that
nothing assigns it (SC2154), as they do not know `env=`: then that is only shown. What the program
needs when it runs is given to the container (`docker run --env-file`, an orchestrator's secret),
and the line goes.

Why the fixes are unsafe: the build or the container has to be given the secret in another way
from then on. The value that is in the history already has to be replaced where it is issued.

How it differs from DL3064: that rule goes by parts of names alone, as hadolint does, whatever the
value is, and is off by default. This one weighs. It stands for BuildKit's SecretsUsedInArgOrEnv,
but passes over an ENV without a value and names such as `GPG_KEY` or `KEY_PATH`, knows `…_PASS`,
and also looks at values and at RUN.

When to ignore: for a name that only sounds like a secret, and for a value that is public.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Pair
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
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.instructions import add_flag, without_pair
from codi_hook.recipes.mounts import frontend_is, mountable
from codi_hook.recipes.scripts import editable, prepend_command
from codi_hook.recipes.secrets import is_secret_name, secret_value
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.wording import sentence
from codi_hook.shell.ast import Command
from codi_hook.shell.kept import kept


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ARG", "ENV"):
        for pair in item.pairs:
            said = _says(item, pair)
            if said:
                yield Finding(pair.span, (item, pair), said)
    for command in document.commands():
        if not _may_hold(command):
            continue
        for word in command.words:
            kind = secret_value(word.text) if ":" in word.text or "_" in word.text else None
            if kind:
                message = f"{sentence(kind)} in a RUN stays in the image's history"
                yield Finding(word.span, None, message)
        for assignment in command.assignments:
            value = assignment.value.value if assignment.value else None
            if value and is_secret_name(assignment.name):
                message = f"The value of {assignment.name} stays in the image's history"
                yield Finding(assignment.span, None, message)


@kept
def _may_hold(command: Command) -> bool:
    """False for the many commands that no word and no assignment makes suspect."""
    words = any((":" in w.text or "_" in w.text) and secret_value(w.text) for w in command.words)
    return words or any(is_secret_name(one.name) for one in command.assignments)


def _says(item: Instruction, pair: Pair) -> str:
    name = pair.key.value
    value = unquoted(pair.value.value) if pair.value else ""
    if value and (kind := secret_value(value)):
        return f"{item.keyword} {name} holds {kind}"
    if not is_secret_name(name) or (item.keyword == "ENV" and not value):
        return ""
    where = "docker inspect" if item.keyword == "ENV" else "docker history"
    return f"{item.keyword} {name} can be read by everybody with the image ({where})"


def candidates(finding: Finding) -> Iterator[Candidate]:
    if finding.subject is None:
        return
    item, pair = finding.subject
    document: Document = finding.document
    name: str = pair.key.value
    gone = without_pair(item, pair)
    stage = document.stage_of(item)
    users = [run for run in (stage.of("RUN") if stage else ()) if _reads(document, run, name)]
    others = [other for other in document.instructions if other not in users and other is not item]
    if users and not any(_mentions(other, name) for other in others):
        yield from _mounts(document, users, name, gone)
    if item.keyword == "ENV" and not any(_mentions(other, name) for other in [*users, *others]):
        yield Candidate(
            "give-at-run-time",
            f"Take {name} out and give it to the container when it runs",
            (gone,),
            Applicability.UNSAFE,
            (
                Reason("no-step-reads", f"no step of the build names {name}"),
                Reason("not-told", "a program that reads it in the build unasked would miss it"),
                Reason("rotates", "a new value then needs no new image"),
            ),
        )


def _mounts(
    document: Document, users: list[Instruction], name: str, gone: Edit
) -> Iterator[Candidate]:
    secret = name.lower()
    steps = "the one step that reads it" if len(users) == 1 else f"the {len(users)} steps"
    no_layer = Reason("no-layer", f"{name} is there for {steps} alone and in no layer")
    needs = Reason("pass-it", f"the build is then given --secret id={secret}")
    by_env = _by_env(users, name, gone, (no_layer, needs))
    exports = [_export(document, run, name, secret) for run in users]
    edits = [edit for pair in exports if pair for edit in pair]
    by_file = Candidate(
        "secret-mount-file",
        f"Mount the secret as a file and read {name} from it",
        (gone, *edits),
        Applicability.UNSAFE,
        (
            Reason("every-buildkit", "a mounted file works with every version of BuildKit"),
            no_layer,
            needs,
        ),
    )
    found = [by_env] if frontend_is(document, 1, 10) else []
    if all(exports) and mountable(document):
        found.append(by_file)
    # ShellCheck takes a name in lower case for the script's own, and misses its assignment.
    yield from found if name.isupper() else sorted(found, key=lambda one: one is by_env)


def _by_env(
    users: list[Instruction], name: str, gone: Edit, reasons: tuple[Reason, ...]
) -> Candidate:
    secret = name.lower()
    mounts = (add_flag(run, f"--mount=type=secret,id={secret},env={name}") for run in users)
    recent = Reason("recent", "env= needs Dockerfile syntax 1.10, of 2024")
    return Candidate(
        "secret-mount-env",
        f"Mount the secret as {name} where it is needed",
        (gone, *mounts),
        Applicability.UNSAFE if name.isupper() else Applicability.DISPLAY,
        (*reasons, recent),
    )


def _export(document: Document, run: Instruction, name: str, secret: str) -> tuple[Edit, ...]:
    script, user = document.script(run), user_at(document, run)
    if user and not is_root(user):
        return ()  # the file is root's
    read = f'{name}="$(cat /run/secrets/{secret})" && export {name}'
    edit = prepend_command(script, read) if script else None
    return (add_flag(run, f"--mount=type=secret,id={secret}"), edit) if edit else ()


def _reads(document: Document, run: Instruction, name: str) -> bool:
    return editable(document.script(run)) and _mentions(run, name)


def _mentions(item: Instruction, name: str) -> bool:
    return re.search(r"\$\{?" + re.escape(name) + r"(?!\w)", item.text) is not None


RULE = Rule(
    "CODI003",
    "secret-in-image",
    Severity.WARNING,
    "A secret is written into the image",
    check,
    candidates,
    aliases=("SecretsUsedInArgOrEnv",),
    triggers=("ARG", "ENV", "RUN"),
    local=True,
    templates=(
        "secret-mount-env: unsafe, display",
        "secret-mount-file: unsafe",
        "give-at-run-time: unsafe",
    ),
)
