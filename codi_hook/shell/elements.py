"""The elements of a list, as a shell groups them.

tree-sitter binds a redirect to the whole list before it (it reads ``a && b > x | c`` as a
pipeline of a redirected list and c), keeps what follows a heredoc's name inside the redirect and
takes ``2>&1 word`` for two targets. So lists, pipelines and redirects are flattened here into
elements and the operators between them, and grouped anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codi_hook.frozen import dataclass, field
from codi_hook.shell.grammar import Grammar

if TYPE_CHECKING:
    from tree_sitter import Node

PIPES = frozenset({"|", "|&"})


@dataclass(slots=True)
class Element:
    """A command or a compound with what belongs to it; `node` is None for a lone redirect.

    `operator` joins it to the next one: ``&&``, ``||``, ``;``, ``&``, ``|``, ``|&``, a newline,
    or nothing at the end. `start` and `end` are offsets in the text.
    """

    node: Node | None
    start: int
    end: int
    negated: bool = False
    operator: str = ""
    kind: int = -1  # of the node
    redirects: list[Node] = field(default_factory=list)
    words: list[Node] = field(default_factory=list)  # arguments that follow a redirect

    def add(self, node: Node, end: int) -> None:
        self.redirects.append(node)
        self.start = min(self.start, node.start_byte)
        self.end = max(self.end, end)


def elements(nodes: Sequence[Node], grammar: Grammar) -> tuple[list[Element], Node | None]:
    """Flatten the children of a list-like node. Linear, whatever the nesting.

    The second value is a ``;;``, which has a place in case only; tree-sitter allows it anywhere.
    """
    operators, flat, redirects = grammar.operators, grammar.flat, grammar.redirects
    ignored, words = grammar.ignored, grammar.words
    out: list[Element] = []
    early: list[Node] = []  # redirects that stand before their command
    negated = False
    stray: Node | None = None
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        kind = node.kind_id
        if kind in ignored:
            continue
        if kind in operators:
            if out:
                out[-1].operator = operators[kind]
        elif kind in flat:
            stack.extend(reversed(node.children))
        elif kind in redirects:
            rest, end = _split_heredoc(node, grammar)
            if out and not out[-1].operator:
                out[-1].add(node, end)
            else:
                early.append(node)
            stack.extend(reversed(rest))
        elif kind == grammar.bang:
            negated = True
        elif kind in words:
            if out:
                out[-1].words.append(node)
                out[-1].end = max(out[-1].end, node.end_byte)
        elif node.is_named:
            if out and not out[-1].operator:
                out[-1].operator = "\n"
            element = Element(node, node.start_byte, node.end_byte, negated, kind=kind)
            if out and out[-1].negated and out[-1].operator in PIPES:
                element.negated = True
            for item in early:
                element.add(item, 0)
            early, negated = [], False
            out.append(element)
        elif kind in grammar.terminators:
            stray = stray or node
    for node in early:
        out.append(Element(None, node.start_byte, node.end_byte, redirects=[node]))
    return out, stray


def groups(items: list[Element]) -> list[list[Element]]:
    """The elements by pipeline: one that no pipe joins to another is a group of its own."""
    if not any(item.operator in PIPES for item in items):
        return [[item] for item in items]
    found: list[list[Element]] = []
    joined = False
    for item in items:
        if joined:
            found[-1].append(item)
        else:
            found.append([item])
        joined = item.operator in PIPES
    return found


def _split_heredoc(node: Node, grammar: Grammar) -> tuple[list[Node], int]:
    """What tree-sitter put into a redirect although it follows it, and the redirect's own end."""
    if node.kind_id != grammar.heredoc_redirect:
        return [], node.end_byte
    end, rest = -1, []
    for child in node.children:
        if child.kind_id == grammar.heredoc_start:
            end = child.end_byte
        elif end >= 0:
            rest.append(child)
    return rest, end if end >= 0 else node.end_byte
