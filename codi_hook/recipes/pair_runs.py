"""Runs of ENV or LABEL instructions that can be one instruction."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction, Pair
from codi_hook.model import Document, Edit
from codi_hook.recipes.expansion import references
from codi_hook.recipes.instructions import body_is_one_line
from codi_hook.recipes.legacy import is_legacy, modern
from codi_hook.source import Span


def run_of(document: Document, item: Instruction) -> list[Instruction]:
    """The instruction and its neighbours of the same kind on the lines next to it, as many as
    set the same when they are one: none takes a variable that an earlier one of them sets."""
    at = document.index(item)
    items = document.instructions
    first = at
    while first > 0 and _joined(items[first - 1], items[first], document.escape):
        first -= 1
    last = at
    while last + 1 < len(items) and _joined(items[last], items[last + 1], document.escape):
        last += 1
    run = list(items[first : last + 1])
    keys: set[str] = set()
    for one in run:
        used = {ref.name for pair in one.pairs for ref in references(_value(pair), document.escape)}
        if used & keys or keys & {pair.key.value for pair in one.pairs}:
            return [item]
        keys |= {pair.key.value for pair in one.pairs}
    return run


def _value(pair: Pair) -> str:
    return "" if pair.value is None else pair.value.value


def _joined(earlier: Instruction, later: Instruction, escape: str) -> bool:
    """Two of a kind, one line each, line under line, in the form that can be continued."""
    return (
        earlier.keyword == later.keyword
        and later.start_line == earlier.end_line + 1
        and all(body_is_one_line(one) and _ends_well(one, escape) for one in (earlier, later))
    )


def _ends_well(item: Instruction, escape: str) -> bool:
    return bool(item.pairs) and not _value(item.pairs[-1]).endswith(escape)


def merge(document: Document, run: list[Instruction]) -> tuple[Edit, ...] | None:
    """The run as one instruction with a pair on each line; None where a value of the old form has
    no certain spelling."""
    edits: list[Edit] = []
    newline = run[0].source.newline
    indent = " " * (len(run[0].keyword) + 1)
    for number, item in enumerate(run):
        if is_legacy(item):
            changed = modern(item, document.escape)
            if changed is None:
                return None
            edits += changed
        if number:
            between = Span(run[number - 1].body_span.end, item.body_span.start)
            edits.append(Edit(between, f" {document.escape}{newline}{indent}"))
    return tuple(sorted(edits, key=lambda edit: edit.span))
