from __future__ import annotations

KNOWN: dict[int, tuple[str, str]] = {}
OFF: frozenset[int] = frozenset()
