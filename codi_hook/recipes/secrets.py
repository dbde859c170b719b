"""What looks like a secret: by its name, or by a value that can hardly be anything else."""

from __future__ import annotations

import re
from functools import lru_cache

from codi_hook.patterns import pattern

# A name is one if a part between underscores is. Source of the list: BuildKit's check
# SecretsUsedInArgOrEnv (https://docs.docker.com/reference/build-checks/).
_NAMES = frozenset(
    [
        "apikey",
        "auth",
        "credential",
        "credentials",
        "key",
        "password",
        "pword",
        "passwd",
        "secret",
        "token",
        "pass",
    ]
)
_HARMLESS = frozenset(
    [
        "public",
        "file",
        "path",
        "dir",
        "name",
        "id",
        "url",
        "uri",
        "length",
        "size",
        "type",
        "server",
        "ring",
        "host",
        "port",
    ]
)

_SIGNERS = frozenset(["gpg", "pgp", "fingerprint"])
# Formats that the issuers document; none of them matches a placeholder.
_VALUES = pattern(
    r"""AKIA[0-9A-Z]{16}                       # AWS access key id
      | gh[pousr]_[A-Za-z0-9]{36}              # GitHub
      | github_pat_[A-Za-z0-9_]{50,}
      | glpat-[A-Za-z0-9_-]{20}                # GitLab
      | xox[abprs]-[A-Za-z0-9-]{10,}           # Slack
      | npm_[A-Za-z0-9]{36}
      | pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}
      | sk_live_[A-Za-z0-9]{20,}               # Stripe
      | AIza[0-9A-Za-z_-]{35}                  # Google
      | -----BEGIN\ (?:RSA\ |EC\ |OPENSSH\ )?PRIVATE\ KEY-----
    """,
    re.VERBOSE,
)
_in_url = pattern(r"[a-z][a-z0-9+.-]*://[^/\s:@$'\"]+:([^/\s:@$'\"<>{}]+)@", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    parts = name.lower().split("_")
    found = _NAMES.intersection(parts)
    if found == {"key"} and not _SIGNERS.isdisjoint(parts):
        return False  # whose signature is checked: the key's number, which is public
    return bool(found) and _HARMLESS.isdisjoint(parts)


@lru_cache(maxsize=4096)
def secret_value(text: str) -> str | None:
    """What kind of secret the text holds, in words, or None."""
    if _VALUES.search(text):
        return "a value that has the form of a secret"
    return "a password in a URL" if _in_url.search(text) else None
