"""Configuration files, read into entries that remember where they stand.

`.codi-hook.yaml` (or `.yml`) comes before `[tool.codi-hook]` in pyproject.toml, and either
before `.hadolint.yaml` (or `.yml`); the nearest folder upwards wins, up to the repository's top.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, NamedTuple

from codi_hook.config.entry import Entry
from codi_hook.errors import CodiError

OURS = (".codi-hook.yaml", ".codi-hook.yml")
HADOLINT = (".hadolint.yaml", ".hadolint.yml")
# A configuration larger than this is none. Reading YAML takes some 25 µs a byte at worst.
LIMITS = {".toml": 1 << 20}  # bytes
LIMIT = 1 << 16


class File(NamedTuple):
    """A configuration file; `keys` maps each key to (the key's own entry, its value)."""

    path: str
    kind: str  # "ours" or "hadolint"
    keys: dict[str, tuple[Entry, Entry]]


def parents(folder: str) -> list[str]:
    """`folder` and the folders above it, up to the first that is the top of a repository."""
    folder, found = os.path.abspath(folder), []
    while True:
        found.append(folder)
        above = os.path.dirname(folder)
        if above == folder or os.path.lexists(os.path.join(folder, ".git")):
            return found
        folder = above


def find(folder: str) -> File | None:
    """The configuration that governs `folder`, or None."""
    folders = parents(folder)
    for candidate in folders:
        for name in OURS:
            if os.path.isfile(os.path.join(candidate, name)):
                return read(os.path.join(candidate, name))
        pyproject = os.path.join(candidate, "pyproject.toml")
        if os.path.isfile(pyproject) and b"codi-hook" in _bytes(pyproject):
            found = read(pyproject)
            if found.keys or found.kind == "ours":
                return found
    for candidate in folders:
        for name in HADOLINT:
            if os.path.isfile(os.path.join(candidate, name)):
                return read(os.path.join(candidate, name))
    return None


def read(path: str) -> File:
    """The file at `path`; its name says what it is (any other name is ours, in YAML)."""
    shown = os.path.relpath(path)
    data, name = _bytes(path), os.path.basename(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CodiError("not UTF-8", "save the file as UTF-8", shown, line) from None
    if name.endswith(".toml"):
        return _toml(shown, text, pyproject=name == "pyproject.toml")
    return File(shown, "hadolint" if name in HADOLINT else "ours", _yaml(shown, text))


def _bytes(path: str) -> bytes:
    shown = os.path.relpath(path)
    limit = LIMITS.get(os.path.splitext(path)[1], LIMIT)
    try:
        if not os.path.isfile(path):
            raise CodiError("no such configuration file", "check the path", shown)
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise CodiError(message, "check the file's permissions", shown) from None
    if len(data) > limit:
        message = f"larger than {limit >> 10} KiB"
        raise CodiError(message, "this is no configuration file", shown)
    return data


def _toml(path: str, text: str, pyproject: bool) -> File:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        message = str(error).split(" (at ")[0]
        line, column = (int(at[1]), int(at[2])) if at else (text.count("\n") + 1, 1)
        raise CodiError(message, "this is not TOML", path, line, column) from None
    header = "tool.codi-hook" if pyproject else ""
    if pyproject:
        table = table.get("tool", {})
        if not isinstance(table, dict) or "codi-hook" not in table:
            return File(path, "none", {})
        table = table["codi-hook"]
    if not isinstance(table, dict):
        raise CodiError(f"[{header}] is not a table", "write key = value under it", path, 1)
    keys = {}
    for key, value in table.items():
        line, column = _toml_position(text, header, key)
        keys[key] = (Entry(key, line, column), _entry(value, line, column))
    return File(path, "ours", keys)


def _entry(value: Any, line: int, column: int) -> Entry:
    if isinstance(value, dict):
        value = {key: _entry(item, line, column) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_entry(item, line, column) for item in value]
    return Entry(value, line, column)


def _toml_position(text: str, header: str, key: str) -> tuple[int, int]:
    """Where `key` is written in the table `header`; TOML's own parser keeps no positions."""
    name = r"[\"']?" + re.escape(key) + r"[\"']?"
    dotted = re.escape(header) + r"\." if header else ""
    inside = not header
    for number, line in enumerate(text.split("\n"), 1):
        heading = re.match(r"\s*\[\[?\s*([^]]*?)\s*\]", line)
        if heading:
            title = re.sub(r"[\s\"']", "", heading[1])
            inside = title == header
            if title == (f"{header}.{key}" if header else key) or title.startswith(
                f"{header}.{key}." if header else f"{key}."
            ):
                return number, line.index("[") + 1
            continue
        found = re.match(rf"\s*({dotted})?({name})\s*[.=]", line)
        if found and (inside or found[1]):
            return number, found.start(2) + 1
    return 1, 1


def _yaml(path: str, text: str) -> dict[str, tuple[Entry, Entry]]:
    from codi_hook.config import yamlfile  # only a YAML file pays for the library

    return yamlfile.load(path, text)
