"""A document after an edit, for the price of the lines that the edit touches.

What the edit does not touch is shared with the original: the same `Instruction` objects, with
the spans they have there. What it touches is parsed anew, with spans beyond the end of the
original. So a finding of the patched document either has exactly the place it had before, or
can be told at a glance to be in the edited part. tests/fixes prove that parsing the whole result
gives the same instructions.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from codi_hook.dockerfile import Instruction, parse_fragment
from codi_hook.fixes.apply import apply
from codi_hook.frozen import dataclass
from codi_hook.model import MEANING, Edit
from codi_hook.shell import Document
from codi_hook.shell.reuse import offer
from codi_hook.source import Source, Span


@dataclass(frozen=True, eq=False)
class Patched:
    """`document` after the edits; `region` is the part of the original that was parsed anew and
    `replaced` its instructions there, `fresh` those that stand in their place."""

    document: Document
    region: Span
    replaced: tuple[Instruction, ...]
    fresh: tuple[Instruction, ...]
    base: int  # spans from here on lie in the edited part

    def excerpt(self, behind: bool) -> Document:
        """The edited part and what gives it meaning: all that a local rule has to see. With
        `behind`, what follows the edited part too."""
        whole = self.document
        fresh = {id(item) for item in self.fresh}
        end = self.region.end if behind else self.base
        kept = [
            item
            for item in whole.instructions
            if item.keyword in MEANING or id(item) in fresh or item.span.start >= end
        ]
        part = type(whole)(
            source=whole.source,
            directives=whole.directives,
            escape=whole.escape,
            instructions=tuple(kept),
            comments=whole.comments,
            project=whole.project,
        )
        part.inherit(whole)
        return part


class Patcher:
    """Makes patched copies of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data = document.source.data

    @cached_property
    def _tiles(self) -> list[int]:
        """Where each tile begins: an instruction with the lines before it since the last one,
        and at the end the lines after the last instruction."""
        starts = [0]
        for item in self.document.instructions:
            newline = self.data.find(b"\n", item.span.end)
            starts.append(len(self.data) if newline < 0 else newline + 1)
        return starts

    def patch(self, edits: tuple[Edit, ...]) -> Patched:
        """The document after `edits`, which must be in order and in bounds."""
        tiles = self._tiles
        first = bisect_right(tiles, edits[0].span.start) - 1
        last = bisect_right(tiles, max(edit.span.end for edit in edits)) - 1
        if self._ends_on_boundary(edits[-1], last):
            last = max(first, last - 1)
        count = len(self.document.instructions)
        if first == count and first:
            first -= 1  # the last instruction may go on in what is added: an open continuation
        for end in (last, last + 1):
            patched = self._with(edits, first, min(end, count))
            if patched is not None:
                return patched
        patched = self._with(edits, first, count, must=True)
        assert patched is not None
        return patched

    def _ends_on_boundary(self, edit: Edit, tile: int) -> bool:
        """A replacement that stops exactly where a tile begins leaves that tile alone."""
        return edit.span.end == self._tiles[tile] and edit.span.start < edit.span.end

    def _with(
        self, edits: tuple[Edit, ...], first: int, last: int, must: bool = False
    ) -> Patched | None:
        document, tiles = self.document, self._tiles
        count = len(document.instructions)
        start = tiles[first]
        end = tiles[last + 1] if last < count else len(self.data)
        moved = [Edit(Span(e.span.start - start, e.span.end - start), e.replacement) for e in edits]
        base = len(self.data) + 1
        source = Source(apply(self.data[start:end], moved), document.source.path, base)
        fragment, closed = parse_fragment(source, document.escape, first == 0, type(document))
        whole = must or end == len(self.data)
        if not (closed or whole) or (fragment.escape != document.escape and not must):
            return None
        comments = document.comments
        patched = type(document)(
            source=document.source,
            directives=fragment.directives if first == 0 else document.directives,
            escape=fragment.escape,
            instructions=document.instructions[:first]
            + fragment.instructions
            + document.instructions[last + 1 :],
            comments=tuple([c for c in comments if c.span.start < start])
            + fragment.comments
            + tuple([c for c in comments if c.span.start >= end]),
            tree_problems=fragment.tree_problems,
            project=document.project,
        )
        replaced = document.instructions[first : last + 1]
        like = replaced or document.instructions[first - 1 : first]
        known = document.escape == "\\"  # with a backtick any instruction can say what reads them
        if (
            like
            and known
            and not fragment.comments
            and _keeps_shells((*replaced, *fragment.instructions))
        ):
            patched.inherit(document, like[0], fragment.instructions)
        offer(map(document.script, replaced), fragment.instructions)
        return Patched(patched, Span(start, end), replaced, fragment.instructions, base)


def _keeps_shells(items: tuple[Instruction, ...]) -> bool:
    """Whether none of the instructions has a say in which shell the others are read by."""
    return bool(items) and not any(
        item.keyword in ("FROM", "SHELL") or item.trigger or item.leading or item.comments
        for item in items
    )
