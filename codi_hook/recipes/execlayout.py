"""JSON arrays in the layout of the shell form that they take the place of.

BuildKit takes continuations out before it reads the JSON, also within a string, so lines may stay
where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from codi_hook.dockerfile import Instruction
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import exec_form
from codi_hook.shell.ast import Command
from codi_hook.source import Span

_gap = pattern(r"(?:[ \t]|[\\`][ \t]*\r?\n)+\Z").match


def words_json(words: Sequence[str], command: Command) -> str:
    """The array of the command's words; where they stand on several lines it does as well."""
    source = command.instruction.source
    parts = []
    for index, word in enumerate(words):
        parts.append(exec_form([word])[1:-1])
        if index + 1 < len(words):
            here, following = command.words[index : index + 2]
            gap = source.text(Span(here.span.end, following.span.start))
            if not _gap(gap):
                return exec_form(list(words))
            parts.append("," + (gap if "\n" in gap else " "))
    return "[" + "".join(parts) + "]"


def script_json(
    item: Instruction, shell: Sequence[str], text: str, start: int, exec_at: int | None = None
) -> str:
    """The array of a shell and the script that begins at byte `start`, with ``exec`` put in at
    byte `exec_at`. `text` is the script on one line, for where its lines cannot stay."""
    written, whole, end = "", "", start
    for _logical, at, length in item.segments:
        first, last = max(at, start), at + length
        if last <= first:
            continue
        if whole:
            written += item.source.text(Span(end, first))
        if exec_at is not None and first <= exec_at < last:
            before = item.source.text(Span(first, exec_at)) + "exec "
            piece = before + item.source.text(Span(exec_at, last))
        else:
            piece = item.source.text(Span(first, last))
        whole += piece
        written += exec_form([piece])[2:-2]
        end = last
    if "\n" not in written or "\t" in text or whole != text:
        return exec_form([*shell, text])
    return exec_form(list(shell))[:-1] + f', "{written}"]'
