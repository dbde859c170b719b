"""Bytes of one file, and the only unit of position that the project uses: the byte offset.

A `Span` is half open and counts bytes from the start of the file. Lines and columns are
derived from it at the edge, in reports, and nowhere else.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class Span(NamedTuple):
    """Half-open range of byte offsets, `start <= end`."""

    start: int
    end: int

    def __len__(self) -> int:  # of the range, not of the pair
        return self.end - self.start

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """True where both ranges share a byte; ranges that only touch do not overlap."""
        return self.start < other.end and other.start < self.end


class Position(NamedTuple):
    """1-based line and 1-based column; columns count characters, a bad byte counts as one."""

    line: int
    column: int


def decode(data: bytes) -> str:
    """Text of bytes that should be UTF-8 but need not be; `encode` is the exact inverse."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Source:
    """The bytes of a file, or of a fragment of one.

    `base` is the offset that the first byte has in the coordinates that spans use. It is 0 for
    a file; a fragment parsed to verify an edit lives beyond the end of the original, so that no
    span of the fragment can be mistaken for one of the file.
    """

    __slots__ = ("__dict__", "base", "data", "path")

    def __init__(self, data: bytes, path: str = "Dockerfile", base: int = 0) -> None:
        self.data = data
        self.path = path
        self.base = base

    @property
    def span(self) -> Span:
        return Span(self.base, self.base + len(self.data))

    def bytes(self, span: Span) -> bytes:
        return self.data[span.start - self.base : span.end - self.base]

    def text(self, span: Span) -> str:
        return decode(self.bytes(span))

    @cached_property
    def newline(self) -> str:
        """The line ending that most lines use: ``"\\r\\n"`` or ``"\\n"``."""
        crlf = self.data.count(b"\r\n")
        return "\r\n" if crlf * 2 > self.data.count(b"\n") else "\n"

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first byte of every line, in the coordinates of `base`."""
        starts = [self.base]
        find, at = self.data.find, -1
        while (at := find(b"\n", at + 1)) >= 0:
            starts.append(self.base + at + 1)
        return starts

    def line(self, offset: int) -> int:
        """1-based number of the line that holds the byte at `offset`."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> Position:
        line = self.line(offset)
        start = self.line_starts[line - 1]
        if line == 1 and self.data.startswith(BOM) and offset >= start + len(BOM):
            start += len(BOM)
        return Position(line, len(self.text(Span(start, offset))) + 1)

    def line_span(self, line: int) -> Span:
        """Bytes of the 1-based `line`, its line ending included."""
        starts = self.line_starts
        end = starts[line] if line < len(starts) else self.span.end
        return Span(starts[line - 1], end)
