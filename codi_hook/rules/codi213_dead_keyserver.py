"""A key is asked for from the SKS pool, which is gone.

Why it matters: the pool behind sks-keyservers.net ended in June 2021, and its names no longer
resolve. A step that asks it for a key fails at once or, in a loop over servers, after a timeout.

Which alternative: keyserver.ubuntu.com holds the keys that the pool had, and answers on port 80
without a certificate, which is enough where the key is named by its fingerprint. keys.openpgp.org
answers by hkps only and hands out names only where their owner has agreed: a key without a name
cannot be imported by every gpg. A key file in the build context needs no server at all, and
changes only when somebody reviews it; which file that is the Dockerfile does not tell, so this is
only shown.

Why the fixes are unsafe: another server may lack the key, or hold another state of it. gpg checks
that what it gets has the fingerprint that was asked for, so a short key id proves nothing.

When to ignore: never; the names are dead.

Evidence: 16 of 1,000 public Dockerfiles (356 findings; 9 of 1,000 written by experts). Looked at:
gosu's key, named by its fingerprint; a key for apt-key over port 80; PHP's release keys in a loop
without an alternative; nginx's keys in a list of servers, two of them dead; Node.js' keys in one
call. None of these names has resolved since 2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.source import Span

_server = pattern(
    rb"(?:hkps?://|ldap://)?(?:[\w-]+\.)*(?:sks-keyservers\.net|sks-keyserver\.net)(?::\d+)?",
    re.IGNORECASE,
).finditer
_MARK = b"sks-keyserver"


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("RUN", "ENV", "ARG"):
        source, base = item.source, item.source.base
        if source.data.find(_MARK, item.span.start - base, item.span.end - base) < 0:
            continue
        data = source.bytes(item.span)
        comments = [one.span for one in item.comments]
        for match in _server(data):
            span = Span(item.span.start + match.start(), item.span.start + match.end())
            if not any(one.contains(span) for one in comments):
                yield Finding(span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    source = item.source
    old = source.text(finding.span)
    gone = Reason("gone", f"{old} has not resolved since the pool ended in 2021")
    present = source.text(item.span)
    spans = [one.span for one in check(finding.document) if one.subject is item]
    same = [span for span in spans if source.text(span) == old]
    for key, host, address, reason in _SERVERS:
        if host not in present:
            yield Candidate(
                key,
                f"Ask {host} instead",
                tuple(Edit(span, address) for span in same),
                Applicability.UNSAFE,
                (gone, reason),
            )
    yield Candidate(
        "key-in-context",
        "Keep the key beside the Dockerfile and import it from there",
        (),
        Applicability.DISPLAY,
        (
            Reason("no-server", "the build then depends on no keyserver"),
            Reason("reviewed", "a key that changes is seen in review"),
        ),
    )


_SERVERS = (
    (
        "ubuntu-keyserver",
        "keyserver.ubuntu.com",
        "hkp://keyserver.ubuntu.com:80",
        Reason("same-keys", "keyserver.ubuntu.com holds the keys that the pool had"),
    ),
    (
        "openpgp-keyserver",
        "keys.openpgp.org",
        "hkps://keys.openpgp.org",
        Reason("verified", "keys.openpgp.org gives a name only where its owner has agreed to it"),
    ),
)


RULE = Rule(
    "CODI213",
    "dead-keyserver",
    Severity.WARNING,
    "Ask a keyserver that still exists, the SKS pool is gone",
    check,
    candidates,
    triggers=("RUN", "ENV", "ARG"),
    local=True,
    templates=(
        "ubuntu-keyserver: unsafe",
        "openpgp-keyserver: unsafe",
        "key-in-context: display",
    ),
)
