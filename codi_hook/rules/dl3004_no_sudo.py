"""sudo in a build.

Why it matters: a RUN already runs as root unless USER said otherwise, so sudo adds a package, a
setuid program in the image and odd rules about the environment, and gains nothing.

Which alternative: where the build is root, the word goes. Where USER has made it somebody else,
USER root for this one step, and back, says the same without sudo.

Why the fixes are unsafe: sudo clears most environment variables and sets HOME; a command that
depends on that behaves differently without it. Some are only shown: where no USER is set and the
base image is not known to run as root (images made to be worked in often are not), where other
commands of the step would become root's as well, and where an install of packages without versions
comes to light, which a linter that does not look behind sudo has not complained about yet.

When to ignore: in an image that is made for people to log in to.

Evidence: in 20.4 of 1,000 public Dockerfiles. hadolint and this rule agree on all 692 places that
hadolint reports in 16,167 public Dockerfiles; this rule has 3 more, where xargs runs sudo.
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
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.instructions import insert_after, insert_before
from codi_hook.recipes.pins import advice
from codi_hook.recipes.user_ids import numbering
from codi_hook.recipes.users import base_is_root
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import call
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("sudo"):
        yield Finding(command.word.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    sudo: Command = finding.subject
    script = finding.document.script(sudo.instruction)
    wrapped = [c for c in script.commands if c.wrapper is sudo] if script else []
    if not wrapped or _as_somebody(sudo, wrapped[0]):
        return
    inner = wrapped[0]
    drop = Edit(Span(sudo.word.span.start, inner.span.start), "")
    user = user_at(finding.document, sudo.instruction)
    known = is_root(user) if user else _root_by_base(finding.document, sudo)
    shown_only = Applicability.DISPLAY if _unpinned(inner) else Applicability.UNSAFE
    if user is None or known:
        yield Candidate(
            "drop-sudo",
            "Run the command without sudo",
            (drop,),
            shown_only if known else Applicability.DISPLAY,
            (
                Reason("already-root", f"the build runs as root here, so {inner.name} needs none")
                if known
                else Reason("if-root", "sudo does nothing where the base image runs as root"),
                Reason("no-setuid", "the image then needs no setuid program"),
            ),
        )
        if not known:
            yield advice(
                "user-root",
                "Say USER root above the step, and the image's own user behind it",
                ("openly", "USER says in the file which steps run as root"),
                ("own-user", "which user the base image changes to is not in this file"),
            )
        return
    others = [c for c in script.commands if c.name == "sudo"] if script else []
    if others != [sudo] or finding.document.is_trigger(sudo.instruction):
        return
    alone = all(c is sudo or c in wrapped for c in script.commands) if script else False
    yield from _around(finding, sudo, drop, user, shown_only if alone else Applicability.DISPLAY)


def _around(
    finding: Finding, sudo: Command, drop: Edit, user: str, level: Applicability
) -> Iterator[Candidate]:
    """USER root for the step and the user again behind it, by numbers where they are known."""
    item = sudo.instruction
    stage = finding.document.stage_of(item)
    reasons = (
        Reason("explicit", f"USER says openly that this step is not run by {user}"),
        Reason("whole-step", "the whole step then runs as root, and what it writes is root's"),
    )
    known = numbering(finding.document, stage, user) if stage else None
    number = user if user.partition(":")[0].isdigit() else known.number if known else None
    if number:
        edits = (insert_before(item, "USER 0"), drop, insert_after(item, f"USER {number}"))
        first = known.edits if known else ()
        yield Candidate(
            "user-number-around",
            f"Become root for this step and {user} again behind it, by their numbers",
            (*first, *edits),
            level,
            (*reasons, known.reason) if known else reasons,
        )
    yield Candidate(
        "user-root-around",
        f"Become root for this step and {user} again behind it",
        (insert_before(item, "USER root"), drop, insert_after(item, f"USER {user}")),
        level,
        reasons,
    )


def _as_somebody(sudo: Command, inner: Command) -> bool:
    """True where sudo is told to become a user, or is given anything else than a command."""
    return inner.span.start != sudo.args[0].span.start if sudo.args else True


def _root_by_base(document: Document, sudo: Command) -> bool:
    stage = document.stage_of(sudo.instruction)
    return stage is not None and base_is_root(list(stage.lineage())[-1])


def _unpinned(command: Command) -> bool:
    """True for an install of packages, one of which has no version."""
    found = call(command)
    if found is None or found.action != "install":
        return False
    return not all(found.pinned(word) for word in found.packages)


RULE = Rule(
    "DL3004",
    "no-sudo",
    Severity.ERROR,
    "Do not run sudo in a build",
    check,
    candidates,
    triggers=("sudo",),
    local=True,
    templates=(
        "drop-sudo: unsafe, display",
        "user-number-around: unsafe, display",
        "user-root-around: unsafe, display",
        "user-root: display",
    ),
)
