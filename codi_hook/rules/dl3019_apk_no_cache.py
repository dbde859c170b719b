"""apk add without --no-cache.

Why it matters: apk keeps the package index that it downloads in /var/cache/apk. In a layer it
is dead weight, stale within days; it is also why so many lines begin with `apk update` and end
with `rm -rf /var/cache/apk/*`, which `--no-cache` makes superfluous.

Which alternative: `--no-cache` fetches the index, uses it and keeps nothing. A cache mount keeps
index and packages with the builder, so that the next build downloads less; it needs BuildKit.

Why the first fix is safe: `--no-cache` installs from the same index, fetched fresh. It is `safe`
only where no later step installs from an index that this one leaves, and none that cannot be read
here may do so. `apk update` in the same RUN is taken out only where nothing else in it or after it
needs the index. Alpine before 3.3 does not know the option, and with `--no-network` nothing is
fetched: neither gets it.

When to ignore: in an image that is made to install from without the network.

Evidence: 1,446 findings in 1,226 of 16,167 public Dockerfiles, 75.8 of 1,000.
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
from codi_hook.recipes.cleaning import insists, only_removes
from codi_hook.recipes.installs import insert_option, installs
from codi_hook.recipes.layers import (
    is_unknown,
    later_runs,
    relies_on_index,
    runs_unknown_after,
)
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.outcome import has_old_apk
from codi_hook.recipes.scripts import remove_command
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call

_CACHE = "/var/cache/apk"
_UPDATE = ("-U", "--update", "--update-cache")


def check(document: Document) -> Iterator[Finding]:
    by_run: dict[int, list[Call]] = {}
    for found in installs(document, "apk", verb="add"):
        item = found.command.instruction
        folders = kept_out(item)
        if not (found.has_flag("--no-cache") or covers(folders, _CACHE)):
            by_run.setdefault(id(item), []).append(found)
    for calls in by_run.values():
        if calls[0].verb_word:
            yield Finding(calls[0].verb_word.span, calls)


def candidates(finding: Finding) -> Iterator[Candidate]:
    calls: list[Call] = finding.subject
    document, item = finding.document, calls[0].command.instruction
    script = document.script(item)
    if script is None or any(found.has_flag("--no-network") for found in calls):
        return
    later = [found for run in later_runs(document, item) if (found := document.script(run))]
    if any(insists(found, _CACHE) for found in later):
        return  # a later step fails where there is no index left to remove
    relied = any(relies_on_index(found, "apk") for found in later)
    after = calls[0].command.position
    unknown = any(map(is_unknown, later)) or runs_unknown_after(script, after)
    candidate = _no_cache(script, calls, (relied, unknown), _beside_a_run(document, item))
    if candidate and not has_old_apk(document, item):
        yield candidate
    if not relied and mountable(document) and (mount := _cache_mount(document, script, calls)):
        yield mount


def _beside_a_run(document: Document, item: Instruction) -> bool:
    """True next to another RUN: a RUN of one command there would better be one with it."""
    if item not in document.instructions:
        return False
    at = document.index(item)
    around = document.instructions[max(at - 1, 0) : at + 2]
    return any(other.keyword == "RUN" for other in around if other is not item)


def _no_cache(
    script: Script, calls: list[Call], later: tuple[bool, bool], beside: bool
) -> Candidate | None:
    """`later`: whether a later command installs from the index, and whether one may."""
    relied, unknown = later
    edits = [edit for found in calls for edit in _options(found)]
    extra = [] if relied or unknown else _superfluous(script, calls)
    if beside and len(script.commands) - len(extra) == 1:
        extra = []
    edits += [edit for _command, edit in extra]
    if insists(script, _CACHE) and not any(command.name == "rm" for command, _edit in extra):
        return None
    refresh = any(found.has_flag(*_UPDATE) for found in calls)
    reasons = [
        Reason("nothing-kept", "apk then fetches the index, uses it and keeps nothing of it")
    ]
    if extra:
        names = " and ".join(_said(command) for command, _edit in extra)
        verb = "is" if len(extra) == 1 else "are"
        reasons.append(Reason("superfluous", f"{names} {verb} needed no longer"))
    reasons.append(Reason("no-requirements", "this works with every builder"))
    if relied:
        reasons.append(Reason("later-step", "a later step installs from the index left here"))
    elif unknown and refresh:
        reasons.append(Reason("unknown-script", "a later script may count on the index left here"))
    return Candidate(
        "add-no-cache",
        "Give apk add --no-cache",
        tuple(edits),
        Applicability.UNSAFE if refresh and (relied or unknown) else Applicability.SAFE,
        tuple(reasons),
    )


def _said(command: Command) -> str:
    return "apk update" if command.name == "apk" else f"the {command.name} of {_CACHE}"


def _options(found: Call) -> Iterator[Edit]:
    """--no-cache in the place of --update, or behind the verb."""
    old = found.flag(*_UPDATE)
    if old and not old.cluster and old.word.text == old.name:
        yield Edit(old.word.span, "--no-cache")
    elif found.verb_word:
        yield insert_option(found.command, found.verb_word, "--no-cache")


def _superfluous(script: Script, calls: list[Call]) -> list[tuple[Command, Edit]]:
    """``apk update`` and the removal of the cache, where nothing else of the script needs them."""
    apk = [found for c in script.commands if (found := call(c)) and found.name == "apk"]
    others = {"add", "del", "update"}
    if any(found.verb not in others or found.command.wrapper for found in apk):
        return []
    picked = [found.command for found in apk if found.verb == "update"]
    picked = [c for c in picked if c.position < calls[0].command.position][:1]
    picked += [c for c in script.commands if only_removes(c, _CACHE)][:1]
    return [(c, edit) for c in picked if (edit := remove_command(script, c))]


def _cache_mount(document: Document, script: Script, calls: list[Call]) -> Candidate | None:
    edits = [cache_mounts(script.instruction, _CACHE, locked=True)]
    for command in script.commands:
        if only_removes(command, _CACHE):
            edit = remove_command(script, command)
            if edit is None:
                return None
            edits.append(edit)
    updated = any(
        found.verb == "update"
        for c in script.commands
        if (found := call(c)) and found.name == "apk"
    )
    for found in calls:
        if found.verb_word is None or found.has_flag("--cache-dir"):
            return None
        fresh = updated or found.has_flag(*_UPDATE)
        if not fresh:
            edits.append(insert_option(found.command, found.verb_word, "--update-cache"))
        edits.append(insert_option(found.command, found.verb_word, f"--cache-dir={_CACHE}"))
    return Candidate(
        "cache-mount",
        "Keep index and packages in a cache mount",
        tuple(edits),
        Applicability.UNSAFE,
        (
            Reason("faster-rebuild", "packages stay with the builder and not in the image"),
            Reason("locked", "sharing=locked lets one build at a time use the cache"),
            builder_reason(document),
        ),
    )


RULE = Rule(
    "DL3019",
    "apk-no-cache",
    Severity.INFO,
    "Use apk add --no-cache",
    check,
    candidates,
    triggers=("apk",),
    local=True,
    templates=(
        "add-no-cache: safe, unsafe",
        "cache-mount: unsafe",
    ),
)
