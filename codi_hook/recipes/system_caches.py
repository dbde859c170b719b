"""What yum, dnf and zypper keep of what they download, and how a RUN gets rid of it."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Image
from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Candidate, Document, Edit, Finding, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.cleaning import insists, removed
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.installs import installs
from codi_hook.recipes.layers import later_runs
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.outcome import failure_stops
from codi_hook.recipes.scripts import append_command, joiner
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call

_OFFLINE = ("-C", "--cacheonly", "--no-refresh")
# With these the call reads repositories, or fills a folder, that a plain clean does not reach.
_ELSEWHERE = (
    "--enablerepo", "--disablerepo", "--repo", "--repoid", "--repofrompath", "--installroot",
    "--root", "-c", "--config", "--plus-repo",
)  # fmt: skip
_LATER = Reason("works-offline", "a later step works from what is kept here")
_MAYBE = Reason("may-be-skipped", "the step may skip the call, where there is no such manager")
_FIRST_WITH_DNF = {
    "almalinux": 8, "amazonlinux": 2023, "centos": 8, "fedora": 22, "oraclelinux": 8,
    "rockylinux": 8, "ubi": 8,
}  # fmt: skip
_number = pattern(r"(?:stream)?(\d+)").match
_ubi = pattern(r"(?:^|/)ubi(\d+)(?:/|-|\Z)").search


@dataclass(frozen=True, slots=True)
class SystemCache:
    """`verbs` fill one of the `folders`, which of them depends on the release; a cache mount
    goes to the first where that is not known. ``<name> <clean>`` empties them."""

    names: tuple[str, ...]
    verbs: tuple[str, ...]
    folders: tuple[str, ...]
    clean: str
    removable: bool = True  # removing the folders is as good as the command


@dataclass(frozen=True, eq=False)
class Left:
    """The last call of each manager in a RUN after which nothing is cleaned."""

    cache: SystemCache
    script: Script
    calls: tuple[Call, ...]


def left(document: Document, cache: SystemCache) -> Iterator[Finding]:
    """A finding for each RUN whose layer keeps what the manager has downloaded."""
    by_run: dict[int, list[Call]] = {}
    for found in installs(document, *cache.names, verbs=cache.verbs):
        by_run.setdefault(id(found.command.instruction), []).append(found)
    for calls in by_run.values():
        item = calls[0].command.instruction
        script = document.script(item)
        if script is None or any(covers(kept_out(item), one) for one in cache.folders):
            continue
        last = {found.name: found for found in calls}
        kept = tuple(one for one in last.values() if not _cleaned(script, one, cache))
        if kept:
            yield Finding(kept[0].command.word.span, Left(cache, script, kept))


def _cleaned(script: Script, last: Call, cache: SystemCache) -> bool:
    after = last.command.position
    if any(removed(script, folder, after) for folder in cache.folders):
        return True
    return any(
        found.action == "clean" and found.name == last.name
        for command in script.commands[after + 1 :]
        if (found := call(command)) is not None
    )


def clean_candidates(finding: Finding) -> Iterator[Candidate]:
    """Clean in the same RUN, by the manager or by removing its folders, or mount a cache."""
    here: Left = finding.subject
    document, item = finding.document, here.script.instruction
    later = [found for run in later_runs(document, item) if (found := document.script(run))]
    if any(insists(found, folder) for found in later for folder in here.cache.folders):
        return  # a later step fails where there is nothing left to remove
    offline = any(_is_offline(found) for found in later)
    elsewhere = any(one.has_flag(*_ELSEWHERE) for one in here.calls)
    doubts = [reason for reason in (offline and _LATER, _may_not_run(here) and _MAYBE) if reason]
    yield from _clean(here, doubts, elsewhere)
    if elsewhere and here.cache.removable:
        yield from _remove(document, here, doubts)
    user = user_at(document, item)
    if mountable(document) and len(here.calls) == 1 and (user is None or is_root(user)):
        yield _mount(document, here)


def _is_offline(script: Script) -> bool:
    calls = [found for command in script.commands if (found := call(command))]
    return any(
        found.manager.family in ("rpm", "zypper") and found.has_flag(*_OFFLINE) for found in calls
    )


def _may_not_run(here: Left) -> bool:
    """The calls may be skipped, so that the manager need not be there at all."""
    statements = here.script.statements
    for one in here.calls:
        command = one.command
        if failure_stops(here.script, command):
            continue
        at = next((i for i, each in enumerate(statements) if each.commands == (command,)), None)
        always = at is not None and (at == 0 or statements[at - 1].operator in (";", "\n"))
        if not always or command.context or (at is not None and statements[at].operator == "||"):
            return True
    return False


def _appended(here: Left, texts: list[str]) -> tuple[Edit, ...]:
    """Run the texts behind the script; () where they might run as somebody else, or too late."""
    for one in here.calls:
        if one.command.wrapper or _hidden(one):
            return ()
        if any(_removes_manager(command, one) for command in here.script.commands):
            return ()
    edit = append_command(here.script, joiner(here.script).join(texts))
    return (edit,) if edit else ()


def _hidden(one: Call) -> bool:
    """The call runs in a shell of its own, as somebody else perhaps, or as part of a word."""
    return not {"sh -c", "substitution", "function"}.isdisjoint(one.command.context)


def _removes_manager(command: Command, one: Call) -> bool:
    if command.name not in (one.name, "rpm") or command is one.command:
        return False
    other = call(command)
    takes = other.action == "remove" if other else any(w.text == "-e" for w in command.args)
    return takes and any(word.text == one.name for word in command.args)


def _clean(here: Left, doubts: list[Reason], elsewhere: bool) -> Iterator[Candidate]:
    texts = [f"{_spelled(one)} {here.cache.clean}" for one in here.calls]
    edits = _appended(here, texts)
    if not edits:
        return
    shown, name = " and ".join(texts), here.calls[0].name
    reasons = [
        Reason("same-layer", f"what {name} keeps never gets into the layer"),
        Reason("no-requirements", "this works with every builder and adds one command"),
        *doubts,
    ]
    if elsewhere:
        reasons.append(Reason("own-options", f"{shown} does not have the options of the call"))
    yield Candidate(
        "clean-cache",
        f"Clean in the same RUN with {shown}",
        edits,
        Applicability.UNSAFE if doubts or elsewhere else Applicability.SAFE,
        tuple(reasons),
    )


def _spelled(one: Call) -> str:
    """The manager as the call names it."""
    return one.command.word.text if one.command.word.text.startswith("/") else one.name


def _remove(document: Document, here: Left, doubts: list[Reason]) -> Iterator[Candidate]:
    folders = _known(document, here) or " ".join(here.cache.folders)
    edits = _appended(here, [f"rm -rf {folders}"])
    if edits:
        yield Candidate(
            "remove-cache",
            "Remove the folders of the cache in the same RUN",
            edits,
            Applicability.UNSAFE if doubts else Applicability.SAFE,
            (
                Reason("all-repositories", "it takes what repositories left that are on only here"),
                Reason("same-layer", f"{folders} is then no part of the layer"),
                *doubts,
            ),
        )


def _mount(document: Document, here: Left) -> Candidate:
    item, name = here.script.instruction, here.calls[0].name
    folder = _known(document, here) or here.cache.folders[0]
    return Candidate(
        "cache-mount",
        f"Keep what {name} downloads in a cache mount",
        (cache_mounts(item, folder, locked=True),),
        Applicability.UNSAFE,
        (
            Reason("faster-rebuild", "the metadata is there for the next build, not in the image"),
            Reason("locked", "sharing=locked lets one build at a time use the cache"),
            builder_reason(document),
        ),
    )


def _known(document: Document, here: Left) -> str:
    """The folder that the manager fills in the base image of the stage; "" if that is unknown."""
    if not here.cache.removable:
        return here.cache.folders[0]
    if here.calls[0].name == "microdnf":
        return "/var/cache/yum"
    stage = document.stage_of(here.script.instruction)
    return rpm_cache(list(stage.lineage())[-1].image) if stage else ""


def rpm_cache(image: Image) -> str:
    """Where yum and dnf of a base image keep what they download; "" if it is not known. Yum is
    another name of dnf where a distribution has both, and Fedora has dnf 5 since its release 41."""
    name = image.short_name.rpartition("/")[2]
    ubi = _ubi(image.short_name)
    first = _FIRST_WITH_DNF.get("ubi" if ubi else name)
    if first is None:
        return ""
    match = ubi or _number(image.tag)
    release = int(match[1]) if match else 9999  # without a number it is the newest
    if name == "fedora" and release > 40:
        return "/var/cache/libdnf5"
    return "/var/cache/dnf" if release >= first else "/var/cache/yum"
