"""``ENV key the whole rest`` as ``ENV key="the whole rest"``: the same value, in today's form.

In the old form the value is everything up to the end of the line, and quotes, escapes and
variables in it are then read as in any word. In today's form blanks end a word, so those that
stand outside quotes have to be quoted; everything else may stay as it is.
"""

from __future__ import annotations

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.model import Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.expansion import place, references
from codi_hook.source import Span

_name = pattern(r"[A-Za-z_][\w.-]*\Z").match
_assignment = pattern(r"[A-Za-z_]\w*=\S*\Z").match
_BLANKS = " \t\v\f\r"


def modern(item: Instruction, escape: str) -> tuple[Edit, ...] | None:
    """The edits that put an ENV or LABEL of the old form into today's; None where no spelling is
    certain to keep the value: an odd key, unbalanced quotes, a comment where ``=`` has to go."""
    key, value = _parts(item)
    if value is None or not key.value or any(char in key.value for char in f"\"'={escape}"):
        return None
    gap = Span(key.span.end, value.span.start)
    if any(gap.contains(comment.span) for comment in item.comments):
        return None
    blanks = bare_blanks(value.value, escape)
    if blanks is None or value.value.endswith(escape):
        return None
    if not blanks:
        return (Edit(gap, "="),)
    if not any(char in value.value for char in f"\"'{escape}") and _plain_references(value.value):
        return (Edit(gap, '="'), Edit(Span(value.span.end, value.span.end), '"'))
    if not _escapable(value.value, escape):
        return None
    return (Edit(gap, "="), *_escaped(item, value, blanks, escape))


def _parts(item: Instruction) -> tuple[Argument, Argument | None]:
    pair = item.pairs[0]
    return pair.key, pair.value


def is_legacy(item: Instruction) -> bool:
    return bool(item.pairs) and item.pairs[0].separator == " "


def _escaped(
    item: Instruction, value: Argument, blanks: list[int], escape: str
) -> tuple[Edit, ...]:
    """The escape character before every blank outside quotes."""
    found = []
    for at in blanks:
        start = place(item, value, at, at + 1).start
        found.append(Edit(Span(start, start), escape))
    return tuple(found)


def _plain_references(text: str) -> bool:
    return all(not reference.operator for reference in references(text))


def _escapable(text: str, escape: str) -> bool:
    """False where a blank may stand in a pattern or between quotes for the one who fills variables
    in, and outside for the one who takes words apart: they read ``"${a:-"b c"}"`` differently."""
    operators = {reference.operator for reference in references(text, escape)} - {""}
    quotes = any(char in text for char in "\"'")
    return not operators or (not quotes and operators <= {"-", ":-", "+", ":+"})


def bare_blanks(text: str, escape: str) -> list[int] | None:
    """Offsets of the white space outside quotes; None where a quote is not closed, or white space
    other than the common blanks stands there."""
    found, at, quote = [], 0, ""
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _BLANKS:
            found.append(at)
        elif char.isspace():
            return None
        at += 1
    return None if quote else found


def meant(item: Instruction, escape: str) -> tuple[str, str] | None:
    """What a value with ``=`` in it was probably meant to be: ("equals", text of the whole) for
    ``key = value``, ("pairs", …) for ``key value other=value``; else None."""
    key, value = _parts(item)
    if value is None or len(item.segments) > 1 or not _name(key.value):
        return None
    text = value.value
    if text.startswith("="):
        rest = text[1:].strip(_BLANKS)
        if rest and not rest.startswith("=") and bare_blanks(rest, escape) == []:
            return "equals", f"{key.value}={rest}"
        return None
    words = text.split()
    if len(words) > 1 and bare_blanks(text, escape) and all(map(_assignment, words[1:])):
        if any(char in text for char in f"\"'{escape}") or _assignment(words[0]):
            return None
        return "pairs", f"{key.value}={' '.join(words)}"
    return None
