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


_FAMILY = pattern(r"SC\d{0,4}\Z", re.IGNORECASE)  # ShellCheck's codes or some of them


def choose(
    rules: Sequence[Rule],
    selections: Sequence[Selection] = (),
    severity: Mapping[str, Severity | None] | None = None,
    profile: str = "default",
) -> tuple[Rule, ...]:
    """The rules to run, in their order. CodiError for a selector that matches nothing.

    ShellCheck's rules are made when they are needed: a selector may name them, and this function
    may be asked about one of them alone.
    """
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
        codes = codes or [given.upper()]  # perhaps one of ShellCheck's
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
        if not matched and not _passes(selector, rules, wanted):
            raise _unknown(rules, selector, what)
        for code, length in matched:
            if (length, not wanted) >= _order(ranks.get(code)):
                ranks[code] = (length, wanted)


def _passes(selector: str, rules: Sequence[Rule], wanted: bool) -> bool:
    """Whether a selector may match nothing: one for ShellCheck's codes, one that leaves out what
    is no rule here, and any where the question is about one of ShellCheck's rules."""
    if all(rule.external for rule in rules) or _FAMILY.match(selector):
        return True
    return not wanted and _FOREIGN.match(selector) is not None


def names_family(profile: str, selections: Sequence[Selection]) -> bool:
    """Whether any of ShellCheck's rules may be chosen."""
    found = profile != "security"
    for layer in selections:
        if layer.select is not None:
            found = any(_family_or_all(item) for item in layer.select)
        found = found or any(_family_or_all(item) for item in layer.extend_select)
        if "SC" in [item.upper() for item in layer.ignore]:
            found = any(_FAMILY.match(i) for i in (*(layer.select or ()), *layer.extend_select))
    return found


def _family_or_all(selector: str) -> bool:
    return selector.upper() == "ALL" or _FAMILY.match(selector) is not None


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
