"""File modes as chmod reads them, octal or symbolic."""

from __future__ import annotations

import re

from codi_hook.patterns import pattern

_octal = pattern(r"[0-7]{3,4}\Z").match
_clause = pattern(r"([ugoa]*)([+=])([rwxXst]+)\Z").match


def is_octal(mode: str) -> bool:
    return _octal(mode) is not None


def for_everybody(mode: str) -> bool:
    """True for a mode that lets others write, but for one with the sticky bit."""
    if _octal(mode):
        return bool(int(mode[-1]) & 2) and not (len(mode) == 4 and int(mode[0]) & 1)
    clauses = [_clause(part) for part in mode.split(",")]
    if any(clause is None or "t" in clause[3] for clause in clauses):
        return False
    return any(_reaches_others(clause) for clause in clauses if clause)


def _reaches_others(clause: re.Match[str]) -> bool:
    who, _, rights = clause.groups()
    return "w" in rights and ("o" in who or "a" in who)


def without_others(mode: str) -> str:
    """The mode without the right to write for the group and for others."""
    return _narrow(mode, "go")


def writable_by_group(mode: str) -> str:
    """The mode without the right to write for others, the group's like the owner's."""
    return _narrow(mode, "o")


def _narrow(mode: str, whom: str) -> str:
    if _octal(mode):
        digits = [int(digit) for digit in mode]
        digits[-1] &= 5
        digits[-2] = digits[-2] & 5 if "g" in whom else digits[-3]
        return "".join(map(str, digits))
    parts = []
    for part in mode.split(","):
        clause = _clause(part)
        if clause is None or not _reaches_others(clause):
            parts.append(part)
            continue
        who, operator, rights = clause.groups()
        allowed = "".join(one for one in "ugo" if one in who or "a" in who)
        keeping = "".join(one for one in allowed if one not in whom) or "u"
        losing = "".join(one for one in allowed if one in whom)
        rest = rights.replace("w", "")
        parts.append(f"{keeping}{operator}{rights}")
        if rest and losing:
            parts.append(f"{losing}{operator}{rest}")
    return ",".join(parts)
