"""A check of certificates or signatures is switched off.

Why it matters: without it, whoever is on the way between the build and the server decides what is
installed, and the build notices nothing. In ENV it also holds for the program in the container.

Which alternative: most often the option is left over from a day on which a certificate had run
out, and can go. Where the image lacks the certificates of the public authorities, ca-certificates
brings them. Where a company's proxy answers with its own certificate, that authority can be added
to the image's, or named to the one tool, and everything else is still checked.

Why the fixes are unsafe: where the check would fail, the build stops from then on. That is what it
is for, and it may be a surprise.

When to ignore: for a host that is reached over a loopback, and in images that test just this.

Evidence: in 550 of 16,073 public Dockerfiles (34 of 1,000; 4 of 1,000 of the curated ones). Looked
at: wget --no-check-certificate of a file on GitHub, behind an install of wget without recommended
packages (right; ca-certificates was missing, and is offered); pip --trusted-host pypi.python.org,
left over from an old pip (right); apt-get --force-yes for wget from Debian's own archive (right);
curl -jkL of a JDK (right); yum --nogpgcheck of one package (right). A repository of packages that
the file itself has built, [trusted=yes] file:///…, was found at first and is no finding since.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.insecure import PROGRAMS, variable
from codi_hook.recipes.instructions import without_pair
from codi_hook.recipes.switched_off import Off, certificates_missing, in_command, may_switch
from codi_hook.recipes.values import unquoted
from codi_hook.source import Span

_PROGRAMS = frozenset(PROGRAMS)


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ENV", "ARG"):
        for pair in item.pairs:
            switch = variable(pair.key.value, unquoted(pair.value.value)) if pair.value else None
            if switch:
                off = Off(switch, pair.key.value, (without_pair(item, pair),))
                yield _finding(pair.span, off)
    for script in document.scripts():
        if script.names.isdisjoint(_PROGRAMS):
            continue
        for command in script.commands:
            if command.name in _PROGRAMS and may_switch(command):
                for span, off in in_command(script, command):
                    yield _finding(span, off)


def _finding(span: Span, off: Off) -> Finding:
    return Finding(span, off, f"{off.shown} switches the check of {off.switch.what} off")


def candidates(finding: Finding) -> Iterator[Candidate]:
    off: Off = finding.subject
    document, command = finding.document, off.command
    what = off.switch.what
    fails = Reason("fails-loudly", f"where the check of {what} fails, the build then stops")
    missing = certificates_missing(document, command) if command else None
    if missing and off.edits:
        yield Candidate(
            "install-certificates",
            f"Install ca-certificates, and check {what} again",
            (missing, *off.edits),
            Applicability.UNSAFE,
            (
                Reason("were-missing", "nothing in the file installs the public authorities' own"),
                fails,
            ),
        )
    elif off.edits:
        yield Candidate(
            "check-again",
            f"Check {what} again",
            off.edits,
            Applicability.UNSAFE,
            (
                Reason("noticed", f"without {off.shown} a stranger's answer is noticed"),
                fails,
            ),
        )
    yield Candidate(
        "trust-own-authority",
        off.switch.instead,
        (),
        Applicability.DISPLAY,
        (
            Reason("one-more", "one authority more is trusted, and everything else still checked"),
            Reason("not-known", "whose certificate or key that is, is not in this file"),
        ),
    )


RULE = Rule(
    "CODI011",
    "check-switched-off",
    Severity.WARNING,
    "A check of certificates or signatures is switched off",
    check,
    candidates,
    triggers=("ENV", "ARG", *PROGRAMS),
    local=True,
    security=True,
    templates=(
        "check-again: unsafe",
        "trust-own-authority: display",
        "install-certificates: unsafe",
    ),
)
