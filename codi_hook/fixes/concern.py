"""Which rules an edit concerns, told by the names that it touches (`Rule.triggers`, `Rule.reads`).

Sets of rules are bits of an integer: thousands of candidates ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from codi_hook.model import FRAMING, MEANING, Document, Finding, Rule


class Rules:
    """Rules by the names that they wait for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._bits = {rule.code: 1 << at for at, rule in enumerate(self.rules)}
        self.all = (1 << len(self.rules)) - 1
        self.local = self._where(lambda rule: rule.local)
        self._always = self._where(lambda rule: not rule.triggers)
        self._triggered: dict[str, int] = {}
        self._watching: dict[str, int] = {}
        for at, rule in enumerate(self.rules):
            for name in rule.triggers:
                self._triggered[name] = self._triggered.get(name, 0) | 1 << at
            for name in rule.triggers and rule.triggers + rule.reads:
                self._watching[name] = self._watching.get(name, 0) | 1 << at

    def _where(self, holds: Callable[[Rule], bool]) -> int:
        return sum(1 << at for at, rule in enumerate(self.rules) if holds(rule))

    def concerned(self, touched: Iterable[str]) -> int:
        """The rules whose findings an edit that touches these names may change."""
        found = self._always
        for name in touched:
            if name in FRAMING:
                return self.all
            if name in MEANING:
                found |= self.local
            found |= self._watching.get(name, 0)
        return found

    def triggered(self, names: Iterable[str]) -> int:
        """The rules that may find something where there are these names."""
        found = self._always
        for name in names:
            found |= self._triggered.get(name, 0)
        return found

    def check(self, document: Document, asked: int) -> Iterator[tuple[Rule, Finding]]:
        """What the rules of `asked` report."""
        for rule in self.of(asked):
            for finding in rule.check(document):
                yield rule, finding

    def of(self, chosen: int) -> Iterator[Rule]:
        while chosen:
            lowest = chosen & -chosen
            yield self.rules[lowest.bit_length() - 1]
            chosen ^= lowest

    def only(self, rule: Rule) -> int:
        """The rule alone; nothing where it is not among them."""
        return self._bits.get(rule.code, 0)


_last: list[Rules] = []  # the documents of a run are verified under the same rules


def indexed(rules: Sequence[Rule]) -> Rules:
    """The rules by name, kept for the next document."""
    if not _last or _last[0].rules is not rules:
        _last[:] = [Rules(rules)]
    return _last[0]
