"""What a `.hadolint.yaml` and the HADOLINT_* variables ask for, in our settings.

They are honoured where the project has no configuration of ours, so that hadolint can be
replaced without touching the repository: the profile is then "hadolint". Formats that we lack
are noted, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codi_hook.config.files import File
from codi_hook.config.schema import BY_NAME, SEVERITIES, from_value, labels, severity
from codi_hook.config.suggest import unknown
from codi_hook.errors import CodiError
from codi_hook.model import Severity

DEFAULTS = {"profile": "hadolint", "fail-on": Severity.INFO}  # its own
FORMATS = {
    "tty": "text",
    "json": "hadolint",
    "checkstyle": "",
    "codeclimate": "",
    "gitlab_codeclimate": "",
    "gnu": "text",
    "codacy": "",
    "sonarqube": "",
    "sarif": "",
    "junit": "",
}
KEYS = (
    "failure-threshold",
    "format",
    "ignored",
    "override",
    "no-fail",
    "no-color",
    "disable-ignore-pragma",
    "verbose",
    "trustedRegistries",
    "label-schema",
    "strict-labels",
)
ENVIRONMENT = {
    "HADOLINT_NOFAIL": "no-fail",
    "HADOLINT_FORMAT": "format",
    "HADOLINT_FAILURE_THRESHOLD": "failure-threshold",
    "HADOLINT_IGNORE": "ignored",
    "HADOLINT_DISABLE_IGNORE_PRAGMA": "disable-ignore-pragma",
    "HADOLINT_TRUSTED_REGISTRIES": "trustedRegistries",
    "HADOLINT_STRICT_LABELS": "strict-labels",
    "HADOLINT_REQUIRE_LABELS": "label-schema",
    **{f"HADOLINT_OVERRIDE_{level.upper()}": f"override.{level}" for level in SEVERITIES},
}
# Off in hadolint until a configuration gives them a severity.
OFF_UNTIL_GRADED = frozenset({"DL1001", "DL3057"})
# hadolint fails on every finding for "ignore" and "none" too.
THRESHOLDS = {**{name: name for name in SEVERITIES}, "ignore": "style", "none": "style"}


def read(file: File) -> dict[str, Any]:
    """Settings by our key, from the file; CodiError with a position where it is wrong."""
    settings: dict[str, Any] = dict(DEFAULTS)
    for name, (key, entry) in file.keys.items():
        if name not in KEYS:  # hadolint passes over them, so this is no error either
            problem = unknown("key", name, KEYS, file.path, key.line, key.column)
            settings.setdefault("notes", []).append(str(problem))
            continue
        try:
            _take(settings, name, entry.plain, file.path)
        except ValueError as error:
            at = (file.path, entry.line, entry.column)
            raise CodiError(f"{name}: {error}", "see hadolint's configuration", *at) from None
    return settings


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The same from HADOLINT_* variables."""
    settings: dict[str, Any] = {}
    for variable, name in ENVIRONMENT.items():
        text = environment.get(variable, "")
        if not text:
            continue
        value: Any = text
        if name in ("no-fail", "disable-ignore-pragma", "strict-labels"):
            value = text.strip().lower() in ("1", "y", "yes", "true", "on")
        elif name in ("ignored", "trustedRegistries", "label-schema") or "." in name:
            value = [part.strip() for part in text.split(",") if part.strip()]
        if "." in name:
            name, level = name.split(".")
            value = {level: value}
        try:
            _take(settings, name, value, variable)
        except ValueError as error:
            raise CodiError(f"{variable}: {error}", "see hadolint's configuration") from None
    return settings


def read_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same from hadolint's options, under the names of its configuration's keys."""
    settings: dict[str, Any] = {}
    for name, value in values.items():
        try:
            _take(settings, name, value, f"--{name}")
        except ValueError as error:
            raise CodiError(f"--{name}: {error}", "see codi-hook hadolint --help") from None
    return settings


def _take(settings: dict[str, Any], name: str, value: Any, origin: str) -> None:
    if name == "failure-threshold":
        if value not in THRESHOLDS:
            raise ValueError(f"expected one of {', '.join(THRESHOLDS)}, not {value!r}")
        settings["fail-on"] = severity(THRESHOLDS[value])
    elif name == "ignored":
        settings["ignore"] = _codes(value)
    elif name == "override":
        if not isinstance(value, dict) or not set(value) <= set(SEVERITIES):
            raise ValueError(f"expected lists of codes under {', '.join(SEVERITIES)}")
        levels = settings.setdefault("severity", {})
        for level, codes in value.items():
            levels.update(dict.fromkeys(_codes(codes), severity(level)))
        wanted = sorted(OFF_UNTIL_GRADED.intersection(levels))
        if wanted:
            settings["extend-select"] = tuple(wanted)
    elif name == "trustedRegistries":
        settings["trusted-registries"] = from_value(BY_NAME["trusted-registries"], value or [])
    elif name == "label-schema":
        settings["label-schema"] = _labels(value)
    elif name in ("no-fail", "no-color", "disable-ignore-pragma", "strict-labels"):
        if not isinstance(value, bool):
            raise ValueError("expected true or false")
        _switch(settings, name, value)
    elif name == "format":
        _format(settings, value, origin)


def _labels(value: Any) -> tuple[tuple[str, str], ...]:
    """A mapping in a file, NAME:KIND entries in a variable."""
    if isinstance(value, list):
        return labels(value)
    pairs: tuple[tuple[str, str], ...] = from_value(BY_NAME["label-schema"], value or {})
    return pairs


def _switch(settings: dict[str, Any], name: str, value: bool) -> None:
    if name == "no-fail":
        settings["exit-zero"] = value
    elif name == "no-color" and value:
        settings["color"] = "never"
    elif name == "strict-labels":
        settings["strict-labels"] = value
    elif name == "disable-ignore-pragma":
        settings["inline-ignores"] = not value


def _format(settings: dict[str, Any], value: Any, origin: str) -> None:
    if value not in FORMATS:
        raise ValueError(f"expected one of {', '.join(FORMATS)}, not {value!r}")
    if FORMATS[value]:
        settings["output-format"] = FORMATS[value]
    else:
        note = f"{origin}: format {value} is not honoured: the report is text"
        settings.setdefault("notes", []).append(note)


def _codes(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise ValueError("expected a list of codes")
    return tuple(value)
