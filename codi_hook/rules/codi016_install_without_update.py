"""apt-get install where no package lists are left.

Why it matters: Debian's and Ubuntu's images, and those built on them, come without package lists,
and a step that cleans up removes them again. An install that finds none cannot locate any package,
and the build stops, unless an old layer in the cache happens to hide it.

Which alternative: an update in the same RUN, and the lists removed again behind it. With cache
mounts the lists stay with the builder and out of the image; that needs BuildKit.

Why the fixes are unsafe: what is installed is chosen from the lists of that moment.

Reported only where it is certain that there are no lists: an official base image without an update
behind it, or lists that an earlier step of the file has removed. A step that runs a script, which
may well update, ends the certainty; so does a mount over the lists.

When to ignore: where the packages are in a cache of yours and need no lists.

Evidence: in 16 of 5,350 public Dockerfiles (3.0 of 1,000). Looked at: git on node:8 without an
update anywhere (right; the build stops); software on ubuntu:14.04 in the first step (right);
openssl, after the step before it has removed the lists (right); an install behind a script from
the network that updates and then removes the lists (right); python on an old node image (right).
An install behind `curl … | bash`, which may update, is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import (
    UNSHOWN,
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.apt_lists import CLEAN, LISTS
from codi_hook.recipes.apt_state import MAY_UPDATE, without_lists
from codi_hook.recipes.cleaning import removed
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.scripts import append_command, joiner
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call
from codi_hook.source import Span

_APT = ("apt-get", "apt", "aptitude")


def check(document: Document) -> Iterator[Finding]:
    for found in without_lists(document):
        yield Finding(found.command.span, found)


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Call = finding.subject
    document, command = finding.document, found.command
    script = document.script(command.instruction)
    before = _update(script, command) if script else None
    if script is None or before is None:
        return
    what = found.packages[0].text
    works = Reason("locates", f"apt can only locate {what} in lists that are there")
    together = Reason("together", "update and install in one RUN can never be cached apart")
    behind = removed(script, LISTS, command.position)
    after = None if behind else append_command(script, CLEAN)
    if behind or after:
        edits = (before, after) if after else (before,)
        yield Candidate(
            "update-first",
            "Update in the same RUN" + ("" if behind else f", and {CLEAN} behind it"),
            edits,
            Applicability.UNSAFE,
            (works, together),
        )
    folders = [
        f for f in ("/var/cache/apt", "/var/lib/apt") if not covers(kept_out(script.instruction), f)
    ]
    if mountable(document) and not behind and folders:
        yield Candidate(
            "update-with-cache-mounts",
            "Update in the same RUN, lists and packages in cache mounts",
            (cache_mounts(command.instruction, *folders, locked=True), before),
            Applicability.UNSAFE,
            (
                works,
                Reason("faster-rebuild", "lists and packages stay with the builder"),
                builder_reason(document),
            ),
        )


def _update(script: Script, command: Command) -> Edit | None:
    """``apt-get update`` joined in front of the install, by ``&&`` as the script does it."""
    at = next((i for i, one in enumerate(script.statements) if one.commands == (command,)), None)
    if (
        at is None
        or not script.statements[at].simple
        or command.wrapper
        or command.instruction.form == "json"
    ):
        return None
    if at and script.statements[at - 1].operator not in ("&&", ";", "\n"):
        return None
    start = script.statements[at].span.start
    return Edit(Span(start, start), f"apt-get update{joiner(script)}")


RULE = Rule(
    "CODI016",
    "install-without-update",
    Severity.WARNING,
    "apt-get install where no package lists are left",
    check,
    candidates,
    triggers=_APT,
    reads=("COPY", "ADD", "rm", "find", UNSHOWN, *MAY_UPDATE),
    templates=(
        "update-first: unsafe",
        "update-with-cache-mounts: unsafe",
    ),
)
