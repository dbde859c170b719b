"""Empty lines between the lines of a continued instruction."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.source import Span

_empty = pattern(rb"\n[ \t\r\f\v]*(?:\n|\Z)")
_keyword = pattern(
    rb"[ \t]*(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL"
    rb"|STOPSIGNAL|USER|VOLUME|WORKDIR)[ \t]+\S"
)


@dataclass(frozen=True)
class Gap:
    """Neighbouring empty lines, comment lines between them not counted.

    `lines` are without their line endings, `whole_lines` with. `escape` covers the continuation
    character of the line before and the blanks around it, `next_line` is the offset of the line
    that goes on with the instruction, -1 where none does.
    """

    lines: tuple[Span, ...]
    whole_lines: tuple[Span, ...]
    escape: Span
    next_line: int

    @property
    def at_end(self) -> bool:
        return self.next_line < 0


def gaps(item: Instruction, escape: str) -> list[Gap]:
    """The empty lines within the instruction, here-documents apart, in order."""
    base = item.source.base
    end = item.heredocs[0].content_span.start if item.heredocs else item.span.end
    if not _empty.search(item.source.data, item.span.start - base, end - base):
        return []
    found: list[Gap] = []
    content: Span | None = None
    empty: list[tuple[Span, Span]] = []
    first = item.source.line(item.span.start)
    for number in range(first, item.source.line(end - bool(item.heredocs)) + 1):
        whole = item.source.line_span(number)
        text = item.source.bytes(whole)
        line = Span(whole.start, whole.start + len(text.rstrip(b"\r\n")))
        if not text.strip():
            empty.append((line, whole))
        elif not text.lstrip().startswith(b"#") or number == first:
            if empty and content is not None:
                found.append(_gap(item, content, empty, whole.start, escape))
            content, empty = line, []
    if empty and content is not None:
        found.append(_gap(item, content, empty, -1, escape))
    return found


def _gap(
    item: Instruction, content: Span, empty: list[tuple[Span, Span]], following: int, escape: str
) -> Gap:
    text = item.source.bytes(content)
    stop = text.rstrip()
    head = stop[: -len(escape)].rstrip() if stop.endswith(escape.encode()) else stop
    start = content.start + len(head)
    lines, whole = zip(*empty, strict=True)
    return Gap(lines, whole, Span(start, content.end), following)


def heads_instruction(item: Instruction, gap: Gap) -> bool:
    """True where the line behind the gap looks like an instruction of its own."""
    if gap.at_end or not gap.escape:
        return False
    return bool(_keyword.match(item.source.data, gap.next_line - item.source.base))
