"""Finds the rules. Nothing is listed by hand: a rule exists because its file does."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib import import_module

from codi_hook import rules as package
from codi_hook.model import Rule

_module_name = re.compile(r"([a-z]+\d+)_([a-z0-9_]+)\.py\Z").match
PARSE_ERROR = "CODI000"  # the rule that reports what BuildKit refuses


class RegistryError(RuntimeError):
    """Two rules share a name, or a file does not hold the rule that its name promises."""


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules, ordered by code. Raises `RegistryError` for a duplicate or a wrong name."""
    found: list[Rule] = []
    for entry in sorted(os.listdir(package.__path__[0])):
        match = _module_name(entry)
        if match is None:
            continue
        rule = import_module(f"{package.__name__}.{entry[:-3]}").RULE
        if rule.code.lower() != match[1]:
            raise RegistryError(f"{entry} holds {rule.code}")
        if rule.name.replace("-", "_") != match[2]:
            raise RegistryError(f"{entry} holds a rule named {rule.name}")
        found.append(rule)
    _index(found)
    return tuple(found)


def _index(found: list[Rule]) -> dict[str, tuple[Rule, ...]]:
    """Rules by what they are called. A code and a name belong to one rule; another tool's check,
    the alias, may be several of ours."""
    own: dict[str, Rule] = {}
    for rule in found:
        for name in (rule.code, rule.name):
            if own.setdefault(name.lower(), rule) is not rule:
                raise RegistryError(f"{name} names {rule.code} and {own[name.lower()].code}")
    by_name: dict[str, tuple[Rule, ...]] = {name: (rule,) for name, rule in own.items()}
    for rule in found:
        for name in rule.aliases:
            if (owner := own.get(name.lower(), rule)) is not rule:
                raise RegistryError(f"{name} names {rule.code} and {owner.code}")
            others = by_name.get(name.lower(), ())
            if rule not in others:
                by_name[name.lower()] = (*others, rule)
    return by_name


@lru_cache(maxsize=1)
def by_name() -> dict[str, tuple[Rule, ...]]:
    """Rules by code, name and alias, all in lower case; an alias may stand for several."""
    return _index(list(rules()))


def find(name: str) -> Rule:
    """The rule with that code, name or alias, in any case; the first of several. KeyError."""
    return find_all(name)[0]


def find_all(name: str) -> tuple[Rule, ...]:
    """The rules with that code, name or alias, in any case, by code. Raises KeyError.

    ShellCheck's codes are rules of a family, which are made when they are asked for.
    """
    if name[:2].upper() == "SC":
        from codi_hook.shellcheck.family import rule

        found = rule(name)
        if found is not None:
            return (found,)
    return by_name()[name.lower()]
