"""A few things at a time, and how far they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from codi_hook.models.progress import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(jobs: int, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
    """The results of `work` as they come, `jobs` at a time. The first failure ends it all.

    Items are taken as they are needed, so that no more than twice `jobs` are in memory.
    """
    pool = ThreadPoolExecutor(jobs)
    pending: set[Future[Result]] = set()
    try:
        for item in items:
            pending.add(pool.submit(work, item))
            if len(pending) >= 2 * jobs:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in done)
    finally:
        pool.shutdown(cancel_futures=True)


class Meter:
    """Adds up bytes from several threads for one progress report."""

    def __init__(self, report: Progress, title: str, total: int) -> None:
        self.report, self.done, self.sent = report, 0, 0
        self.lock = threading.Lock()
        report.begin(title, total)

    def add(self, size: int, sent: bool = True) -> None:
        """`size` bytes more are done; not `sent` where an earlier run had moved them."""
        with self.lock:
            self.done += size
            self.sent += size if sent else 0
            self.report.at(self.done)
