"""Words, assignments and redirects out of the nodes of a simple command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codi_hook.patterns import pattern
from codi_hook.shell import quoting
from codi_hook.shell.ast import Assignment, Redirect, Word
from codi_hook.shell.grammar import Grammar
from codi_hook.shell.text import Text
from codi_hook.source import Span, decode

if TYPE_CHECKING:
    from tree_sitter import Node

    from codi_hook.dockerfile.ast import Heredoc

Spot = tuple[int, int]  # where a word stands in the text
_new = tuple.__new__
_assignment = pattern(r"[A-Za-z_]\w*\+?=").match
_special = pattern(r"[\\'\"$`(]").search
_operator = pattern(rb"(?:\d+|\{\w+\})?(?:&>>|&>|<<<|<<-|<<|<>|<&|>&|>\||>>|<|>)").match


class Reader:
    """Makes the values of `ast` from offsets in one text."""

    __slots__ = ("base", "grammar", "source", "text")

    def __init__(self, text: Text, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self.source = text.source.data
        self.base = text.source.base

    def word(self, start: int, end: int) -> Word:
        text = self.text
        if (
            text.low <= start
            and end <= text.high
            and text.ascii
            and not _special(text.ascii, start, end)
        ):
            raw = text.ascii[start:end]
            return _new(Word, (raw, _new(Span, (start + text.shift, end + text.shift)), raw))
        span = text.span(start, end)
        raw = decode(self.source[span.start - self.base : span.end - self.base])
        data = text.data
        found = None
        if data[start : start + 2] not in (b"<(", b">("):
            found = quoting.value(data, start, end)
        return Word(raw, span, None if found is None else decode(found))

    def words(self, spots: list[Spot]) -> list[Word]:
        word = self.word
        return [word(start, end) for start, end in spots]

    def command(self, node: Node) -> tuple[list[Spot], list[Node], list[Node]]:
        """The spots of the words, and the nodes of the assignments and the redirects."""
        grammar = self.grammar
        spots: list[Spot] = []
        assignments: list[Node] = []
        redirects: list[Node] = []
        redirect_kinds, assignment, last = grammar.redirects, grammar.assignment, -1
        data = self.text.data
        for child in node.children:
            kind = child.kind_id
            if kind == assignment and not spots:
                assignments.append(child)
            elif kind in redirect_kinds:
                redirects.append(child)
            else:
                start, end = child.start_byte, child.end_byte
                if start == last or (start == last + 2 and data[last:start] == b"\\\n"):
                    # tree-sitter took one word apart
                    spots[-1] = (spots[-1][0], end)
                else:
                    spots.append((start, end))
                last = end
        return [spot for spot in spots if spot[0] < spot[1]], assignments, redirects

    def leaves(self, node: Node) -> list[Spot]:
        """The words of a test (``[ -f x ]``) or a declaration (``export a=b``), in order."""
        grammar = self.grammar
        whole = grammar.words | grammar.substitutions | {grammar.assignment, grammar.subscript}
        spots: list[Spot] = []
        stack = [node]
        while stack:
            item = stack.pop()
            if item.kind_id in whole or not item.child_count:
                start, end = item.start_byte, item.end_byte
                if spots and spots[-1][1] == start:
                    spots[-1] = (spots[-1][0], end)
                elif start < end:
                    spots.append((start, end))
            else:
                stack.extend(reversed(item.children))
        return spots

    def assignment(self, node: Node) -> Assignment:
        data = self.text.data
        start, end = node.start_byte, node.end_byte
        equals = data.find(b"=", start, end)
        if equals < 0:
            equals = end
        name = decode(data[start:equals]).rstrip("+")
        value = self.word(equals + 1, end) if equals + 1 < end else None
        return Assignment(name, value, self.text.span(start, end))

    def redirect(self, node: Node) -> tuple[Redirect, list[Spot]]:
        """The redirect, and the words behind its target, which are the command's own."""
        data, grammar = self.text.data, self.grammar
        start = node.start_byte
        match = _operator(data, start)
        begin = match.end() if match else start
        spots: list[Spot] = []
        for child in node.children:
            low, high = child.start_byte, child.end_byte
            if low < begin or low == high:
                continue
            if spots and node.kind_id == grammar.heredoc_redirect:
                break
            if spots and spots[-1][1] == low:
                spots[-1] = (spots[-1][0], high)
            else:
                spots.append((low, high))
        target = self.word(*spots[0]) if spots else None
        end = spots[0][1] if spots else begin
        operator = decode(data[start:begin])
        return Redirect(operator, target, self.text.span(start, end)), spots[1:]

    def docker_heredoc(self, heredoc: Heredoc) -> Redirect:
        """A heredoc that Docker has read, as the redirect that the shell will see."""
        span = heredoc.word_span
        raw = decode(self.source[span.start - self.base : span.end - self.base])
        at = raw.index("<<") + (3 if heredoc.strip_tabs else 2)
        where = Span(span.start + len(raw[:at].encode("utf-8", "surrogateescape")), span.end)
        return Redirect(raw[:at], Word(raw[at:], where, heredoc.name), span)


def is_assignment(word: Word) -> bool:
    return _assignment(word.text) is not None


def as_assignment(word: Word) -> Assignment:
    """``NAME=value`` that is an argument, of env or of sudo."""
    name, _, raw = word.text.partition("=")
    start = word.span.start + len(name.encode("utf-8", "surrogateescape")) + 1
    value = None
    if raw:
        known = None if word.value is None else word.value.partition("=")[2]
        value = Word(raw, Span(start, word.span.end), known)
    return Assignment(name, value, word.span)
