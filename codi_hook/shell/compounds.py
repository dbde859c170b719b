"""The lists that a compound command holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codi_hook.shell.grammar import Grammar

if TYPE_CHECKING:
    from tree_sitter import Node

Context = tuple[str, ...]
# Nodes, the context of what is in them, and whether they are a list: the words of for and case
# are not, but may hold substitutions.
Part = tuple[list["Node"], Context, bool]


def parts(node: Node, kinds: Grammar, context: Context) -> list[Part] | None:
    """The parts of a compound in order; None for a node that is no compound."""
    if node.kind_id == kinds.function:
        name, nodes = "function", node.children[-1:]
        nodes = nodes[0].children if nodes else []
    else:
        name, nodes = kinds.contexts.get(node.kind_id, ""), node.children
    if not name:
        return None
    context = (*context, name)
    found: list[Part] = [([], context, name not in ("for", "case"))]
    stack = list(reversed(nodes))
    while stack:
        child = stack.pop()
        kind = child.kind_id
        if kind in kinds.clauses or kind == kinds.do_group:
            stack.extend(reversed(child.children))
        elif kind == kinds.case_item:
            inner = child.children
            closes = [at for at, item in enumerate(inner) if item.kind_id in kinds.case_close]
            first = closes[0] + 1 if closes else len(inner)
            found += [(inner[:first], context, False), (inner[first:], context, True)]
        elif kind in kinds.opens_condition:
            found.append(([], (*context, "condition"), True))
        elif kind in kinds.opens_body:
            found.append(([], context, True))
        else:
            found[-1][0].append(child)
    return found
