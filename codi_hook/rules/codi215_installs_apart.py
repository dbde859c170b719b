"""One step calls the same package manager several times in a row.

Why it matters: each call resolves, downloads and configures on its own, and runs the triggers of
packages again (ldconfig, man pages, fonts). One call with all packages is faster, its list can be
sorted and reviewed, and conflicts show at once and not halfway.

Which alternative: the packages of the second call behind those of the first, as they are, or all
of them sorted and one a line, so that the next change shows as one line.

Why the fixes are unsafe: a solver that sees all packages may choose other alternatives for what
they depend on.

Reported are calls with the same options that follow each other directly in a chain of `&&`. A call
behind an added repository, an updated index or any other command is not one of them.

When to ignore: where the second call relies on what the first has configured.

Evidence: 20 of 1,000 public Dockerfiles (663 findings; 8 of 1,000 written by experts). Looked at:
three `apk add` on one line for make, curl and openssh; one call of apt-get for each tool in an
image for bioinformatics; two apt-get for Qt and curl's headers; four yum with one package each;
two apk behind each other with the same option. Nothing between them needs to be there first.
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
from codi_hook.recipes.installs import SYSTEM, can_join, ends_in_packages, plain_install, shown
from codi_hook.recipes.scripts import editable
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for script in document.scripts():
        if script.names.isdisjoint(SYSTEM) or not editable(script):
            continue
        for index in range(len(script.statements) - 1):
            first, second = plain_install(script, index), plain_install(script, index + 1)
            if first is None or second is None or script.statements[index].operator != "&&":
                continue
            if second.verb_word is not None and can_join(first, second):
                yield Finding(second.verb_word.span, (script, index, first, second))


def candidates(finding: Finding) -> Iterator[Candidate]:
    script, index, first, second = finding.subject
    statements = script.statements
    source = script.instruction.source
    both = Reason("one-solution", "conflicts show before anything is installed")
    gap = Span(statements[index].span.end, statements[index + 1].span.end)
    if any(gap.contains(one.span) for one in script.instruction.comments):
        return
    names = shown(second.packages)
    more = "".join(f" {word.text}" for word in second.packages)
    end = first.packages[-1].span.end
    if ends_in_packages(first):
        yield Candidate(
            "into-first",
            f"Install {names} with the packages before",
            (Edit(Span(end, end), more), Edit(gap, "")),
            Applicability.UNSAFE,
            (Reason("one-call", f"{first.name} then resolves and configures once"), both),
        )
    whole = Span(first.packages[0].span.start, end)
    if source.text(whole).split() == [word.text for word in first.packages]:
        texts = sorted({word.text for word in (*first.packages, *second.packages)})
        escape = "\\" if script.instruction.heredocs else finding.document.escape
        line = f"{escape}{source.newline}        "
        yield Candidate(
            "sorted-list",
            "Install all of them in one call, sorted, one a line",
            (Edit(whole, line + f" {line}".join(texts)), Edit(gap, "")),
            Applicability.UNSAFE,
            (Reason("reviewed", "a sorted list of one a line shows what is added or twice"), both),
        )


RULE = Rule(
    "CODI215",
    "installs-apart",
    Severity.INFO,
    "Install packages that follow each other in one call",
    check,
    candidates,
    triggers=SYSTEM,
    local=True,
    templates=(
        "into-first: unsafe",
        "sorted-list: unsafe",
    ),
)
