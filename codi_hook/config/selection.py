"""Which rules run, by ruff's rules of selection.

Codes, names, aliases, prefixes ("DL3") and ALL select; the longer selector wins over the
shorter, and of two equally long ones the exclusion. A layer that selects starts anew; a layer
that does not adds to the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from codi_hook.config.settings import Selection
from codi_hook.model import Rule, Severity
from codi_hook.patterns import pattern

_FOREIGN = pattern(
    r"(DL|SC)\d{1,4}\Z", re.IGNORECASE
)  # hadolint's and ShellCheck's: fine to ignore


def choose(
    rules: Sequence[Rule],
    selections: Sequence[Selection] = (),
    severity: Mapping[str, Severity | None] | None = None,
    profile: str = "default",
) -> tuple[Rule, ...]:
    """The rules to run, in their order. CodiError for a selector that matches nothing."""
    chosen = {rule.code for rule in rules if profile in rule.profiles}
    for layer in selections:
        ranks: dict[str, tuple[int, bool]] = {}
        _mark(ranks, rules, layer.select or (), wanted=True, what="select")
        _mark(ranks, rules, layer.extend_select, wanted=True, what="extend-select")
        _mark(ranks, rules, layer.ignore, wanted=False, what="ignore")
        if layer.select is not None:
            chosen = set()
        for code, (_, wanted) in ranks.items():
            (chosen.add if wanted else chosen.discard)(code)
    off = [code for code, level in (severity or {}).items() if level is None]
    gone = {rule.code for rule in rules if any(called(rule, code) for code in off)}
    return tuple(rule for rule in rules if rule.code in chosen - gone)


def severities(
    rules: Sequence[Rule], severity: Mapping[str, Severity | None]
) -> dict[str, Severity]:
    """The overrides by code, whatever name they were given under."""
    found = {}
    for given, level in severity.items():
        codes = [rule.code for rule in rules if called(rule, given)]
        if not codes and not _FOREIGN.match(given):
            raise _unknown(rules, given, "severity")
        if level is not None:
            found.update(dict.fromkeys(codes, level))
    return found


def names(rule: Rule) -> tuple[str, ...]:
    return (rule.code, rule.name, *rule.aliases)


def called(rule: Rule, name: str) -> bool:
    """True where `name`, in any case, is the rule's code, name or alias."""
    return name.lower() in [known.lower() for known in names(rule)]


def _mark(
    ranks: dict[str, tuple[int, bool]],
    rules: Sequence[Rule],
    selectors: Sequence[str],
    *,
    wanted: bool,
    what: str,
) -> None:
    for selector in selectors:
        matched = _matches(rules, selector)
        if not matched and (wanted or not _FOREIGN.match(selector)):
            raise _unknown(rules, selector, what)
        for code, length in matched:
            if (length, not wanted) >= _order(ranks.get(code)):
                ranks[code] = (length, wanted)


def _order(rank: tuple[int, bool] | None) -> tuple[int, bool]:
    return (-1, False) if rank is None else (rank[0], not rank[1])


def _matches(rules: Sequence[Rule], selector: str) -> list[tuple[str, int]]:
    """(code, how exact) for every rule that `selector` means."""
    if selector.upper() == "ALL":
        return [(rule.code, 0) for rule in rules]
    exact = [(rule.code, 99) for rule in rules if called(rule, selector)]
    prefix = selector.upper()
    if exact or not re.match(r"[A-Z]+\d*\Z", prefix):
        return exact
    return [(rule.code, len(prefix)) for rule in rules if rule.code.startswith(prefix)]


def _unknown(rules: Sequence[Rule], selector: str, what: str) -> Exception:
    from codi_hook.config.suggest import unknown

    known = [name for rule in rules for name in names(rule)]
    return unknown(f"rule in {what}", selector, known)
