"""yarn leaves its cache in the image.

Why it matters: yarn keeps an archive of every package that it downloads, so that the next install
is faster. In an image there is no next install: the layer carries every package twice. Only stages
that end up in the image are looked at; what a build stage keeps is thrown away with it.

Which alternative: `yarn cache clean` at the end of the same RUN needs nothing else. A cache mount
keeps the archives with the builder, so that the image stays small and the next build is fast; it
needs BuildKit.

Why cleaning is safe with yarn 1: only yarn itself reads its cache, to save a download; what is
installed are copies. Later versions may run a project from their cache, so cleaning is `safe` only
where the call has what yarn 1 alone understands. The mount changes what is downloaded when, so it
is `unsafe`.

When to ignore: where packages are installed in the running container, or the build has no network
afterwards. Other calls of yarn (`yarn add`, `yarn` alone) are the affair of CODI005.

Evidence: 232 findings in 231 of 16,167 public Dockerfiles, 14.3 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.frozen import replace
from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.cache_use import cache_candidates
from codi_hook.recipes.caches import CACHES, Cache, is_kept
from codi_hook.recipes.installs import installs
from codi_hook.recipes.layers import environment, is_shipped
from codi_hook.shell.managers import Call

_YARN = CACHES["yarn"]


def check(document: Document) -> Iterator[Finding]:
    seen: set[int] = set()
    for found in installs(document, "yarn"):
        item = found.command.instruction
        stage, script = document.stage_of(item), document.script(item)
        if script is None or stage is None or id(item) in seen:
            continue
        if not (document.is_trigger(item) or is_shipped(document, stage)):
            continue
        cache = _cache(document, found)
        if is_kept(document, script, found, cache):
            seen.add(id(item))
            yield Finding(found.command.word.span, (found, cache))


def _cache(document: Document, found: Call) -> Cache:
    """The cache of yarn 1, in the folder that an option or a variable names; without a place
    for a mount where that is not known, as with what later versions of yarn have."""
    option = found.flag("--cache-folder")
    folder = option.value if option else None
    folder = folder or environment(document, found.command.instruction).get(_YARN.variable)
    if found.has_flag("--immutable", "--immutable-cache"):
        return replace(_YARN, mount=())
    if not folder:
        return _YARN
    known = folder.startswith("/") and "$" not in folder
    clean = _YARN.clean
    if option:  # which the plain command does not have
        clean = f"rm -rf {folder}" if known else ""
    return replace(_YARN, folder=folder, mount=(folder,) if known else (), clean=clean)


RULE = Rule(
    "DL3060",
    "yarn-cache-clean",
    Severity.INFO,
    "Clean the cache of yarn in the RUN that fills it",
    check,
    cache_candidates,
    triggers=("yarn",),
    local=True,
    templates=(
        "clean-cache: safe, unsafe",
        "cache-mount: unsafe",
    ),
)
