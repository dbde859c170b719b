"""ARG or ENV has the name of a secret.

Why it matters: the values of ARG and ENV can be read by everybody who has the image, with
`docker history` and `docker inspect`. A name such as `DB_PASSWORD` says that a secret is, or one
day will be, kept there.

Which alternative: CODI003 looks at the same lines and offers secret mounts, whose value stays in
no layer. Here the line goes: the container is given the variable when it runs, or the step is
given a secret mount.

Why the fixes are unsafe: what reads the variable in the build or in the container no longer
finds it there. Where a step of the file reads it, taking it out is not offered.

How it differs from CODI003: this rule goes by names alone, and by parts of names: it reports
what hadolint reports, `MYSQL_ALLOW_EMPTY_PASSWORD=yes`, `USERNAME=app` and `GOPRIVATE` included,
and empty values too. CODI003 weighs: a whole word of the name has to be a secret's, harmless
neighbours such as `_FILE` excuse it, an empty ENV is none, and real secrets are also found by
their value and in RUN. CODI003 is on by default and stands for BuildKit's
SecretsUsedInArgOrEnv; this one is on in the profiles hadolint and strict.

When to ignore: for names that only sound like a secret.

Evidence: in 23 of 1,000 public Dockerfiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import without_pair

_part = pattern(r"password|secret|token|username|private|api_key|client_key", re.IGNORECASE).search
_WHOLE = frozenset(
    [
        "application_key",
        "aws_access_key_id",
        "docker_email",
        "facebook_app_id",
        "travis_os_name",
        "travis_secure_env_vars",
    ]
)


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ARG", "ENV"):
        for pair in item.pairs if item.keyword == "ENV" else item.pairs[:1]:
            name = pair.key.value.strip("\"'")
            if _part(name) or name.lower() in _WHOLE:
                message = f"{item.keyword} {name} has the name of a secret"
                yield Finding(pair.span, (item, pair, name), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, pair, name = finding.subject
    document = finding.document
    used = re.compile(r"\$\{?" + re.escape(name) + r"(?!\w)")
    readers = [other for other in document.instructions if used.search(other.text)]
    if not readers and not document.is_trigger(item):
        steps = "no instruction of the file reads it"
        yield Candidate(
            "take-out",
            f"Take {name} out of the file",
            (without_pair(item, pair),),
            Applicability.UNSAFE,
            (
                Reason("unread", steps)
                if item.keyword == "ARG"
                else Reason("at-run-time", f"the container is given {name} when it runs"),
                Reason("not-told", "a program that reads it without being told would miss it"),
            ),
        )
    yield Candidate(
        "secret-mount",
        f"Mount {name} where it is needed: RUN --mount=type=secret,id={name.lower()} …",
        (),
        Applicability.DISPLAY,
        (
            Reason("no-layer", "a secret mount is there for one step and in no layer"),
            Reason("codi003", "CODI003 writes the mount where the steps that need it are plain"),
        ),
    )
    yield Candidate(
        "ignore-here",
        f"Keep it and say why: # hadolint ignore={finding.rule.code} # {name} holds no secret",
        (),
        Applicability.DISPLAY,
        (
            Reason("sounds-like", f"{name} may only sound like a secret"),
            Reason("decided", "a reader then sees that somebody has looked"),
        ),
    )


RULE = Rule(
    "DL3064",
    "secret-name",
    Severity.WARNING,
    "ARG or ENV has the name of a secret",
    check,
    candidates,
    triggers=("ARG", "ENV"),
    default=False,
    local=True,
    templates=(
        "take-out: unsafe",
        "secret-mount: display",
        "ignore-here: display",
    ),
)
