"""Package lists of apt left in the layer.

Why it matters: `apt-get update` downloads some tens of megabytes of package lists. They are
stale within days, nothing but apt reads them, and what a later RUN deletes stays in the layer
that wrote it. Debian's and Ubuntu's own images come without them.

Which alternative: removing the lists at the end of the same RUN needs nothing else. Cache mounts
keep lists and packages between builds, outside the image, so the next build downloads less; they
need BuildKit. Where a later RUN installs from the lists that an earlier one has left, each RUN
has to update for itself. An update that nothing makes use of can go.

Why removing is safe: it is offered as safe only where no later step of the file installs by apt
without an update of its own, none runs a script that cannot be read here, and the step is not
one that ONBUILD runs in a build that is not to be seen. Whoever installs in a container has to
update first, as in Debian's own images. The others change what is downloaded when, so they are
`unsafe`.

When to ignore: in an image that is made to install from without the network.

Evidence: 4,907 findings in 4,094 of 16,167 public Dockerfiles, 253.2 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.recipes.apt_lists import CLEAN, LISTS, cleaned, is_kept, update_again
from codi_hook.recipes.cleaning import insists
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.layers import is_unknown, later_runs, relies_on_index
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.scripts import append_command
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call

_UPDATES = ("apt-get", "apt", "aptitude")


def check(document: Document) -> Iterator[Finding]:
    seen: set[int] = set()
    for command in document.commands(*_UPDATES):
        item = command.instruction
        found = call(command)
        if found is None or found.action != "update-index" or id(item) in seen:
            continue
        seen.add(id(item))
        if is_kept(document, item) and not cleaned(document.script(item), item, command):
            yield Finding(command.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    update: Command = finding.subject
    document, item = finding.document, update.instruction
    script = document.script(item)
    if script is None:
        return
    later = [found for run in later_runs(document, item) if (found := document.script(run))]
    if any(insists(found, LISTS) for found in later):
        return  # a later step fails where there are no lists left to remove
    relying = [found for found in later if relies_on_index(found, "apt")]
    alone = len(script.statements) == 1 and len(script.commands) == 1
    if relying:
        yield from _update_again(finding, script, relying, alone)
        return
    if alone and not any(map(is_unknown, later)) and item in document.instructions:
        yield Candidate(
            "drop-update",
            "Take the update out",
            (delete(item),),
            Applicability.UNSAFE,
            (
                Reason("unused", "no later step installs from these lists"),
                Reason("faster", "the build no longer waits for the mirror here"),
            ),
        )
    clean = None if update.wrapper else append_command(script, CLEAN)
    if clean:
        known = not any(map(is_unknown, later)) and not document.is_trigger(item)
        yield _remove_lists(clean, known)
    if mountable(document):
        yield _mounts(document, item, script)


def _remove_lists(clean: Edit, known: bool) -> Candidate:
    return Candidate(
        "remove-lists",
        "Remove the lists in the same RUN",
        (clean,),
        Applicability.SAFE if known else Applicability.UNSAFE,
        (
            Reason("same-layer", "what the RUN that wrote them removes never becomes part of it"),
            Reason("no-requirements", "this works with every builder and adds one command"),
            Reason("unused", "no later step of the file installs without an update of its own")
            if known
            else Reason("unknown-script", "a later script may count on lists that are there"),
        ),
    )


def _mounts(document: Document, item: Instruction, script: Script) -> Candidate:
    installs = [found for command in script.commands if (found := _install(command))]
    kept = "the lists and packages" if installs else "the lists"
    folders = [f for f in ("/var/cache/apt", "/var/lib/apt") if not covers(kept_out(item), f)]
    return Candidate(
        "cache-mounts",
        "Keep lists and packages in cache mounts",
        (cache_mounts(item, *folders, locked=True),),
        Applicability.UNSAFE,
        (
            Reason("faster-rebuild", f"{kept} stay with the builder and not in the image"),
            Reason("locked", "sharing=locked lets one build at a time use them, as apt wants it"),
            builder_reason(document),
        ),
    )


def _install(command: Command) -> Call | None:
    found = call(command)
    return found if found and found.manager.family == "apt" and found.verb == "install" else None


def _update_again(
    finding: Finding, script: Script, relying: list[Script], alone: bool
) -> Iterator[Candidate]:
    """Move the update into each RUN that installs from its lists, and clean there."""
    edits = update_again(finding.document, script, relying, alone)
    if not edits:
        return
    steps = (
        "the RUN that installs" if len(relying) == 1 else f"the {len(relying)} RUNs that install"
    )
    yield Candidate(
        "update-where-installed",
        f"Update and clean in {steps}",
        edits,
        Applicability.UNSAFE,
        (
            Reason("together", "update and install in one RUN can never be cached apart"),
            Reason("still-works", f"{steps} would find no lists if they were only removed"),
        ),
    )


RULE = Rule(
    "DL3009",
    "apt-lists-left",
    Severity.INFO,
    "Remove the apt lists in the RUN that downloads them",
    check,
    candidates,
    triggers=_UPDATES,
    local=True,
    templates=(
        "remove-lists: safe, unsafe",
        "cache-mounts: unsafe",
        "update-where-installed: unsafe",
        "drop-update: unsafe",
    ),
)
