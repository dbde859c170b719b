"""A function over many items in forked processes, results in order, no item lost to a crash.

The standard pools either hang or give up whole when a worker dies (a crash in a C library, the
kernel's out-of-memory killer). Here only the item that a dead worker had in hand is lost, and
the result says so. Items are handed out through one shared pipe, four bytes each.
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_NUMBER = struct.Struct("=I")
_HEADER = struct.Struct("=IQ")  # item number, bytes that follow (0: the item was begun)
_CAPACITY = 1_000  # item numbers that fit even the smallest pipe, one page


def available() -> bool:
    return hasattr(os, "fork")


def forked_map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    crashed: Callable[[Item, int], Result],
) -> list[Result]:
    """`[function(item) for item in items]`, computed by `jobs` processes.

    `function` must not raise; `crashed(item, status)` gives the result for an item whose
    process died, with the status that waitpid reported.
    """
    results: list[Any] = [None] * len(items)
    for first in range(0, len(items), _CAPACITY):
        numbers = range(first, min(first + _CAPACITY, len(items)))
        _Pool(function, items, results, crashed).run(numbers, jobs)
    return results


class _Worker:
    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self.descriptor = descriptor
        self.buffer = bytearray()
        self.current: int | None = None


class _Pool:
    def __init__(
        self,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        results: list[Any],
        crashed: Callable[[Any, int], Any],
    ) -> None:
        self.function = function
        self.items = items
        self.results = results
        self.crashed = crashed
        self.workers: dict[int, _Worker] = {}

    def run(self, numbers: range, jobs: int) -> None:
        tasks, give = os.pipe()
        try:
            os.write(give, b"".join(_NUMBER.pack(number) for number in numbers))
        finally:
            os.close(give)
        try:
            for _ in range(min(jobs, len(numbers))):
                self._start(tasks)
            while self.workers:
                ready, _, _ = select.select(list(self.workers), [], [])
                for descriptor in ready:
                    self._read(self.workers[descriptor], tasks)
        finally:
            os.close(tasks)
            self._stop()

    def _start(self, tasks: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(receive)
            try:
                self._work(tasks, send)
            except BaseException:
                os._exit(1)
            os._exit(0)
        os.close(send)
        self.workers[receive] = _Worker(pid, receive)

    def _work(self, tasks: int, send: int) -> None:
        while len(task := os.read(tasks, _NUMBER.size)) == _NUMBER.size:
            number = _NUMBER.unpack(task)[0]
            _write(send, _HEADER.pack(number, 0))
            result = pickle.dumps(self.function(self.items[number]), pickle.HIGHEST_PROTOCOL)
            _write(send, _HEADER.pack(number, len(result)) + result)

    def _read(self, worker: _Worker, tasks: int) -> None:
        data = os.read(worker.descriptor, 1 << 20)
        if data:
            worker.buffer += data
            self._take(worker)
            return
        os.close(worker.descriptor)
        del self.workers[worker.descriptor]
        status = os.waitpid(worker.pid, 0)[1]
        if worker.current is not None:
            self.results[worker.current] = self.crashed(self.items[worker.current], status)
            self._start(tasks)  # what is left of the tasks must not wait for the others

    def _take(self, worker: _Worker) -> None:
        while len(worker.buffer) >= _HEADER.size:
            number, size = _HEADER.unpack_from(worker.buffer)
            if len(worker.buffer) < _HEADER.size + size:
                return
            payload = bytes(worker.buffer[_HEADER.size : _HEADER.size + size])
            del worker.buffer[: _HEADER.size + size]
            worker.current = number if size == 0 else None
            if size:
                self.results[number] = pickle.loads(payload)

    def _stop(self) -> None:
        """After an interruption: leave no process behind."""
        import signal

        for worker in self.workers.values():
            os.kill(worker.pid, signal.SIGTERM)
            os.close(worker.descriptor)
            os.waitpid(worker.pid, 0)
        self.workers.clear()


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
