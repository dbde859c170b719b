"""apt-get update in a layer of its own.

Why it matters: a layer that was built once is taken from the cache for as long as its text stays
the same. The update then stays as old as the cache, while a changed install line behind it runs
anew: packages that the old lists name are no longer on the mirror, and the build fails with 404, or
an old release is installed without a word.

Which alternative: the update belongs into the RUN that installs, which can then remove the lists it
has downloaded. With cache mounts the lists and packages stay with the builder instead, and the next
build downloads less; that needs BuildKit.

Why the fixes are unsafe: what is installed is then chosen from fresher lists. Each RUN that
installs downloads them for itself.

When to ignore: in a base image that leaves the lists for those who build on it.

Evidence: in 927 of 16,073 public Dockerfiles (58 of 1,000; 2 of 1,000 of the curated ones). Looked
at: an update directly in front of the one install (right); an update with two installs behind it,
the second of which installs from lists that the first has kept (right); an update 33 lines above
the install that needs it (right); two updates in a row, of which the first was reported as well
(wrong: since then an update ends what an earlier one is for); an update in front of a mail
server's packages, late in the file (right: it is the one that ages).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
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
from codi_hook.recipes.apt_lists import CLEAN, LISTS, by_wrapper, update_again
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.layers import later_runs, relies_on_index
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.scripts import prepend_command
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import call

_APT = ("apt-get", "apt", "aptitude")
_MOST = 50  # updates that are looked at: each looks at all that is behind it
_USES = frozenset({"install", "upgrade", "dist-upgrade"})


@dataclass(frozen=True, eq=False)
class _Alone:
    update: Command
    relying: tuple[Script, ...]


def check(document: Document) -> Iterator[Finding]:
    seen: set[int] = set()
    left = _MOST
    for update in document.commands(*_APT):
        item = update.instruction
        if id(item) in seen or document.is_trigger(item):
            continue
        seen.add(id(item))
        script = document.script(item)
        if script is None or not left or not _only_updates(script):
            continue
        left -= 1
        relying = tuple(_relying(document, item))
        if relying and not covers(kept_out(item), LISTS):
            line = relying[0].instruction.start_line
            message = f"The update can be older than the install (line {line}) that relies on it"
            yield Finding(update.span, _Alone(update, relying), message)


@kept
def _only_updates(script: Script) -> bool:
    """True where the script updates the lists and installs nothing from them."""
    calls = [found for command in script.commands if (found := call(command))]
    actions = {found.action for found in calls if found.manager.family == "apt"}
    return "update-index" in actions and _USES.isdisjoint(actions)


@kept
def _updates(script: Script) -> bool:
    calls = (call(command) for command in script.commands)
    return any(c and c.manager.family == "apt" and c.action == "update-index" for c in calls)


def _relying(document: Document, item: Instruction) -> Iterator[Script]:
    for run in later_runs(document, item):
        script = document.script(run)
        if script is None:
            continue
        mounted = covers(kept_out(run), LISTS)
        if relies_on_index(script, "apt") and not mounted and not document.is_trigger(run):
            yield script
        if _updates(script):
            return


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: _Alone = finding.subject
    document = finding.document
    item = found.update.instruction
    script = document.script(item)
    if script is None or any(map(by_wrapper, (script, *found.relying))):
        return
    alone = len(script.statements) == 1 and len(script.commands) == 1
    count = len(found.relying)
    steps = "the RUN that installs" if count == 1 else f"the {count} RUNs that install"
    together = Reason("together", "update and install in one RUN can never be cached apart")
    edits = update_again(document, script, list(found.relying), alone)
    if edits:
        yield Candidate(
            "update-where-installed",
            f"Update in {steps}",
            edits,
            Applicability.UNSAFE,
            (
                together,
                Reason("no-lists", f"{steps} also removes the lists with {CLEAN}")
                if count == 1
                else Reason("no-lists", f"{steps} also remove the lists with {CLEAN}"),
            ),
        )
    mounted = _mounted(document, item, found.relying) if alone and mountable(document) else ()
    if mounted:
        yield Candidate(
            "update-with-cache-mounts",
            f"Update in {steps}, lists and packages in cache mounts",
            mounted,
            Applicability.UNSAFE,
            (
                together,
                Reason("faster-rebuild", "lists and packages stay with the builder"),
                builder_reason(document),
            ),
        )


def _mounted(
    document: Document, item: Instruction, relying: tuple[Script, ...]
) -> tuple[Edit, ...]:
    edits = [delete(item)]
    for other in relying:
        before = prepend_command(other, "apt-get update")
        folders = ("/var/cache/apt", "/var/lib/apt")
        if before is None or any(covers(kept_out(other.instruction), f) for f in folders):
            return ()
        edits += [cache_mounts(other.instruction, *folders, locked=True), before]
    return tuple(edits)


RULE = Rule(
    "CODI014",
    "update-alone",
    Severity.WARNING,
    "apt-get update in a layer of its own",
    check,
    candidates,
    triggers=_APT,
    templates=(
        "update-where-installed: unsafe",
        "update-with-cache-mounts: unsafe",
    ),
)
