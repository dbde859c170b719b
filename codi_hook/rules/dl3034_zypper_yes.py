"""zypper without -y.

Why it matters: nobody sits at a build. zypper asks before it installs or removes anything, finds no
terminal, takes that for a no, and the build stops.

Which alternative: `-y` on the command says it where it is needed. `zypper -n` is the same for every
question that zypper may ask.

Why the fix is safe: a build that succeeded was asked nothing, and then `-y` changes nothing; one
that was asked something did not succeed. Where the step goes on after a failure (`|| true`, `;`), a
refused transaction may have gone unnoticed and `-y` would then carry it out: there it is `unsafe`.

When to ignore: never in a build that nobody watches.

Evidence: none in 16,167 public Dockerfiles, of which 21 install by zypper.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.answers import add_yes, unanswered
from codi_hook.recipes.installs import installs

_VERBS = ("install", "in", "remove", "rm", "source-install", "si", "patch")


def check(document: Document) -> Iterator[Finding]:
    return unanswered(installs(document, "zypper", verbs=_VERBS))


RULE = Rule(
    "DL3034",
    "zypper-yes",
    Severity.WARNING,
    "Give zypper -y, nobody can answer in a build",
    check,
    add_yes,
    triggers=("zypper",),
    local=True,
    templates=("add-yes: safe, unsafe",),
)
