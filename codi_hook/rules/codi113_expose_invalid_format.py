"""EXPOSE with an address or a mapping of ports.

Why it matters: EXPOSE says which port the process in the container listens on; which port of the
host leads there is for `docker run -p` or Compose to say. BuildKit leaves the rest out and warns;
a future one refuses the line.

Which alternative: the port of the container, which is the last number, or nothing where the line
names that already. Where two numbers differ, somebody may have meant to expose both,
or a range, which takes a dash.

Why the fixes are safe: what stands before the last colon is not written into the image, so the
last number alone gives the same configuration. Exposing the other number as well, or all between
the two, adds ports to it, which is `unsafe`.

When to ignore: never.

Evidence: in 1 of 1,000 public Dockerfiles. Looked at: `80:80`, `35729:35729`, a game server's port
twice with tcp and udp, three ports of a media server on one line, and `21100:21299`, which is a
range with a colon in place of the dash; in the first four the number is the same on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
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
from codi_hook.recipes.instructions import without_argument
from codi_hook.recipes.ports import Port, exposed, port


def check(document: Document) -> Iterator[Finding]:
    for item, word in exposed(document):
        parts = port(word.value)
        if parts.is_mapping:
            message = f"{word.value} holds more than the port of the container"
            yield Finding(word.span, (item, word, parts), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    word: Argument
    parts: Port
    item, word, parts = finding.subject
    if item.source.text(word.span) != word.value or not parts.number:
        return
    end = f"/{parts.protocol}" if parts.protocol else ""
    target = f"{parts.number}{end}"
    others = [port(other.value) for other in item.arguments if other is not word]
    numbers = [other.number for other in others]
    if not any(
        (other.number, other.protocol) == (parts.number, parts.protocol) for other in others
    ):
        yield Candidate(
            "container-port",
            f"Write {target}",
            (Edit(word.span, target),),
            Applicability.SAFE,
            (
                Reason("same-port", f"{target} is all that the image records of {word.value}"),
                Reason("host-side", "the port of the host is chosen when the container is run"),
            ),
        )
    else:
        yield Candidate(
            "drop-repeated",
            f"Take {word.value} out",
            (without_argument(item, word),),
            Applicability.SAFE,
            (
                Reason("repeated", f"the line names {parts.number} already"),
                Reason("host-side", "the port of the host is chosen when the container is run"),
            ),
        )
    first = parts.before.rpartition(":")[2]
    if first.isdecimal() and parts.number.isdecimal() and int(first) + 1 < int(parts.number):
        yield Candidate(
            "port-range",
            f"Write {first}-{target}",
            (Edit(word.span, f"{first}-{target}"),),
            Applicability.UNSAFE,
            (
                Reason("rising", f"{first}-{parts.number} is how a range of ports is written"),
                Reason("adds-ports", "the image then records every port between them"),
            ),
        )
    if first.isdecimal() and first != parts.number and first not in numbers:
        yield Candidate(
            "both-ports",
            f"Write {first}{end} {target}",
            (Edit(word.span, f"{first}{end} {target}"),),
            Applicability.UNSAFE,
            (
                Reason("two-ports", f"{first} and {parts.number} may both be ports it listens on"),
                Reason("adds-port", f"the image then records {first} as well"),
            ),
        )


RULE = Rule(
    "CODI113",
    "expose-invalid-format",
    Severity.WARNING,
    "EXPOSE names ports of the container alone",
    check,
    candidates,
    aliases=("ExposeInvalidFormat",),
    triggers=("EXPOSE",),
    local=True,
    templates=(
        "container-port: safe",
        "both-ports: unsafe",
        "port-range: unsafe",
        "drop-repeated: safe",
    ),
)
