"""Text to be read as shell, with the way back to the bytes of the file.

The text is what the shell gets to see: continuations are joined and escapes are resolved. Every
piece of it knows where it came from, so a span is exact however the text was put together.
"""

from __future__ import annotations

from bisect import bisect_right

from codi_hook.patterns import pattern
from codi_hook.source import Source, Span

_new = tuple.__new__  # what Span(…) calls in the end, without the call between
_substitution = pattern(rb"\$\(|`|[<>]\(").search


class Text:
    """`data` and, for each of its pieces, (offset in `data`, offset in the file, length there).

    A piece whose length in `data` differs from that in the file is an escape: it maps as a whole.
    """

    __slots__ = (
        "_ends",
        "_lengths",
        "_shifts",
        "_starts",
        "_targets",
        "ascii",
        "data",
        "high",
        "low",
        "shift",
        "source",
        "substitutes",
    )

    def __init__(self, source: Source, data: bytes, pieces: list[tuple[int, int, int]]) -> None:
        self.source = source
        self.data = data
        starts = self._starts = [piece[0] for piece in pieces]
        ends = self._ends = [*starts[1:], len(data)]
        self._targets = [piece[1] for piece in pieces]
        self._lengths = [piece[2] for piece in pieces]
        self._shifts = [
            target - start if length == end - start else None
            for (start, target, length), end in zip(pieces, ends, strict=False)
        ]
        self.ascii = data.decode("ascii") if data.isascii() else None
        self.substitutes = _substitution(data) is not None
        # The piece that was asked for last: most questions are about the same one again.
        self.low, self.high, self.shift = 0, 0, 0

    def span(self, start: int, end: int) -> Span:
        """File bytes of the half-open range, whatever lies between its pieces included."""
        if self.low <= start < end <= self.high:
            return _new(Span, (start + self.shift, end + self.shift))
        starts = self._starts
        if not starts:
            return Span(self.source.base, self.source.base)
        index = max(0, bisect_right(starts, start) - 1)
        shift = self._shifts[index]
        if shift is None:
            first = self._targets[index]
        else:
            first = start + shift
            self.low, self.high, self.shift = starts[index], self._ends[index], shift
        if end <= start:
            return Span(first, first)
        if end > self._ends[index]:
            index = bisect_right(starts, end - 1) - 1
            shift = self._shifts[index]
        if shift is None:
            return Span(first, self._targets[index] + self._lengths[index])
        return _new(Span, (first, end + shift))

    def find(self, target: int) -> int:
        """Offset in `data` of a byte of the file; the end of `data` if it is not in the text."""
        index = bisect_right(self._targets, target) - 1
        if index < 0 or target >= self._targets[index] + self._lengths[index]:
            return len(self.data)
        shift = self._shifts[index]
        return self._starts[index] if shift is None else target - shift

    def with_data(self, data: bytes) -> Text:
        """The same places with other bytes, as many as before."""
        return Text(
            self.source, data, list(zip(self._starts, self._targets, self._lengths, strict=True))
        )

    def pieces(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The pieces of a part of the text, their offsets in the text counted from `start`."""
        if start >= end:
            return []
        found = []
        index = max(0, bisect_right(self._starts, start) - 1)
        while index < len(self._starts) and self._starts[index] < end:
            at, target, length = self._starts[index], self._targets[index], self._lengths[index]
            if self._shifts[index] is not None:
                low, high = max(start, at), min(end, self._ends[index])
                found.append((low - start, target + low - at, high - low))
            else:
                found.append((max(start, at) - start, target, length))
            index += 1
        return found


class Builder:
    """Puts a text together from parts of another one."""

    def __init__(self, origin: Text) -> None:
        self.origin = origin
        self._parts: list[bytes] = []
        self._pieces: list[tuple[int, int, int]] = []
        self._length = 0

    def copy(self, start: int, end: int) -> None:
        """Take a part of the origin as it is."""
        for offset, target, length in self.origin.pieces(start, end):
            self._pieces.append((self._length + offset, target, length))
        self._parts.append(self.origin.data[start:end])
        self._length += end - start

    def replace(self, start: int, end: int, data: bytes) -> None:
        """Take `data` for a part of the origin, for example the character that it escapes."""
        if data:
            span = self.origin.span(start, end)
            self._pieces.append((self._length, span.start, len(span)))
            self._parts.append(data)
            self._length += len(data)

    def text(self) -> Text:
        return Text(self.origin.source, b"".join(self._parts), self._pieces)


def verbatim(source: Source, span: Span) -> Text:
    """The bytes of the file as they are; a CR before a line ending becomes a blank."""
    data = source.bytes(span).replace(b"\r\n", b" \n")
    return Text(source, data, [(0, span.start, len(data))])


def logical(source: Source, span: Span, segments: tuple[tuple[int, int, int], ...]) -> Text:
    """The part of a logical line that lies in `span`, its continuations joined."""
    if not segments:
        return verbatim(source, span)
    parts: list[bytes] = []
    pieces: list[tuple[int, int, int]] = []
    length, base, data = 0, source.base, source.data
    for _, start, size in segments:
        low, high = max(start, span.start), min(start + size, span.end)
        if low < high:
            pieces.append((length, low, high - low))
            parts.append(data[low - base : high - base])
            length += high - low
    return Text(source, b"".join(parts), pieces)
