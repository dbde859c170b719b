"""What recognisers ask about a place."""

from __future__ import annotations

from codi_hook import registry
from codi_hook.dockerfile import Instruction
from codi_hook.model import Finding
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call
from compat.differences.base import Place


def inner(place: Place) -> Instruction:
    """The instruction itself, or what an ONBUILD triggers."""
    return place.instruction.trigger or place.instruction


def script(place: Place) -> Script | None:
    return place.document.script(inner(place))


def commands(place: Place) -> tuple[Command, ...]:
    found = script(place)
    return found.commands if found else ()


def calls(place: Place) -> list[Call]:
    """The calls of package managers in the instruction."""
    return [found for command in commands(place) if (found := call(command))]


def findings(place: Place) -> list[Finding]:
    """What our rules of the code find in the instruction."""
    span = place.instruction.span
    return [
        finding
        for rule in registry.find_all(place.code)
        for finding in rule.check(place.document)
        if span.start <= finding.span.start < span.end
    ]


def found(place: Place) -> list[Command]:
    """The innermost command at each of our findings in the instruction."""
    at_findings = []
    for finding in findings(place):
        at = finding.span.start
        around = [c for c in commands(place) if c.span.start <= at < c.span.end]
        if around:
            at_findings.append(max(around, key=lambda c: (c.span.start, c.position)))
    return at_findings


def seen_through(command: Command) -> bool:
    """Another command runs it, or its first word is more than its name."""
    return bool(command.wrapper or "sh -c" in command.context or "/" in command.word.text)
