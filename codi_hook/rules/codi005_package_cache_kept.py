"""The cache of a language's package manager kept in the image.

Why it matters: npm, yarn, Composer, Maven and their kin keep what they download, so that the
next install is faster. In an image there is no next install: the layer carries every package
twice. Only stages that end up in the image are looked at; what a build stage keeps is thrown
away with it.

Which alternative: emptying the cache in the same RUN needs nothing else. A cache mount keeps it
with the builder, so that the image stays small and the next build is fast; it needs BuildKit.
Where the manager can do without a cache, an option says so.

Why emptying is safe for npm, yarn 1 and Composer: only the manager reads its cache, to save a
download; what is installed does not refer to it. Later versions of yarn may run a project from
their cache, so yarn counts only where the call has what yarn 1 alone understands. Where a later
command takes the manager away again, its cache is emptied before that. Elsewhere (conda links
its packages into the environments, Maven and Go compile against theirs) and for mounts a person
should look, so those are `unsafe`.

Severity: info, because the image works and only its size and build time suffer.

When to ignore: where packages are installed in the running container, or the build has no network
afterwards. pip, apt and apk have rules of their own (DL3042, DL3009, DL3019).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.cache_clean import clean_edit, is_yarn_1
from codi_hook.recipes.cache_use import (
    built_again,
    calls_shipped,
    no_cache_edits,
    used_at_run_time,
)
from codi_hook.recipes.caches import CACHES, Cache, cache_of, is_kept
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.mounts import builder_reason, cache_mounts, mountable
from codi_hook.shell.ast import Script
from codi_hook.shell.managers import Call


def check(document: Document) -> Iterator[Finding]:
    seen: set[tuple[int, str]] = set()
    for found in calls_shipped(document):
        item, name = found.command.instruction, found.manager.name
        script, cache = document.script(item), cache_of(document, found)
        if script is None or cache is None or (id(item), cache.folder) in seen:
            continue
        if not is_kept(document, script, found, cache):
            continue
        if cache.rebuilds and used_at_run_time(document, found.manager.family):
            continue
        seen.add((id(item), cache.folder))
        yield Finding(
            found.command.word.span,
            (found, cache),
            f"{name} leaves its cache in the layer ({cache.folder} for root)",
        )


def candidates(finding: Finding) -> Iterator[Candidate]:
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
    if mountable(document) and (user is None or is_root(user)):
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


RULE = Rule(
    "CODI005",
    "package-cache-kept",
    Severity.INFO,
    "Keep the caches of package managers out of the image",
    check,
    candidates,
    triggers=tuple(CACHES),
)
