"""A port above 65535.

Why it matters: ports are numbers of 16 bits. EXPOSE with a greater one fails when the image is
built or run, or names a port that nothing can ever listen on.

Which alternative: nearly always a digit too many; which port is meant only you know. Where the
others of the line are the ones that count, the impossible one can go.

Why the fix is unsafe: tools read EXPOSE to decide what to publish (`docker run -P`), and the port
that was meant is then not published.

When to ignore: never.

Evidence: none in 16,167 public Dockerfiles, for hadolint as for this rule: a build
shows it at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
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
from codi_hook.recipes.pins import advice
from codi_hook.recipes.ports import exposed

_HIGHEST = 65535
_ports = pattern(r"(\d+)(?:-(\d+))?(?:/\w+)?\Z").match


def check(document: Document) -> Iterator[Finding]:
    for item, word in exposed(document):
        match = _ports(word.value)
        high = [port for port in match.groups() if port and _is_high(port)] if match else []
        if high:
            yield Finding(word.span, (item, word), f"There is no port {high[0]}")


def _is_high(port: str) -> bool:
    port = port.lstrip("0")
    return len(port) > 5 or int(port or "0") > _HIGHEST


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    word: Argument
    item, word = finding.subject
    written = word.value
    yield Candidate(
        "drop-port",
        f"Take {written} out",
        (without_argument(item, word),),
        Applicability.UNSAFE,
        (
            Reason("cannot-exist", f"nothing can listen on {written}: 65535 is the highest port"),
            Reason("documentation", "EXPOSE opens nothing, it says what the program listens on"),
        ),
    )
    yield advice(
        "name-port",
        f"Write the port that is meant by {written}",
        ("a-digit", "a digit too many, or two ports that have grown together, are usual"),
        ("not-known", "which port the program listens on is not in this line"),
    )


RULE = Rule(
    "DL3011",
    "valid-port",
    Severity.ERROR,
    "Ports go from 0 to 65535",
    check,
    candidates,
    triggers=("EXPOSE",),
    local=True,
    templates=(
        "drop-port: unsafe",
        "name-port: display",
    ),
)
