"""ShellCheck's codes, SC1000 to SC3999: what is wrong with the shell script of a RUN.

Why it matters: a RUN is a shell script that nobody runs by hand before it is built. An
expansion without quotes falls apart at a blank, `cd` that fails leaves the next command in the
wrong folder, and what only bash understands fails where /bin/sh is dash. ShellCheck knows some
four hundred such mistakes. codi-hook hands it every script of a file, with the dialect of the
SHELL in effect and of the base image, and reports what it says at the place in the Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.shellcheck.codes import KNOWN, OFF, known, templates

_code = pattern(r"SC([123]\d{3})\Z", re.IGNORECASE).match
WIKI = "https://www.shellcheck.net/wiki/"


def rule(code: str) -> Rule | None:
    """The rule of a code such as "SC2086", in any case; None for what is no code."""
    match = _code(code)
    return rule_of(int(match[1])) if match else None


@cache
def rule_of(number: int) -> Rule:
    """The rule of a code by its number. There is one for every number: a newer ShellCheck may
    report what nobody knew when this was written."""
    severity, summary = KNOWN.get(number, ("warning", f"See {WIKI}SC{number}"))
    return Rule(
        f"SC{number}",
        f"shellcheck-{number}",
        Severity[severity.upper()],
        summary,
        check,
        candidates,
        triggers=("RUN",),
        templates=templates(number),
        default=number not in OFF,
        external=True,
    )


def rules() -> tuple[Rule, ...]:
    """The rules of the codes that are met in Dockerfiles. Any other code has one as well."""
    return tuple(map(rule_of, known()))


def check(_document: Document) -> Iterable[Finding]:
    """Nothing: ShellCheck is asked about all files of a run at once, not by rule."""
    return ()


def candidates(finding: Finding) -> Iterable[Candidate]:
    from codi_hook.shellcheck.proposals import proposals

    return [proposal.candidate for proposal in proposals(finding)]
