"""A port that is exposed twice.

Why it matters: EXPOSE is documentation: what it says twice is read twice. `80` and `80/tcp` are the
same port. Mostly one of the two was meant to be another port, or another protocol.

Which alternative: take the second one out, or the first, where the second stands with the ports
that it belongs to; where `/udp` was meant, write it.

Why the fixes are safe: the image's list of exposed ports is a set, and the one that is left puts
the same port into it.

When to ignore: never, except in generated files.

Evidence: in 0.7 of 1,000 public Dockerfiles (11 of 16,167). Five looked at: four ports of a backup
server listed at the top and again at the bottom, a port of Git on a workflow server twice, 80
beside 80/tcp where the lines around it pair a port with its /udp, and two services with their one
port twice in the line, as docker run -p would have it.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.dockerfile.ast import Argument
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
from codi_hook.recipes.instructions import without_argument
from codi_hook.recipes.values import unquoted

_port = pattern(r"0*(\d+)(?:-0*(\d+))?(?:/(\w+))?\Z").match


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        seen: dict[str, tuple[Instruction, Argument]] = {}
        for part in reversed(list(stage.lineage())):
            for item in part.of("EXPOSE"):
                for argument in item.arguments:
                    key = _key(argument.value)
                    first = seen.setdefault(key, (item, argument))
                    if key and first[1] is not argument and part is stage:
                        message = f"Line {first[0].start_line} exposes {argument.value} already"
                        yield Finding(argument.span, (item, argument, *first), message)


def _key(text: str) -> str:
    """The port or range with its protocol; nothing for what only the build knows."""
    match = _port(unquoted(text))
    if match is None:
        return ""
    first, last, protocol = match.groups()
    return f"{first}-{last or first}/{(protocol or 'tcp').lower()}"


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, argument, first_item, first = finding.subject
    port = argument.value
    same = Reason("a-set", "the image's exposed ports are a set, and it stays the same")
    yield Candidate(
        "drop-second",
        f"Take the second {port} out",
        (without_argument(item, argument),),
        Applicability.SAFE,
        (same, Reason("said-before", f"line {first_item.start_line} says it already")),
    )
    same_stage = finding.document.stage_of(item) is finding.document.stage_of(first_item)
    if item is not first_item and same_stage:
        yield Candidate(
            "drop-first",
            f"Take the {first.value} of line {first_item.start_line} out",
            (without_argument(first_item, first),),
            Applicability.SAFE,
            (same, Reason("said-later", f"line {item.start_line} says it again")),
        )
    if "/" not in port:
        yield Candidate(
            "other-protocol",
            f"Write {port}/udp, if that is what one of them was meant to be",
            (),
            Applicability.DISPLAY,
            (Reason("tcp", f"{port} without a protocol is {port}/tcp"),),
        )


RULE = Rule(
    "CODI029",
    "duplicate-expose",
    Severity.INFO,
    "Expose each port once",
    check,
    candidates,
    triggers=("EXPOSE",),
    templates=(
        "drop-second: safe",
        "drop-first: safe",
        "other-protocol: display",
    ),
)
