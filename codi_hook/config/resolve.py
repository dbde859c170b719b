"""One `Settings` from three layers: the command line before the environment before a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from codi_hook.config import files, schema
from codi_hook.config.settings import Selection, Settings
from codi_hook.errors import CodiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codi_hook.config.entry import Entry

_CHOICES = ("select", "extend-select", "ignore")


def resolve(
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    folder: str = ".",
    config: str = "",
    as_hadolint: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings of a run.

    Args:
        options: what the command line gave, by key; absent keys were not given.
        environment: usually os.environ.
        folder: where the search for a configuration starts.
        config: a configuration named by --config; "" searches, "none" reads none.
        as_hadolint: given where the call is one of hadolint's: what its options ask for, by our
            key. A configuration that is named is then of its kind, and its defaults hold.

    Raises:
        CodiError: something that was given is wrong; it names the file and position, the
            variable or the option.
    """
    file = None
    if config != "none":
        file = files.read(config) if config else files.find(folder)
    if file is not None and config and as_hadolint is not None:
        file = file._replace(kind="hadolint")
    from_file = _from_file(file) if file else {}
    theirs = as_hadolint is not None or _any_hadolint(environment)
    if (file is None or file.kind == "hadolint") and theirs:
        from codi_hook.config import hadolint

        defaults = hadolint.DEFAULTS if file is None else {}
        read = hadolint.read_environment(environment)
        from_file = _joined({**defaults, **from_file}, read)
    if as_hadolint is not None:
        from_file = _joined(from_file, as_hadolint)
    merged = {**from_file, **from_environment(environment), **options}
    notes = tuple(from_file.pop("notes", ()))
    fields = {
        schema.BY_NAME[name].field: value
        for name, value in merged.items()
        if name not in _CHOICES and name not in ("severity", "notes")
    }
    settings = Settings(
        selections=tuple(selections((from_file, options))),
        severity=tuple(from_file.get("severity", {}).items()),
        config_file=file.path if file else "",
        notes=notes,
        **fields,
    )
    if options.get("ranker") == "llm" and options.get("llm") is False:
        raise CodiError("--ranker llm and --no-llm exclude each other", "give one of them")
    return settings


def selections(layers: Iterable[Mapping[str, Any]]) -> Iterable[Selection]:
    for layer in layers:
        if any(name in layer for name in _CHOICES):
            yield Selection(
                layer.get("select"),
                tuple(layer.get("extend-select", ())),
                tuple(layer.get("ignore", ())),
            )


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Settings by key from the variables of the schema; an empty variable counts as unset."""
    found = {}
    for key in schema.KEYS:
        text = environment.get(key.env, "") if key.env else ""
        if not text:
            continue
        try:
            found[key.name] = schema.from_text(key, text)
        except ValueError as error:
            raise CodiError(f"{key.env}: {error}", "correct or unset the variable") from None
    return found


def _from_file(file: files.File) -> dict[str, Any]:
    if file.kind == "hadolint":
        from codi_hook.config import hadolint

        return hadolint.read(file)
    found: dict[str, Any] = {}
    for name, (key_entry, entry) in file.keys.items():
        key = schema.BY_NAME.get(name)
        if key is None or not key.file:
            raise _unknown_key(file.path, name, key_entry)
        try:
            found[name] = _value(key, entry, file.path)
        except ValueError as error:
            raise CodiError(
                f"{name}: {error}", f"this key {key.help[0].lower()}{key.help[1:]}",
                file.path, entry.line, entry.column,
            ) from None  # fmt: skip
    return found


def _unknown_key(path: str, name: str, entry: Entry) -> CodiError:
    if name in schema.BY_NAME:
        flag = schema.BY_NAME[name].flag
        return CodiError(
            f"{name!r} is for one call only", f"use {flag}", path, entry.line, entry.column
        )
    from codi_hook.config.suggest import unknown

    known = [key.name for key in schema.FILE_KEYS]
    return unknown("key", name, known, path, entry.line, entry.column)


def _value(key: schema.Key, entry: Entry, path: str) -> Any:
    if key.kind == "severities":
        if not isinstance(entry.value, dict):
            raise ValueError("expected a severity for each code")
        return {code: _level(code, item, path) for code, item in entry.value.items()}
    value = schema.from_value(key, entry.plain)
    if key.kind == "path" and value and value != "none":  # relative to the file that names it
        return os.path.join(os.path.dirname(path), os.path.expanduser(value))
    return value


def _level(code: str, entry: Entry, path: str) -> Any:
    value = "off" if entry.value is False else entry.value  # YAML 1.1 reads off as false
    try:
        return schema.severity(str(value))
    except ValueError as error:
        raise CodiError(
            f"{code}: {error}", "correct the value", path, entry.line, entry.column
        ) from None


def _any_hadolint(environment: Mapping[str, str]) -> bool:
    return any(name.startswith("HADOLINT_") for name in environment)


def _joined(first: dict[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """`second` over `first`, except that notes and severities add up."""
    joined = {**first, **second}
    joined["severity"] = {**first.get("severity", {}), **second.get("severity", {})}
    joined["notes"] = [*first.get("notes", ()), *second.get("notes", ())]
    return joined
