"""yum install without -y.

Why it matters: nobody sits at a build. yum asks before it installs anything, finds no terminal,
takes that for a no, and the build stops.

Which alternative: `-y` on the command says it where it is needed. A line `assumeyes=1` in
/etc/yum.conf says it for the whole image, and for whoever runs yum in the container.

Why the fix is safe: a build that succeeded was asked nothing, and then `-y` changes nothing; one
that was asked something did not succeed. Where the step goes on after a failure (`|| true`, `;`), a
refused transaction may have gone unnoticed and `-y` would then carry it out: there it is `unsafe`.

When to ignore: never in a build that nobody watches.

Evidence: 3 findings in 16,167 public Dockerfiles: most that lack it have learned it from a failed
build.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.answers import add_yes, unanswered
from codi_hook.recipes.installs import RPM_INSTALLS, installs


def check(document: Document) -> Iterator[Finding]:
    return unanswered(installs(document, "yum", verbs=RPM_INSTALLS))


RULE = Rule(
    "DL3030",
    "yum-yes",
    Severity.WARNING,
    "Give yum install -y, nobody can answer in a build",
    check,
    add_yes,
    triggers=("yum",),
    local=True,
    templates=("add-yes: safe, unsafe",),
)
