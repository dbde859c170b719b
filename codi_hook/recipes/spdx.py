"""SPDX licence expressions: which are valid, and which identifier a loose name may mean."""

from __future__ import annotations

import re
from functools import lru_cache

from codi_hook.patterns import pattern
from codi_hook.recipes import spdx_data

_token = pattern(r"\s*(\(|\)|[A-Za-z0-9][A-Za-z0-9.:-]*\+?)")
_reference = pattern(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+\Z").match
# Words of a licence's full name that its identifier lacks.
_filler = pattern(
    r"\b(?:the|licen[cs]e|version|public|software)\b|(?<=gpl)v\.?(?=\d)|\bv\.?(?=\d)|[\s,()-]+"
)
# Names that are in use for a family of licences, by what is left of them without fillers.
_LOOSE = {
    "gpl2": ("GPL-2.0-only", "GPL-2.0-or-later"),
    "gpl3": ("GPL-3.0-only", "GPL-3.0-or-later"),
    "lgpl2.1": ("LGPL-2.1-only", "LGPL-2.1-or-later"),
    "lgpl3": ("LGPL-3.0-only", "LGPL-3.0-or-later"),
    "agpl3": ("AGPL-3.0-only", "AGPL-3.0-or-later"),
    "apache2": ("Apache-2.0",),
    "bsd": ("BSD-3-Clause", "BSD-2-Clause"),
    "newbsd": ("BSD-3-Clause",),
    "bsd3clause": ("BSD-3-Clause",),
    "bsd2clause": ("BSD-2-Clause",),
    "mpl2": ("MPL-2.0",),
    "mozilla2": ("MPL-2.0",),
    "mit": ("MIT",),
}


@lru_cache(maxsize=1)
def current() -> frozenset[str]:
    return frozenset(spdx_data.CURRENT.split())


@lru_cache(maxsize=1)
def _by_folded() -> dict[str, str]:
    return {name.lower(): name for name in (*current(), *spdx_data.EXCEPTIONS.split())}


def is_expression(text: str) -> bool:
    """True for one identifier, and for several joined by AND, OR and WITH, as SPDX has them."""
    if text in current():
        return True
    tokens = _tokens(text)
    return bool(tokens) and _whole(tokens)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _token.match(text, at)
        if match is None:
            return []
        found.append(match[1])
        at = match.end()
    return found


def _whole(tokens: list[str]) -> bool:
    """Whether operands and operators take turns, and the brackets close."""
    exceptions = set(spdx_data.EXCEPTIONS.split())
    depth, wanted = 0, "operand"
    for token in tokens:
        if wanted == "operand" and token == "(":
            depth += 1
        elif wanted == "operand" and _is_licence(token):
            wanted = "operator"
        elif wanted == "operator" and token == ")" and depth:
            depth -= 1
        elif wanted == "operator" and token in ("AND", "OR"):
            wanted = "operand"
        elif wanted == "operator" and token == "WITH":
            wanted = "exception"
        elif wanted == "exception" and token in exceptions:
            wanted = "operator"
        else:
            return False
    return not depth and wanted == "operator"


def _is_licence(token: str) -> bool:
    plain = token.removesuffix("+")
    if plain != token and "GPL-" in plain:  # replaced by -or-later
        return False
    return plain in current() or _reference(token) is not None


def canonical(text: str) -> str | None:
    """The expression with its identifiers in SPDX's own capitals, where that makes it valid."""
    known = _by_folded()
    words = re.split(r"([\s()]+)", text)
    fixed = "".join([known.get(word.lower(), _operator(word)) for word in words])
    return fixed if fixed != text and is_expression(fixed) else None


def _operator(word: str) -> str:
    return word.upper() if word.lower() in ("and", "or", "with") else word


def successors(text: str) -> tuple[str, ...]:
    """What replaces a deprecated GNU identifier: two, where the old one left it open."""
    folded = text.lower().removesuffix("+")
    for name in spdx_data.DEPRECATED.split():
        if name.lower() == folded and f"{name}-only" in current():
            later = f"{name}-or-later"
            return (later,) if text.endswith("+") else (f"{name}-only", later)
    return ()


def meant(text: str) -> tuple[str, ...]:
    """The identifiers that a name such as "Apache License, Version 2.0" may stand for."""
    left = text.lower().replace("gnu general", "gpl").replace("gnu lesser general", "lgpl")
    left = _filler.sub("", left)
    left = re.sub(r"^gnu(?=a?l?gpl)", "", re.sub(r"\.0\Z", "", left))
    return _LOOSE.get(re.sub(r"(?<=gpl)v(?=\d)", "", left), ())
