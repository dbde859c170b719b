"""ARG or ENV has a name that BuildKit takes for a secret's.

Why it matters: the values of ARG and ENV can be read by everybody who has the image, with
`docker history` and `docker inspect`, so no secret belongs there.

How it differs from CODI003: this rule reports exactly what BuildKit's check of that name reports.
It goes by whole words of the name alone (`key`, `token`, `auth` …), so that `GPG_KEY`, which
holds a public fingerprint, and empty variables are reported too. CODI003 weighs the value and the
name, and also looks into RUN; it is on by default, this one is off.

Which alternative: a variable that nothing in the file reads can go; the container is given it when
it runs. A step of the build that needs it is given a secret mount.

Why no fix is safe: a program may read the variable without the file saying so.

When to ignore: for names that only sound like a secret.

Evidence: in 30 of 1,000 public Dockerfiles. Looked at: default passwords of a database and of a
web application, an empty password, an empty shared secret that the container is given later, and a
cloud key as ARG.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.secret_names import mount_secret, take_out

_secret = pattern(
    r"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)",
    re.IGNORECASE,
).search
_harmless = pattern(r"(?:_|^)(?:public|file|version)(?:_|$)", re.IGNORECASE).search


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword in ("ARG", "ENV"):
            for pair in item.pairs:
                name = pair.key.value
                if _secret(name) and not _harmless(name):
                    message = f"{item.keyword} {name} has the name of a secret"
                    yield Finding(pair.span, (item, pair), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, pair = finding.subject
    yield from take_out(finding.document, item, pair)
    yield mount_secret(pair.key.value)


RULE = Rule(
    "CODI114",
    "secrets-used-in-arg-or-env",
    Severity.WARNING,
    "ARG or ENV has a name that BuildKit takes for a secret's",
    check,
    candidates,
    aliases=("SecretsUsedInArgOrEnv",),
    triggers=("ARG", "ENV"),
    default=False,
    local=True,
    templates=(
        "take-out: unsafe",
        "secret-mount: display",
    ),
)
