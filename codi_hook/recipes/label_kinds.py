"""What the value of a label may be, by the kind that a label schema gives it."""

from __future__ import annotations

import re

from codi_hook.patterns import pattern

# RFC 3986, section 3: scheme, authority with an optional numeric port, path, query, fragment.
_uri = pattern(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?://(?:[^@/?#\[\]]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^:/?#\[\]@]*)(?::\d*)?(?=[/?#]|\Z)|(?!//))"
    r"[^?#\[\]]*(?:\?[^#\[\]]*)?(?:#[^#\[\]]*)?\Z"
).match
_characters = pattern(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+\Z").match
_time = pattern(
    r"\s*(\d{2,})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d*)?(?:[Zz]|[+-]\d\d:?\d\d)\s*\Z"
).match
_hash = pattern(r"(?:[0-9a-f]{7,40}|[0-9a-f]{64})\Z").match

_semver = pattern(
    r"\d+\.\d+\.\d+(?:-[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*)?\Z",
    re.ASCII,
).match
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_COMMENT = r"(?:\s*\([^()]*\))?\s*"
# RFC 5322, section 3.4.1, with comments at the ends, as it allows.
_address = pattern(
    rf"\s*(?:{_ATOM}(?:\.{_ATOM})*|\"[^\"\\]*\"){_COMMENT}@"
    rf"(?:\[[^\[\]]*\]|{_DOMAIN}(?:\.{_DOMAIN})*\.?){_COMMENT}\Z"
).match
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_url(text: str) -> bool:
    return bool(_characters(text) and _uri(text))


def is_time(text: str) -> bool:
    match = _time(text)
    return match is not None and _exists(*[int(part) for part in match.groups()])


def _exists(year: int, month: int, day: int, hour: int, minute: int, second: int) -> bool:
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (month, day) != (2, 29) or leap if hour < 24 and minute < 60 and second <= 60 else False


def is_hash(text: str) -> bool:
    """40 digits of SHA-1, 64 of SHA-256, or an abbreviation, which git keeps at 7 or more."""
    return _hash(text) is not None


def is_semver(text: str) -> bool:
    return _semver(text) is not None


def is_email(text: str) -> bool:
    return _address(text) is not None


def is_licence(text: str) -> bool:
    from codi_hook.recipes.spdx import is_expression  # the list is loaded by those who need it

    return is_expression(text)


_FITS = {
    "email": is_email,
    "hash": is_hash,
    "rfc3339": is_time,
    "semver": is_semver,
    "spdx": is_licence,
    "url": is_url,
}


def fits(kind: str, text: str | None) -> bool:
    """Whether a value is of the kind. Any text is a text; None, a variable, is not judged."""
    return text is None or kind not in _FITS or _FITS[kind](text)
