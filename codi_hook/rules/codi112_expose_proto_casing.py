"""The protocol of EXPOSE in capitals.

Why it matters: protocols are lower case in the image's configuration and in what `docker run -p`
and Compose take. BuildKit turns `80/TCP` into `80/tcp` and warns; other builders keep it as it is,
and what looks for `80/tcp` then does not find it.

Which alternative: the protocol in lower case. TCP may as well be left out: it is what a port
without a protocol means.

Why the fixes are safe: BuildKit itself writes the protocol in lower case into the image, and takes
tcp where none is given, so the configuration is the same.

When to ignore: never.

Evidence: in 1 of 1,000 public Dockerfiles. Looked at: four ports of a monitoring server on one
line, port 53 with UDP, two single TCP ports above 8000, and a variable with `/UDP` behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.ports import exposed, port


def check(document: Document) -> Iterator[Finding]:
    for item, word in exposed(document):
        protocol = port(word.value).protocol
        if "$" not in protocol and protocol != protocol.lower():
            message = f"The protocol {protocol} is not in lower case"
            yield Finding(word.span, (item, word, protocol), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, word, protocol = finding.subject
    text = item.source.text(word.span)
    head, slash, tail = text.rpartition(f"/{protocol}")
    if not slash:
        return
    yield Candidate(
        "lower-protocol",
        f"Write /{protocol.lower()}",
        (Edit(word.span, f"{head}/{protocol.lower()}{tail}"),),
        Applicability.SAFE,
        (
            Reason("same-port", "BuildKit writes the protocol in lower case into the image"),
            Reason("no-warning", "docker build no longer warns about the line"),
        ),
    )
    if protocol.lower() == "tcp":
        yield Candidate(
            "drop-tcp",
            f"Write {head}{tail}",
            (Edit(word.span, f"{head}{tail}"),),
            Applicability.SAFE,
            (
                Reason("tcp-is-default", "a port without a protocol is a TCP port"),
                Reason("shorter", "the line says what differs from the default alone"),
            ),
        )


RULE = Rule(
    "CODI112",
    "expose-proto-casing",
    Severity.WARNING,
    "EXPOSE names protocols in lower case",
    check,
    candidates,
    aliases=("ExposeProtoCasing",),
    triggers=("EXPOSE",),
    local=True,
    templates=(
        "lower-protocol: safe",
        "drop-tcp: safe",
    ),
)
