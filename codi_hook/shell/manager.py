"""What there is to know about a package manager, for `manager_data`."""

from __future__ import annotations

from collections.abc import Mapping

from codi_hook.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Manager:
    """`family` decides how packages and versions are written: apt, apk, rpm, zypper, pip, npm,
    gem, composer, go, cargo, conda, jvm. `bare` is the action without a verb.

    `yes`, `no_recommends`, `no_cache`, `no_dev`: the flags in any accepted spelling, the one to
    write first; a flag with a value reads ``--only=production``. `caches`: what a cache mount of
    the root user would keep. `manifests` and `locks`: the files that installing needs.
    `clean`: the command that empties the cache.
    """

    name: str
    family: str
    verbs: Mapping[str, str]
    values: frozenset[str] = frozenset()
    yes: tuple[str, ...] = ()
    no_recommends: tuple[str, ...] = ()
    no_cache: tuple[str, ...] = ()
    no_dev: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    clean: str = ""
    bare: str = ""
    pin: tuple[str, ...] = ()

    @property
    def system(self) -> bool:
        """True for the manager of a distribution, False for that of a language."""
        return self.family in ("apt", "apk", "rpm", "zypper")


def verbs(**actions: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for action, names in actions.items():
        for name in names.split(","):
            found[name.strip()] = action.replace("_", "-")
    return found


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())
