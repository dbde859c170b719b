"""What day it is, for the few findings that depend on it. Tests and records can fix the day."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

_fixed: list[str] = []


def today() -> str:
    """The day in UTC as ``YYYY-MM-DD``.

    SOURCE_DATE_EPOCH (seconds since 1970, as reproducible builds define it) takes the place of
    the clock where it is set to a number.
    """
    if _fixed:
        return _fixed[-1]
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = float(epoch) if epoch.isdecimal() else time.time()
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


@contextmanager
def fixed(day: str) -> Iterator[None]:
    """Let it be `day` (``YYYY-MM-DD``) for the block."""
    _fixed.append(day)
    try:
        yield
    finally:
        _fixed.pop()
