"""Unified diffs of bytes: exact, with the marker for a missing final newline.

difflib compares only the lines between the first and the last that differ, which keeps a small
fix in a large file cheap.
"""

from __future__ import annotations

from collections.abc import Iterator

CONTEXT = 3
NO_NEWLINE = b"\\ No newline at end of file\n"
_MOST = 20_000  # lines compared one by one; beyond it the middle is one replacement


def unified(before: bytes, after: bytes, path: str) -> bytes:
    """The patch that makes `after` of `before`; empty where they are equal."""
    if before == after:
        return b""
    return _names(path) + b"".join(_hunks(lines(before), lines(after)))


def _names(path: str) -> bytes:
    # diff and git end a name that holds a blank with a tab, or patch would cut it there
    name = path.encode("utf-8", "surrogateescape") + (b"\t" if " " in path else b"")
    return b"--- a/" + name + b"\n+++ b/" + name + b"\n"


def lines(data: bytes) -> list[bytes]:
    """Lines with their endings; only a line feed ends one, as for diff and git."""
    split = data.split(b"\n")
    last = split.pop()
    return [line + b"\n" for line in split] + ([last] if last else [])


def _hunks(old: list[bytes], new: list[bytes], above: int = 0) -> Iterator[bytes]:
    """The hunks, where `above` lines that are the same in both come first."""
    head, tail = _common(old, new)
    start = max(0, head - CONTEXT)
    old_end = min(len(old), len(old) - tail + CONTEXT)
    new_end = min(len(new), len(new) - tail + CONTEXT)
    for group in _groups(old[start:old_end], new[start:new_end], head - start):
        first, last = group[0], group[-1]
        old_range = _range(above + start + first[1], above + start + last[2])
        new_range = _range(above + start + first[3], above + start + last[4])
        yield f"@@ -{old_range} +{new_range} @@\n".encode()
        for tag, old_from, old_to, new_from, new_to in group:
            removed = old[start + old_from : start + old_to]
            added = new[start + new_from : start + new_to]
            if tag == "equal":
                yield from (_line(b" ", line) for line in removed)
                continue
            yield from (_line(b"-", line) for line in removed)
            yield from (_line(b"+", line) for line in added)


def _common(old: list[bytes], new: list[bytes]) -> tuple[int, int]:
    """How many lines are equal at the start, and how many of the others at the end."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _groups(
    old: list[bytes], new: list[bytes], head: int
) -> list[list[tuple[str, int, int, int, int]]]:
    if len(old) + len(new) > _MOST:
        tail = min(CONTEXT, len(old) - head, len(new) - head)
        return [
            [
                ("equal", 0, head, 0, head),
                ("replace", head, len(old) - tail, head, len(new) - tail),
                ("equal", len(old) - tail, len(old), len(new) - tail, len(new)),
            ]
        ]
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=len(old) > 1_000)
    return [list(group) for group in matcher.get_grouped_opcodes(CONTEXT)]


def _range(start: int, stop: int) -> str:
    """A hunk's range as diff writes it: 1-based, and the line before it where it is empty."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n" + NO_NEWLINE


def of_edits(data: bytes, edits: tuple[tuple[int, int, str], ...], path: str) -> bytes:
    """The patch of a candidate's edits on `data`. Only their surroundings are looked at."""
    if not edits:
        return b""
    edits = tuple(sorted(edits, key=lambda edit: edit[:2]))
    start, end = edits[0][0], max(edit[1] for edit in edits)
    for _ in range(CONTEXT + 1):
        start = data.rfind(b"\n", 0, max(0, start - 1)) + 1 if start else 0
        end = (data.find(b"\n", end) + 1) or len(data)
    before, after = data[start:end], bytearray()
    position = start
    for edit_start, edit_end, replacement in edits:
        after += data[position:edit_start] + replacement.encode("utf-8", "surrogateescape")
        position = edit_end
    after += data[position:end]
    above = data.count(b"\n", 0, start)
    return _names(path) + b"".join(_hunks(lines(before), lines(bytes(after)), above))
