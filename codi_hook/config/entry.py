"""A value of a configuration file that remembers where it stands."""

from __future__ import annotations

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A value and its 1-based position; mappings and lists hold entries again."""

    value: Any
    line: int
    column: int

    @property
    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {key: entry.plain for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain for entry in self.value]
        return self.value
