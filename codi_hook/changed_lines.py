"""Which lines of a file are not in the version that a revision holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from codi_hook.git import content_at
from codi_hook.model import Finding


def on_changed_lines(
    path: str, revision: str, data: bytes, findings: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The findings in `data`, the content of the file at `path`, that touch a changed line.

    Compared is with the merge base of `revision` and HEAD; a file that it does not hold is new
    throughout. `data` need not be what is on the disk: fixes change it step by step.

    Raises:
        CodiError: git knows no such revision, or the file lies in no repository.
    """
    changed = changed_lines(_before(os.path.abspath(path), revision), data)
    kept = []
    for finding in findings:
        position = finding.document.source.position
        first = position(finding.span.start).line
        last = position(max(finding.span.start, finding.span.end - 1)).line
        if not changed.isdisjoint(range(first, last + 1)):
            kept.append(finding)
    return tuple(kept)


@lru_cache(maxsize=64)
def _before(path: str, revision: str) -> bytes | None:
    return content_at(path, revision)


def changed_lines(before: bytes | None, after: bytes) -> frozenset[int]:
    """The 1-based numbers of the lines of `after` that `before` lacks in that place."""
    new = after.splitlines()
    if before is None:
        return frozenset(range(1, len(new) + 1))
    old = before.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    from difflib import SequenceMatcher

    left, right = old[start : len(old) - end], new[start : len(new) - end]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    found: set[int] = set()
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag != "equal":
            found.update(range(start + first + 1, start + last + 1))
    return frozenset(found)
