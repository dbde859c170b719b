"""Edits on bytes."""

from __future__ import annotations

from collections.abc import Iterable

from codi_hook.model import Edit
from codi_hook.source import encode


class BadEdits(ValueError):
    """An edit lies outside the file, or two of them overlap."""


def ordered(edits: Iterable[Edit], length: int) -> list[Edit]:
    """The edits by position. Two insertions at one offset keep the order they came in.

    Raises `BadEdits` for what `apply` could not do without guessing.
    """
    found = sorted(edits, key=lambda edit: edit.span)
    end = 0
    for edit in found:
        if edit.span.start < end or edit.span.start > edit.span.end or edit.span.end > length:
            raise BadEdits(f"edit of bytes {edit.span.start}-{edit.span.end} of {length}")
        end = edit.span.end
    return found


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """`data` with every edit made. Raises `BadEdits`."""
    parts = []
    at = 0
    for edit in ordered(edits, len(data)):
        parts += [data[at : edit.span.start], encode(edit.replacement)]
        at = edit.span.end
    parts.append(data[at:])
    return b"".join(parts)
