"""Calls of the package managers that keep a cache: where they run and what needs it later."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import Applicability, Candidate, Document, Edit, Finding, Reason
from codi_hook.recipes.cache_clean import clean_edit, is_yarn_1
from codi_hook.recipes.caches import CACHES, Cache, cache_of
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.layers import is_shipped, later_runs
from codi_hook.recipes.mounts import builder_reason, cache_mounts, mountable
from codi_hook.shell.ast import Script, Word
from codi_hook.shell.managers import Call, call


def calls_shipped(document: Document) -> Iterator[Call]:
    """Calls in RUNs of the stages that end up in the image, triggers left out."""
    for command in document.commands(*CACHES):
        found = call(command)
        stage = document.stage_of(command.instruction)
        if found is None or stage is None or command.instruction not in stage.instructions:
            continue
        if is_shipped(document, stage):
            yield found


def used_at_run_time(document: Document, family: str) -> bool:
    """True where the container's own command calls the tool, which may want its cache then."""
    for item in document.of("CMD", "ENTRYPOINT"):
        script = document.script(item)
        for command in script.commands if script else ():
            found = call(command)
            if found and found.manager.family == family:
                return True
    return False


def last_verb_word(found: Call) -> Word | None:
    """``install`` of ``uv pip install``; None where options stand between the two."""
    if found.verb_word is None:
        return None
    words, parts = found.command.words, found.verb.split()
    word = words[words.index(found.verb_word) + len(parts) - 1]
    return word if word.value == parts[-1] else None


def no_cache_edits(document: Document, script: Script, found: Call) -> tuple[Edit, ...]:
    """The option to do without a cache on every call of the manager in the script that fills
    it; nothing where there is no such option, or no place for it."""
    edits = []
    for command in script.commands:
        other = call(command)
        if other is None or other.manager is not found.manager:
            continue
        if cache_of(document, other) is None or other.has_flag(*other.manager.no_cache):
            continue
        verb = last_verb_word(other)
        if verb is None or not other.manager.no_cache:
            return ()
        edits.append(insert_option(command, verb, other.manager.no_cache[0]))
    return tuple(edits)


def built_again(document: Document, found: Call) -> list[Instruction]:
    """The later RUNs that compile with what this one has downloaded: they need it as well."""
    if not CACHES[found.manager.name].rebuilds:
        return []
    runs = []
    for run in later_runs(document, found.command.instruction):
        script = document.script(run)
        others = [call(command) for command in script.commands] if script else []
        if any(other and other.manager.family == found.manager.family for other in others):
            runs.append(run)
    return runs


def cache_candidates(finding: Finding) -> Iterator[Candidate]:
    """Empty the cache of a language's package manager in the same RUN, do without it, or mount
    one. The subject of the finding is the call and its cache."""
    found: Call
    cache: Cache
    found, cache = finding.subject
    document, command = finding.document, found.command
    item, name = command.instruction, found.manager.name
    script = document.script(item)
    if script is None:
        return
    again = built_again(document, found)
    if cache.clean and not again and (clean := _clean(script, found, cache)):
        yield clean
    options = no_cache_edits(document, script, found)
    if options:
        option = found.manager.no_cache[0]
        yield Candidate(
            "add-no-cache",
            f"Give {name} {option}",
            options,
            Applicability.UNSAFE,
            (
                Reason("nothing-kept", f"{name} then keeps nothing of what it downloads"),
                Reason("local", "the option stands where it is needed"),
            ),
        )
    user = user_at(document, item)
    if cache.mount and mountable(document) and (user is None or is_root(user)):
        yield Candidate(
            "cache-mount",
            f"Keep the cache of {name} in a cache mount",
            tuple(cache_mounts(run, *cache.mount) for run in (item, *again)),
            Applicability.UNSAFE,
            (
                Reason("faster-rebuild", f"what {name} has downloaded is there for the next build"),
                Reason("smaller", f"{cache.folder} is then no part of the image"),
                builder_reason(document),
            ),
        )


def _clean(script: Script, found: Call, cache: Cache) -> Candidate | None:
    name = found.manager.name
    edit = clean_edit(script, found, cache.clean)
    if edit is None:
        return None
    safe = cache.own and (name != "yarn" or is_yarn_1(found))
    return Candidate(
        "clean-cache",
        f"Empty the cache in the same RUN with {cache.clean}",
        (edit,),
        Applicability.SAFE if safe else Applicability.UNSAFE,
        (
            Reason("same-layer", f"what {name} keeps never becomes part of the layer"),
            Reason("no-requirements", "this works with every builder and adds one command"),
        ),
    )
