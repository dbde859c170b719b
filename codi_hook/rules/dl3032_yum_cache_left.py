"""yum leaves its cache in the layer.

Why it matters: yum keeps the metadata of the repositories that it has read, and packages too where
it is told so, under /var/cache/yum (/var/cache/dnf where yum is another name of dnf). In a layer
that is some tens of megabytes of dead weight, stale within days, and what a later RUN deletes stays
in the layer that wrote it.

Which alternative: `yum clean all` at the end of the same RUN needs nothing else. Where the call
switches repositories on for itself (`--enablerepo`), a later clean does not know of them: there the
folder is removed. A cache mount keeps the metadata between builds, outside the image, so that the
next build downloads less; it needs BuildKit.

Why cleaning is safe: nothing but yum reads these files, and its next call fetches them again, as it
does anyway once they are stale. It is `safe` only where the step always makes the call, no later
one works from the cache alone (`-C`) and the calls use no repository or folder of their own, for
which a plain clean may not be the right command. The mount changes what is downloaded when, so it
is `unsafe`.

When to ignore: in an image that is made to install from without the network.

Evidence: 670 findings in 390 of 16,167 public Dockerfiles, 24.1 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.system_caches import SystemCache, clean_candidates, left

_CACHE = SystemCache(
    ("yum",),
    ("install", "group install", "groups install", "module install"),
    ("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    "clean all",
)


def check(document: Document) -> Iterator[Finding]:
    return left(document, _CACHE)


RULE = Rule(
    "DL3032",
    "yum-cache-left",
    Severity.WARNING,
    "Clean the cache of yum in the RUN that fills it",
    check,
    clean_candidates,
    triggers=_CACHE.names,
    local=True,
    templates=(
        "clean-cache: safe, unsafe",
        "cache-mount: unsafe",
        "remove-cache: safe",
    ),
)
