"""llama.cpp's binding: loaded late and kept quiet, and how many threads the machine can spare."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from codi_hook.ranking.engine import EngineError

SPINS = "1000"

_silence: Any = None  # keeps the log callback alive for as long as llama.cpp may call it
_last_error: list[str] = []


def library() -> Any:
    """The binding's low-level module, its log quiet; `EngineError` where it is not installed."""
    global _silence
    try:
        with _patient_threads():
            from llama_cpp import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineError(
            f"llama-cpp-python cannot be loaded: {error}",
            "pip install 'codi-hook[llm]'",
            "no-runtime",
        ) from None
    if _silence is None:
        _silence = llama_cpp.llama_log_callback(_remember_errors)
        llama_cpp.llama_log_set(_silence, ctypes.c_void_p(0))
    return llama_cpp


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Lets OpenMP's threads sleep soon when they wait for each other.

    By default they spin for long, and where other processes want the cores too, spinning keeps
    the very thread away that is waited for: a question then took 2,300 ms instead of 330
    (measured on 2 cores with a load of 5; 130 ms to 160 ms either way when idle).
    """
    ours = "GOMP_SPINCOUNT" not in os.environ and "OMP_WAIT_POLICY" not in os.environ
    if ours:
        os.environ["GOMP_SPINCOUNT"] = SPINS
    try:
        yield
    finally:
        if ours:
            del os.environ["GOMP_SPINCOUNT"]


def _remember_errors(level: int, text: bytes | None, _data: object) -> None:
    if level == 3 and text:
        _last_error[:] = [text.decode("utf-8", "replace").strip()]


def default_threads() -> int:
    """As many threads as this process may keep busy, at most 8: small models gain no more.

    Where others want the cores already, half of them: the threads wait for each other about a
    thousand times a question, and whoever waits for a core holds up all.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    cores = max(1, min(cores, _quota(), 8))
    try:
        crowded = os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
    except OSError:
        crowded = False
    return max(1, cores // 2) if crowded else cores


def _quota(path: str = "/sys/fs/cgroup/cpu.max") -> int:
    """The cores that a container's CPU limit amounts to, rounded up; many where there is none."""
    try:
        with open(path, encoding="ascii") as stream:
            limit, period = stream.read().split()
        return max(1, -(-int(limit) // int(period)))
    except (OSError, ValueError):  # no such file, or "max"
        return 1 << 16


def why() -> str:
    """What llama.cpp said last of an error, behind a colon; nothing where it said nothing."""
    return f": {_last_error[0]}" if _last_error else ""
