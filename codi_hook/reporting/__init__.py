"""Reports. One module of this package is one format: adding the file adds the format.

A format is a module `<name>_report` with a function
`write(report: RunReport, settings: Settings, out: BinaryIO, environment: Mapping[str, str])`.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from codi_hook.config.settings import Settings
    from codi_hook.reporting.report import RunReport

    Write = Callable[[RunReport, Settings, BinaryIO, Mapping[str, str]], None]

_SUFFIX = "_report.py"


def names() -> tuple[str, ...]:
    """The formats that there are: text, then the others in alphabetical order."""
    found = {
        entry[: -len(_SUFFIX)]
        for entry in os.listdir(os.path.dirname(__file__))
        if entry.endswith(_SUFFIX)
    }
    return ("text", *sorted(found - {"text"}))


def writer(name: str) -> Write:
    """The function that writes the format of that name."""
    from importlib import import_module

    write: Write = import_module(f"{__name__}.{name}_report").write
    return write
