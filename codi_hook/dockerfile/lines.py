"""From bytes to logical lines: continuations joined, comments taken out, directives read.

A logical line keeps a map back to the file, so that whatever is found in it has exact bytes.
The behaviour is BuildKit's (frontend/dockerfile/parser/parser.go, function Parse).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter

from codi_hook.dockerfile.ast import Comment, Directive, Problem
from codi_hook.frozen import dataclass, field
from codi_hook.source import BOM, Source, Span, decode

# White space as Go's unicode.IsSpace has it, in UTF-8.
SPACE = (
    rb"(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f"
    rb"|\xe3\x80\x80)"
)
LONGEST_LINE = 65_536  # bufio.MaxScanTokenSize: the scanner refuses more, line ending included
DIRECTIVES = ("syntax", "escape", "check")

_space_run = re.compile(SPACE + rb"*").match
_directive = re.compile(
    rb"#" + SPACE + rb"*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*="
    rb"[\t\n\f\r ]*(.+?)[\t\n\f\r ]*\Z",
    re.DOTALL,
).match


def skip_space(data: bytes, start: int, end: int) -> int:
    """Offset of the first byte from `start` on that is no white space, or `end`."""
    found = _space_run(data, start, end)
    return found.end() if found else start


@lru_cache(maxsize=2)
def _continuation(escape: bytes) -> re.Pattern[bytes]:
    """The escape character at the end of a line, if no other one stands before it."""
    token = re.escape(escape)
    return re.compile(rb"(?<!" + token + rb")" + token + rb"[ \t]*\Z")


_logical = itemgetter(0)
Search = Callable[[bytes, int, int], "re.Match[bytes] | None"]


@dataclass(slots=True)
class LogicalLine:
    """One instruction's line with its continuations joined.

    `segments` are (offset in `text`, offset in the file, length), all in bytes. `span` runs
    from the first byte of `text` to the end of the last physical line, line ending excluded.
    """

    text: bytes
    span: Span
    segments: tuple[tuple[int, int, int], ...]
    comments: tuple[Comment, ...] = ()
    resume: int = 0  # offset of the physical line that follows

    def at(self, offset: int) -> int:
        """File offset of the byte at `offset` of the logical line."""
        segments = self.segments
        index = bisect_right(segments, offset, key=_logical) - 1
        logical, byte, _ = segments[index]
        return byte + offset - logical

    def map(self, start: int, end: int) -> Span:
        """File bytes of the half-open logical range; what is joined inside it is included."""
        if len(self.segments) == 1:
            shift = self.segments[0][1] - self.segments[0][0]
            return Span(start + shift, end + shift)
        first = self.at(start)
        return Span(first, self.at(end - 1) + 1 if end > start else first)


@dataclass(slots=True)
class Scanner:
    """Reads logical lines one after the other; heredocs move `offset` on from outside."""

    source: Source
    escape: bytes = b"\\"
    reading_directives: bool = True
    offset: int = 0  # into source.data
    directives: list[Directive] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dangling: bool = False  # the data ended within a continuation

    def __post_init__(self) -> None:
        if self.reading_directives and self.source.data.startswith(BOM):
            self.offset = len(BOM)

    def physical_line(self) -> tuple[int, int, int] | None:
        """(start, end without line ending, start of the next line), or None at the end."""
        data, start = self.source.data, self.offset
        if start >= len(data):
            return None
        newline = data.find(b"\n", start)
        after = newline + 1 if newline >= 0 else len(data)
        if after - start > LONGEST_LINE - (newline < 0):
            span = Span(self.source.base + start, self.source.base + start + 1)
            self.problems.append(
                Problem(
                    f"line of {after - start} bytes: BuildKit reads lines of at most "
                    f"{LONGEST_LINE - 1}",
                    span,
                    "split it with continuations or move the text into a file",
                )
            )
            self.offset = len(data)
            return None
        self.offset = after
        end = after
        while end > start and data[end - 1] in b"\r\n":
            end -= 1
        return start, end, after

    def __iter__(self) -> Iterator[LogicalLine]:
        data, base = self.source.data, self.source.base
        continues = _continuation(self.escape).search
        while (line := self.physical_line()) is not None:
            start, end, after = line
            content = skip_space(data, start, end)
            if content == end:
                self.reading_directives = False
                continue
            if data[content] == 35:  # "#"
                self._comment(content, end)
                if self.reading_directives:
                    self._directive(content, end)
                    continues = _continuation(self.escape).search
                continue
            self.reading_directives = False
            mark = continues(data, content, end)
            if mark is None:
                text = data[content:end]
                span = Span(base + content, base + end)
                yield LogicalLine(text, span, ((0, base + content, end - content),), (), after)
            else:
                yield self._joined(content, mark.start(), end, after, continues)

    def _joined(
        self, content: int, stop: int, end: int, after: int, continues: Search
    ) -> LogicalLine:
        data, base = self.source.data, self.source.base
        parts = [data[content:stop]]
        segments = [(0, base + content, stop - content)]
        length, last = stop - content, end
        comments: list[Comment] = []
        self.dangling = True
        while (line := self.physical_line()) is not None:
            start, end, after = line
            last = end
            first = skip_space(data, start, end)
            if first < end and data[first] == 35:
                comments.append(self._comment(first, end, inside=True))
                continue
            if first == end:
                continue
            mark = continues(data, start, end)
            stop = end if mark is None else mark.start()
            if stop > start:
                parts.append(data[start:stop])
                segments.append((length, base + start, stop - start))
                length += stop - start
            if mark is None:
                self.dangling = False
                break
        span = Span(base + content, base + last)
        return LogicalLine(b"".join(parts), span, tuple(segments), tuple(comments), after)

    def _comment(self, start: int, end: int, inside: bool = False) -> Comment:
        base = self.source.base
        text = decode(self.source.data[start + 1 : end]).strip()
        comment = Comment(text, Span(base + start, base + end), inside)
        self.comments.append(comment)
        return comment

    def _directive(self, start: int, end: int) -> None:
        match = _directive(self.source.data[start:end])
        name = decode(match[1]).lower() if match else ""
        if match is None or name not in DIRECTIVES:
            self.reading_directives = False
            return
        at = self.source.base + start
        span, value = Span(at, at + end - start), decode(match[2])
        if any(directive.name == name for directive in self.directives):
            message = f"only one {name} parser directive can be used"
            self.problems.append(Problem(message, span, "delete the second one"))
            return
        value_span = Span(at + match.start(2), at + match.end(2))
        self.directives.append(Directive(name, value, span, value_span))
        if name == "escape":
            if value in ("\\", "`"):
                self.escape = value.encode()
            else:
                message = f"invalid escape token {value!r}"
                self.problems.append(Problem(message, value_span, r"use ` or \ "[:-1]))
