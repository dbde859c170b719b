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
afterwards. pip, apt, apk, yum, dnf, zypper and `yarn install` have rules of their own
(DL3042, DL3009, DL3019, DL3032, DL3040, DL3036, DL3060).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.cache_use import cache_candidates, calls_shipped, used_at_run_time
from codi_hook.recipes.caches import CACHES, cache_of, is_kept
from codi_hook.shell.ast import Script
from codi_hook.shell.managers import call


def check(document: Document) -> Iterator[Finding]:
    seen: set[tuple[int, str]] = set()
    for found in calls_shipped(document):
        item, name = found.command.instruction, found.manager.name
        script, cache = document.script(item), cache_of(document, found)
        if script is None or cache is None or (id(item), cache.folder) in seen:
            continue
        if name == "yarn" and _is_of_dl3060(script):
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


def _is_of_dl3060(script: Script) -> bool:
    """DL3060 speaks of the RUNs that have ``yarn install``."""
    calls = [found for command in script.commands if (found := call(command))]
    return any(found.name == "yarn" and found.verb == "install" for found in calls)


RULE = Rule(
    "CODI005",
    "package-cache-kept",
    Severity.INFO,
    "Keep the caches of package managers out of the image",
    check,
    cache_candidates,
    triggers=tuple(CACHES),
    templates=(
        "clean-cache: safe, unsafe",
        "cache-mount: unsafe",
        "add-no-cache: unsafe",
    ),
)
