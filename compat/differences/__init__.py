"""The classes of findings on which we differ from a peer on purpose.

Each class is a function that recognises one such finding; its docstring is the reason that
docs/compatibility.md gives. tests/test_compat.py proves of every example that the peer and we do
differ on it, and that the class recognises the difference. The modules of this package register
their classes; a new one is found by itself.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from compat.differences.base import (
    BOTH,
    DIFFERENCES,
    OURS,
    THEIRS,
    Difference,
    Place,
    classify,
    difference,
)

__all__ = [
    "BOTH",
    "DIFFERENCES",
    "OURS",
    "THEIRS",
    "Difference",
    "Place",
    "classify",
    "difference",
]

for _module in sorted(pkgutil.iter_modules(__path__), key=lambda item: item.name):
    import_module(f"{__name__}.{_module.name}")
