"""Smell injections, found in the modules of this package, not listed.

Each is the inverse of templates of one or more rules: it takes a practice that the author follows
out of the file. `injections()` gives all of them by name.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from trainer.inject.injection import Edits, Injection

__all__ = ["Edits", "Injection", "injections"]


@cache
def injections() -> tuple[Injection, ...]:
    """All injections, by name.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, Injection] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, Injection) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two injections are called {value.name}")
    return tuple(found[name] for name in sorted(found))
