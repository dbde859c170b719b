"""The comma-separated options of ``RUN --mount`` and ``RUN --device``.

BuildKit reads most of a mount only when it builds, after filling in variables. What holds no
variable is judged here all the same, because the build is certain to refuse it; options whose
meaning a variable could change are left alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from codi_hook.patterns import pattern

MOUNT_TYPES = ("bind", "cache", "secret", "ssh", "tmpfs")
SHARING = ("locked", "private", "shared")
_ALIASES = {
    "src": "source", "dst": "target", "destination": "target", "ro": "readonly",
    "rw": "readwrite",
}  # fmt: skip
_KEYS = (
    "env", "from", "gid", "id", "mode", "readonly", "readwrite", "required", "sharing", "size",
    "source", "target", "type", "uid",
)  # fmt: skip
_BOOLEANS = frozenset(
    ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")
)
_ONLY_FOR = {
    "gid": ("cache", "secret", "ssh"),
    "mode": ("cache", "secret", "ssh"),
    "required": ("secret", "ssh"),
    "sharing": ("cache",),
    "size": ("tmpfs",),
    "uid": ("cache", "secret", "ssh"),
}
_VALUES = {
    "gid": (pattern(r"[0-9]+").fullmatch, "a number"),
    "mode": (pattern(r"[0-7]+").fullmatch, "octal digits, such as 0755"),
    "size": (pattern(r"[0-9]+(?:\.[0-9]+)* ?[kmgtp]?i?b?", re.I).fullmatch, "a size: 64m"),
    "uid": (pattern(r"[0-9]+").fullmatch, "a number"),
}
_csv = pattern(r'(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*').fullmatch
_field = pattern(r'"((?:[^"]|"")*)"|([^,]+)|(?<=,)(?=,|\Z)|\A(?=,)')
_variable = pattern(r"[$\\'\"]").search


class Wrong(NamedTuple):
    message: str
    hint: str


def mount_problem(text: str) -> Wrong | None:
    """Why BuildKit refuses the value of ``--mount``, or None."""
    fields = _fields(text)
    if fields is None:
        return Wrong("not a comma-separated list", "write type=cache,target=/path")
    options: dict[str, str | None] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        key = _ALIASES.get(key, key)
        if key == "from" and re.search(r"\$.", value, re.DOTALL):
            hint = "give the image a stage of its own: FROM $image AS name"
            return Wrong("from cannot hold a variable", hint)
        options[key] = value if equals else None
        if _variable(field):
            options["?"] = None
    return None if "?" in options else _check_mount(options)


def _check_mount(options: dict[str, str | None]) -> Wrong | None:
    kind = (options.get("type") or "bind").lower()
    if kind not in MOUNT_TYPES:
        return Wrong(f"unknown type {kind}", "one of " + ", ".join(MOUNT_TYPES))
    for key, value in options.items():
        if key not in _KEYS:
            return Wrong(f"unknown option {key}", "one of " + ", ".join(_KEYS))
        if kind not in _ONLY_FOR.get(key, MOUNT_TYPES):
            return Wrong(f"{key} is not for type {kind}", "for " + ", ".join(_ONLY_FOR[key]))
        if key in ("readonly", "readwrite", "required"):
            if value is not None and value not in _BOOLEANS:
                return Wrong(f"{key} cannot be {value}", "write true or false")
        elif value is None:
            return Wrong(f"{key} lacks its value", f"write {key}=…")
        elif key in _VALUES and not _VALUES[key][0](value):
            return Wrong(f"{key} cannot be {value}", _VALUES[key][1])
        elif key == "sharing" and value.lower() not in SHARING:
            return Wrong(f"unknown sharing {value}", "one of " + ", ".join(SHARING))
    return _check_secret(options) if kind == "secret" else None


def _check_secret(options: dict[str, str | None]) -> Wrong | None:
    if options.get("from"):
        return Wrong("a secret has no from", "remove it")
    if options.get("source") and options.get("id"):
        return Wrong("source and id name the same thing", "keep id")
    if not any(options.get(key) for key in ("id", "source", "target")):
        return Wrong("a secret needs an id", "write type=secret,id=name")
    return None


def device_problem(text: str) -> Wrong | None:
    """Why BuildKit refuses the value of ``--device``, or None."""
    fields = _fields(text)
    if fields is None:
        return Wrong("not a comma-separated list", "write name=vendor.com/class")
    named = False
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        if key == "required":
            if equals and value not in _BOOLEANS:
                return Wrong(f"required cannot be {value}", "write true or false")
        elif key == "name" and equals:
            if named:
                return Wrong("the device is named twice", "keep one name")
            named = bool(value)
        elif named:
            return Wrong(f"unknown option {field}", "name and required are known")
        else:
            named = bool(field)
    return None


def _fields(text: str) -> list[str] | None:
    """The fields of a CSV record, or None where it is none."""
    if not text or not _csv(text):
        return None
    if '"' not in text:
        return text.split(",")
    return [match[1].replace('""', '"') if match[1] is not None else match[2] or ""
            for match in _field.finditer(text)]  # fmt: skip
