"""From tree-sitter's tree to commands, pipelines and statements.

The tree is walked with a stack of our own, so neither depth nor length can exhaust Python's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from codi_hook.shell import quoting
from codi_hook.shell.ast import Assignment, Command, Pipeline, Redirect, Script, Statement, Word
from codi_hook.shell.compounds import Context, Part, parts
from codi_hook.shell.elements import Element, elements, groups
from codi_hook.shell.grammar import first_error, grammar
from codi_hook.shell.reuse import Key, Piece, move
from codi_hook.shell.simple import Reader, Spot, as_assignment, is_assignment
from codi_hook.shell.text import Text, verbatim
from codi_hook.shell.wrappers import reads_stdin, script_word, wrapped
from codi_hook.source import Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from codi_hook.dockerfile.ast import Heredoc, Instruction

NEVER_EMPTY = frozenset({"if", "while", "for", "condition", "group"})
RESERVED = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "in", "}"})
LONGEST_CHAIN = 20  # commands that wrap each other, sudo env time …
DEEPEST = 200  # nested constructs; a script beyond it is opaque
Task = tuple[Callable[..., None], tuple[Any, ...]]
Place = tuple[Context, str, str]  # what is around a command, before it and after it


class TooDeep(Exception):
    """Nested deeper than `DEEPEST`; `span` is where."""

    def __init__(self, span: Span) -> None:
        super().__init__("nested too deep")
        self.span = span


class Walk:
    """One pass over an instruction's script; afterwards its fields hold what was found."""

    def __init__(self, instruction: Instruction, known: dict[Key, Piece] | None = None) -> None:
        self.instruction = instruction
        self.known = known or {}  # statements that need not be read again
        self.pieces: dict[Key, Piece] = {}
        self.commands: list[Command] = []
        self.statements: list[Statement] = []
        self.pipelines: list[Pipeline] = []
        self.assignments: list[Assignment] = []
        self.error: Span | None = None
        self.tasks: list[Task] = []
        # What there was before the statement that is being read.
        self.first, self.piped, self.assigned = 0, 0, 0

    def run(self, text: Text, heredocs: list[tuple[int, Heredoc]]) -> None:
        """Read a script. `heredocs` are those that Docker read, with their offsets in `text`,
        where they are blanked. Raises `TooDeep`."""
        self.script(text, (), heredocs, top=True)
        self.drain()

    def drain(self) -> None:
        """Read all that is planned."""
        tasks = self.tasks
        while tasks:
            task, arguments = tasks.pop()
            task(*arguments)

    def script(
        self,
        text: Text,
        context: Context,
        heredocs: list[tuple[int, Heredoc]],
        *,
        top: bool = False,
        literal: bool = True,
    ) -> None:
        """Plan the reading of a text. One that is not `literal` was put together by the shell
        around it: its errors do not count, and its substitutions were read there."""
        root = grammar().parse(text.data)
        if literal and self.error is None and root.has_error:
            place = first_error(root)
            self.error = text.span(place.start_byte, place.end_byte)
        scope = Scope(self, text, heredocs, literal)
        nodes = [root] if root.is_error else root.children
        scope.sequence(nodes, context, len(text.data) + 1, top=top)

    def result(self, dialect: str) -> Script:
        commands = tuple(self.commands)
        script = Script(
            self.instruction,
            dialect,
            commands,
            tuple(self.statements),
            tuple(self.pipelines),
            self.error,
            frozenset([command.name for command in commands if command.name]),
            tuple(self.assignments),
        )
        if self.error is None:
            script.__dict__["pieces"] = self.pieces
        return script

    def add(
        self,
        words: tuple[Word, ...],
        span: Span,
        place: Place,
        assignments: tuple[Assignment, ...] = (),
        redirects: tuple[Redirect, ...] = (),
    ) -> tuple[Command, Command, int]:
        """Add a command and, after it, those that it wraps.

        Returns the first and the last of them, and the index of the last one's first word.
        """
        commands, (context, before, after) = self.commands, place
        outer: Command | None = None
        start, offset = len(commands), 0
        while True:
            name = (words[0].value or "").rpartition("/")[2]
            outer = _command(
                {
                    "name": name,
                    "words": words,
                    "span": span,
                    "instruction": self.instruction,
                    "assignments": assignments,
                    "redirects": redirects,
                    "before": before,
                    "after": after,
                    "context": context,
                    "wrapper": outer,
                    "position": len(commands),
                }
            )
            commands.append(outer)
            at, end = wrapped(name, words)
            if not at or len(commands) - start > LONGEST_CHAIN:
                return commands[start], outer, offset
            own = [as_assignment(word) for word in words[1:at] if is_assignment(word)]
            offset += at
            stop = span.end if end == len(words) else words[end - 1].span.end
            assignments, words = tuple(own), words[at:end]
            span = Span(words[0].span.start, max(stop, words[0].span.end))

    def take(self, piece: Piece, span: Span, operator: str, key: Key) -> None:
        """Add a statement that was read before, in another script."""
        move(piece, self, span.start)
        self.close_statement(span, operator, piece.simple, key)

    def close_pipeline(self, members: list[Command], span: Span) -> None:
        pipeline = Pipeline(tuple(members), span)
        self.pipelines.append(pipeline)
        for item in members:
            while True:
                object.__setattr__(item, "pipeline", pipeline)
                at = item.position + 1
                if at >= len(self.commands) or self.commands[at].wrapper is not item:
                    break
                item = self.commands[at]

    def close_statement(
        self, span: Span, operator: str, simple: bool, key: Key | None = None
    ) -> None:
        commands = tuple(self.commands[self.first :])
        if key is not None and commands:
            pipelines = tuple(self.pipelines[self.piped :])
            assignments = tuple(self.assignments[self.assigned :])
            self.pieces[key] = Piece(
                span.start, self.first, commands, pipelines, assignments, simple
            )
        self.first = len(self.commands)
        self.piped, self.assigned = len(self.pipelines), len(self.assignments)
        self.statements.append(Statement(span, operator, commands, simple))


class Scope:
    """The walk within one text: the script itself, or one that a word or a heredoc holds."""

    __slots__ = ("grammar", "heredocs", "literal", "reader", "reads_substitutions", "text", "walk")

    def __init__(
        self, walk: Walk, text: Text, heredocs: list[tuple[int, Heredoc]], literal: bool
    ) -> None:
        self.walk = walk
        self.text = text
        self.heredocs = heredocs[::-1]  # the next one last
        self.literal = literal
        self.reads_substitutions = literal and text.substitutes
        self.grammar = grammar()
        self.reader = Reader(text, self.grammar)

    def sequence(
        self, nodes: Sequence[Node], context: Context, limit: int, *, top: bool = False
    ) -> None:
        """Plan the elements of a list. `limit` is where the text after it begins."""
        if len(context) > DEEPEST:
            raise TooDeep(self.text.span(nodes[0].start_byte, nodes[0].end_byte))
        items, stray = elements(nodes, self.grammar)
        if stray is not None and context[-1:] != ("case",):
            self._wrong(stray.start_byte, stray.end_byte)
        if not items and context and context[-1] in NEVER_EMPTY:
            start = nodes[0].start_byte
            if not self.text.data.startswith(b"((", start):
                self._wrong(start, nodes[-1].end_byte)
        if self.heredocs:
            self._extend(items, limit)
        plan: list[Task] = []
        walk, before, at, count = self.walk, "", 0, len(items)
        # A statement stands for itself where the whole is shell and no heredoc reaches into it.
        keyed = top and self.literal and not self.heredocs and walk.error is None
        for group in groups(items):
            last = group[-1]
            behind = last.operator if at + len(group) < count or last.operator == "&" else ""
            span = self.text.span(group[0].start, last.end) if len(group) > 1 or top else None
            key = self._key(span, before, behind) if keyed and span is not None else None
            if span is not None and key in walk.known:
                plan.append((walk.take, (walk.known[key], span, last.operator, key)))
                at, before = at + len(group), last.operator
                continue
            members: list[Command] = []
            for item in group:
                at += 1
                after = item.operator if at < count or item.operator == "&" else ""
                follower = items[at].start if at < count else limit
                plan.append((self.element, (item, (context, before, after), members, follower)))
                before = item.operator
            if len(group) > 1:
                plan.append((walk.close_pipeline, (members, span)))
            if top:
                simple = self._is_simple(group)
                plan.append((walk.close_statement, (span, before, simple, key)))
        plan.reverse()
        self.walk.tasks.extend(plan)

    def _key(self, span: Span, before: str, behind: str) -> Key | None:
        written = self.text.source.bytes(span)
        return None if b"<<" in written else (written, before, behind)

    def _wrong(self, start: int, end: int) -> None:
        """Note an error that tree-sitter lets pass."""
        if self.literal and self.walk.error is None:
            self.walk.error = self.text.span(start, end)

    def _extend(self, items: list[Element], limit: int) -> None:
        """Let the elements cover the heredoc words that were blanked in the text."""
        at = 0
        for offset, heredoc in reversed(self.heredocs):
            if offset >= limit or not items:
                break
            while at + 1 < len(items) and items[at + 1].start <= offset:
                at += 1
            if items[at].start <= offset:
                items[at].end = max(items[at].end, offset + len(heredoc.word_span))

    def _is_simple(self, group: list[Element]) -> bool:
        """True for a simple command or a pipeline of such."""
        compound = self.grammar.compounds
        return compound.isdisjoint([item.kind for item in group])

    def element(self, item: Element, place: Place, members: list[Command], limit: int) -> None:
        """Read one element: a simple command at once, what is inside a compound later."""
        kinds, node, reader = self.grammar, item.node, self.reader
        context = place[0]
        if item.negated:
            context = (*context, "negated")
            place = (context, place[1], place[2])
        kind = item.kind
        spots: list[Spot] = []
        assignments: list[Assignment] = []
        redirect_nodes: Sequence[Node] = item.redirects
        if node is None:
            pass
        elif kind == kinds.command:
            spots, assigned, inner = reader.command(node)
            if spots and spots[0][1] - spots[0][0] == 1:
                spots = self._without_brace(spots)
            if assigned:
                assignments = [reader.assignment(child) for child in assigned]
            if inner:
                redirect_nodes = [*inner, *item.redirects]
        elif kind == kinds.test or kind in kinds.declarations:
            spots = reader.leaves(node)
        elif kind == kinds.assignment:
            assignments = [reader.assignment(node)]
        elif kind == kinds.assignments:
            assignments = [reader.assignment(child) for child in node.named_children]
        else:
            self._compound(node, context, limit)
        spots.extend((child.start_byte, child.end_byte) for child in item.words if spots)
        redirects = self._redirects(redirect_nodes, context, spots) if redirect_nodes else []
        if spots:
            self._command(item, place, members, limit, spots, assignments, redirects)
            self._substitutions(node, context)
        elif kind in kinds.plain:
            self.walk.assignments.extend(assignments)
            self._substitutions(node, context)

    def _without_brace(self, spots: list[Spot]) -> list[Spot]:
        """``! { a; }`` is read as the commands ``{ a`` and ``}``."""
        first = self.text.data[spots[0][0]]
        return [] if first == 125 else spots[1:] if first == 123 else spots

    def _redirects(
        self, nodes: Sequence[Node], context: Context, spots: list[Spot]
    ) -> list[Redirect]:
        found = []
        for node in nodes:
            redirect, more = self.reader.redirect(node)
            found.append(redirect)
            if spots:
                spots.extend(more)
            if node.kind_id == self.grammar.heredoc_redirect:
                for child in node.children:  # it holds the commands behind it, too
                    if child.kind_id == self.grammar.heredoc_body:
                        self._substitutions(child, context)
            else:
                self._substitutions(node, context)
        return found

    def _command(
        self,
        item: Element,
        place: Place,
        members: list[Command],
        limit: int,
        spots: list[Spot],
        assignments: list[Assignment],
        redirects: list[Redirect],
    ) -> None:
        """Add a command and, one after the other, those that it wraps."""
        start, end = item.start, item.end
        heredocs: list[Heredoc] = []
        while self.heredocs and self.heredocs[-1][0] < limit:
            offset, heredoc = self.heredocs.pop()
            heredocs.append(heredoc)
            redirects.append(self.reader.docker_heredoc(heredoc))
            start, end = min(start, offset), max(end, offset + len(heredoc.word_span))
        span = self.text.span(start, end)
        words = tuple(self.reader.words(spots))
        if words[0].text in RESERVED:
            self._wrong(*spots[0])
        first, last, offset = self.walk.add(
            words, span, place, tuple(assignments), tuple(redirects)
        )
        members.append(first)
        self._nested(last, spots[offset:], heredocs)

    def _nested(self, command: Command, spots: list[Spot], heredocs: list[Heredoc]) -> None:
        """Plan the reading of the script that a command is given."""
        at = script_word(command.name, command.words)
        if at:
            text, literal = quoting.unquoted(self.text, *spots[at])
            context = (*command.context, "sh -c")
            self._plan(text, context, literal and self.literal)
        elif heredocs and reads_stdin(command.name, command.words):
            heredoc = heredocs[-1]
            text = verbatim(self.text.source, heredoc.content_span)
            self._plan(text, (*command.context, "heredoc"), not heredoc.expand)

    def _plan(self, text: Text, context: Context, literal: bool) -> None:
        if len(context) > DEEPEST:
            raise TooDeep(text.span(0, len(text.data)))
        self.walk.script(text, context, [], literal=literal)

    def _substitutions(self, node: Node | None, context: Context) -> None:
        """Plan the reading of the command and process substitutions in the words of a node."""
        if node is None or not self.reads_substitutions:
            return
        wanted = self.grammar.substitutions
        inner = (*context, "substitution")
        found = []
        stack = [node]
        while stack:
            item = stack.pop()
            if item.kind_id in wanted:
                found.append(item)
            elif item.child_count:
                stack.extend(reversed(item.children))
        for item in reversed(found):
            self.walk.tasks.append((self.sequence, (item.children, inner, item.end_byte)))

    def _compound(self, node: Node, context: Context, limit: int) -> None:
        """Plan the lists inside a compound command, the first one on top of the stack."""
        found = parts(node, self.grammar, context)
        if found is None:
            self._substitutions(node, context)
        else:
            self._plan_parts(found, max(node.end_byte, limit))

    def _plan_parts(self, found: list[Part], limit: int) -> None:
        for nodes, context, is_list in reversed(found):
            if not nodes:
                continue
            if is_list:
                self.walk.tasks.append((self.sequence, (nodes, context, limit)))
            else:
                for child in reversed(nodes):
                    self._substitutions(child, context)
            limit = nodes[0].start_byte


def _command(fields: dict[str, Any]) -> Command:
    """A `Command` at a third of the cost: frozen dataclasses set field by field."""
    command = object.__new__(Command)
    command.__dict__.update(fields)
    return command
