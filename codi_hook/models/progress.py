"""Progress of a pull: a bar where a person watches, a line now and then where a log does."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

INTERVAL = 0.2  # seconds between two looks at the bytes on disk
LINE_EVERY = 0.25  # of the whole, between two lines of a log


class Progress(Protocol):
    """Told what a pull does; it never decides anything."""

    def note(self, text: str) -> None:
        """One line of news."""

    def begin(self, title: str, total: int) -> None:
        """A step of `total` bytes, 0 where unknown."""

    def at(self, done: int) -> None:
        """So many bytes of the step are done."""

    def end(self) -> None:
        """The step is over, well or not."""


class Silent:
    """For callers that want no output."""

    def note(self, text: str) -> None: ...

    def begin(self, title: str, total: int) -> None: ...

    def at(self, done: int) -> None: ...

    def end(self) -> None: ...


class Lines:
    """Plain lines on standard error."""

    def __init__(self) -> None:
        self.total, self.shown = 0, 0.0

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def begin(self, title: str, total: int) -> None:
        self.total, self.shown = total, 0.0
        self.note(f"{title} ({megabytes(total)})" if total else title)

    def at(self, done: int) -> None:
        part = min(done / self.total, 1.0) if self.total else 0.0
        if part >= self.shown + LINE_EVERY:
            self.shown = part // LINE_EVERY * LINE_EVERY
            self.note(f"  {part:.0%} of {megabytes(self.total)}")

    def end(self) -> None: ...


class Bar:
    """A rich progress bar on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self.console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self.bar = RichProgress(*columns, console=self.console, transient=True)

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, title: str, total: int) -> None:
        self.task = self.bar.add_task(title, total=total or None)
        self.bar.start()

    def at(self, done: int) -> None:
        self.bar.update(self.task, completed=done)

    def end(self) -> None:
        self.bar.stop()
        self.bar.remove_task(self.task)


def choose() -> Progress:
    """A bar on a terminal that can show one, lines elsewhere."""
    if not sys.stderr.isatty():
        return Lines()
    try:
        return Bar()
    except ImportError:
        return Lines()


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e8 else f"{size / 1e6:.0f} MB"


@contextmanager
def watch(progress: Progress, title: str, total: int, folder: Path) -> Iterator[None]:
    """Report the bytes that appear under `folder` while the body of the `with` runs.

    pip, huggingface-hub and boto3 each have progress reports of their own, which cannot be
    joined to one bar; the bytes on disk are what they have in common.
    """
    over = threading.Event()

    def look() -> None:
        while not over.wait(INTERVAL):
            progress.at(_bytes_under(folder))

    progress.begin(title, total)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        progress.end()


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # moved away between the listing and the look
    return total
