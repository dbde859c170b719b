"""A limit on the processor time that one file may take, so that no input stops a run for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 60.0  # of processor time; a large real file takes a tenth of one
SMALL = 4096  # bytes; what is shorter cannot hold enough to take long, and needs no timer


class Overtime(BaseException):
    """Raised within the block when its time is up; no `except Exception` holds it up."""


@contextmanager
def paused() -> Iterator[None]:
    """What happens inside does not count: the model has a limit of its own, and a file that is
    being written is finished."""
    signal = sys.modules.get("signal")
    if signal is None or not hasattr(signal, "setitimer"):
        yield
        return
    left, interval = signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_VIRTUAL, left, interval)


@contextmanager
def limited(size: int, seconds: float = 0.0) -> Iterator[None]:
    """Raise `Overtime` where the block takes more than `seconds` for `size` bytes of input.

    Only where there are such timers, and in the main thread, which alone is sent signals.
    """
    if size <= SMALL:
        yield
        return
    import signal

    if not hasattr(signal, "setitimer"):
        yield
        return
    armed = True

    def up(_number: int, _frame: Any) -> None:
        if armed:
            raise Overtime

    try:
        before = signal.signal(signal.SIGVTALRM, up)
    except ValueError:  # not the main thread
        yield
        return
    try:
        # Again every second: the first may land where a callback's exceptions are dropped.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds or SECONDS, 1.0)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)
