"""Every setting once: its key in a file, its option, its environment variable, its kind.

The command line (the fast parser and click alike), the environment, `.codi-hook.yaml` and
`[tool.codi-hook]` are all read by this table, and docs/configuration.md is checked against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from codi_hook.model import PROFILES, Severity
from codi_hook.reporting import names

SEVERITIES = ("error", "warning", "info", "style")
FORMATS = names()


class Key(NamedTuple):
    """One setting. `kind` is bool, str, path, int, float, list, labels, severity or severities.

    `flag` is the option; "" where there is none. `off` is the option that switches a bool off.
    `file` is False for what belongs to one call and never to a project.
    """

    name: str
    kind: str
    help: str
    flag: str = ""
    off: str = ""
    env: str = ""
    choices: tuple[str, ...] = ()
    metavar: str = ""
    minimum: float = 0
    file: bool = True

    @property
    def repeats(self) -> bool:
        """Whether the option may be given more than once, and adds up."""
        return self.kind in ("list", "labels")

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")


# What a label's value may have to be, in hadolint's terms.
LABEL_KINDS = ("text", "rawtext", "url", "semver", "hash", "rfc3339", "spdx", "email")

KEYS: tuple[Key, ...] = (
    Key(
        "profile",
        "str",
        "The set of rules to start from.",
        "--profile",
        choices=PROFILES,
    ),
    Key(
        "select",
        "list",
        "Rules to run: codes, names, prefixes or ALL.",
        "--select",
        metavar="CODES",
    ),
    Key(
        "extend-select",
        "list",
        "Rules to run besides the selected ones.",
        "--extend-select",
        metavar="CODES",
    ),
    Key("ignore", "list", "Rules to leave out.", "--ignore", metavar="CODES"),
    Key("severity", "severities", "A rule's severity by its code; off switches it off."),
    Key(
        "fail-on",
        "severity",
        "Exit with 1 from this severity on (none: never).",
        "--fail-on",
        choices=(*SEVERITIES, "none"),
    ),
    Key("exclude", "list", "Globs of paths to leave out of folders.", "--exclude", metavar="GLOBS"),
    Key(
        "context",
        "path",
        "The build context (default: the folder of each Dockerfile).",
        "--context",
        metavar="FOLDER",
    ),
    Key(
        "trusted-registries",
        "list",
        "Registries that FROM may name, * for any part; none given: all.",
        "--trusted-registry",
        metavar="HOSTS",
    ),
    Key(
        "label-schema",
        "labels",
        "The labels that an image needs, each as NAME:KIND.",
        "--require-label",
        metavar="NAME:KIND",
    ),
    Key(
        "strict-labels",
        "bool",
        "Report labels that the label schema does not name.",
        "--strict-labels",
        "--no-strict-labels",
    ),
    Key(
        "inline-ignores",
        "bool",
        "Honour ignore comments in the file.",
        "--inline-ignores",
        "--no-inline-ignores",
    ),
    Key(
        "shellcheck",
        "bool",
        "Have ShellCheck look at the scripts of RUN (default: where it is installed).",
        "--shellcheck",
        "--no-shellcheck",
    ),
    Key("fix", "bool", "Apply the best safe candidate of every finding.", "--fix", "--no-fix"),
    Key(
        "unsafe-fixes",
        "bool",
        "Let --fix and --diff apply unsafe candidates too.",
        "--unsafe-fixes",
        "--no-unsafe-fixes",
    ),
    Key("diff", "bool", "Print what --fix would change, and write nothing.", "--diff", file=False),
    Key(
        "candidates",
        "bool",
        "Make and verify candidates (without them: findings only).",
        "--candidates",
        "--no-candidates",
    ),
    Key(
        "ranker",
        "str",
        "What orders the candidates of a finding.",
        "--ranker",
        choices=("auto", "order", "prior", "llm"),
    ),
    Key(
        "llm",
        "bool",
        "Use the local model where one is installed.",
        "--llm",
        "--no-llm",
        "LLM_ENABLED",
    ),
    Key(
        "rationale",
        "str",
        "How reasons are made: by rules, composed by the model, or written freely by it.",
        "--rationale",
        choices=("composed", "free", "rule"),
    ),
    Key(
        "llm-endpoint",
        "str",
        "A llama.cpp server to use in place of a model in this process.",
        "--llm-endpoint",
        env="LLM_ENDPOINT",
        metavar="URL",
    ),
    Key(
        "model",
        "str",
        "The base model: an id of `codi-hook model list`, or a GGUF file.",
        "--model",
        env="CODE_MODEL",
        metavar="ID|FILE",
    ),
    Key(
        "adapter",
        "path",
        "The adapter's folder or GGUF file; `none` for the base alone. Unset, the one that ships "
        "and is promoted for the base.",
        "--adapter",
        env="ADAPTER_PATH",
        metavar="PATH",
    ),
    Key(
        "model-path",
        "path",
        "The folder where models are stored.",
        "--model-path",
        env="MODEL_MOUNT_PATH",
        metavar="FOLDER",
    ),
    Key(
        "threads",
        "int",
        "Threads of inference (0: one for each physical core).",
        "--threads",
        env="LLAMA_CPP_THREADS",
        metavar="N",
    ),
    Key(
        "llm-timeout",
        "float",
        "Seconds of inference for the whole run.",
        "--llm-timeout",
        env="LLM_TIMEOUT_SECONDS",
        metavar="SECONDS",
    ),
    Key(
        "allowlist",
        "list",
        "Hosts that the endpoint may name besides loopback.",
        "--allowlist",
        env="AIRGAP_ALLOWLIST",
        metavar="HOSTS",
    ),
    Key("cache", "bool", "Keep the model's answers for the next run.", "--cache", "--no-cache"),
    Key("output-format", "str", "The report's format.", "--output-format", choices=FORMATS),
    Key(
        "color",
        "str",
        "When to colour the text report.",
        "--color",
        choices=("auto", "always", "never"),
    ),
    Key(
        "statistics",
        "bool",
        "Count the findings of each rule in place of listing them.",
        "--statistics",
        file=False,
    ),
    Key(
        "exit-zero", "bool", "Exit with 0 also when there are findings.", "--exit-zero", file=False
    ),
    Key(
        "audit-file",
        "path",
        "Write the audit record here.",
        "--audit-file",
        metavar="FILE",
    ),
    Key(
        "jobs",
        "int",
        "Processes that check files (0: as many as pay).",
        "--jobs",
        metavar="N",
    ),
    Key(
        "changed-since",
        "str",
        "Only files that differ from the merge base with this revision.",
        "--changed-since",
        metavar="REF",
        file=False,
    ),
    Key(
        "changed-lines",
        "str",
        "Only findings on lines that differ from the merge base with this revision.",
        "--changed-lines",
        metavar="REF",
        file=False,
    ),
    Key(
        "baseline",
        "path",
        "Leave out the findings that this file holds.",
        "--baseline",
        metavar="FILE",
    ),
    Key(
        "write-baseline",
        "bool",
        "Write the findings to the baseline, and report none.",
        "--write-baseline",
        file=False,
    ),
)

BY_NAME = {key.name: key for key in KEYS}
FILE_KEYS = tuple(key for key in KEYS if key.file)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def from_text(key: Key, text: str) -> Any:
    """The value of an option or environment variable; ValueError says what is expected."""
    if key.kind == "bool":
        return _boolean(text)
    if key.kind == "list":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if key.kind == "labels":
        return labels(part.strip() for part in text.split(",") if part.strip())
    if key.kind in ("int", "float"):
        return _number(key, text)
    return check(key, text)


def from_value(key: Key, value: Any) -> Any:
    """The value of a key in a file, already a bool, number, string or list of strings."""
    if key.kind == "bool":
        if isinstance(value, bool):
            return value
        raise ValueError("expected true or false")
    if key.kind == "list":
        if isinstance(value, str):
            return from_text(key, value)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ValueError("expected a list of strings")
    if key.kind == "labels":
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ValueError("expected a kind for each label")
        return labels(f"{name}:{kind}" for name, kind in value.items())
    if key.kind in ("int", "float"):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(key, str(value))
        raise ValueError("expected a number")
    if not isinstance(value, str):
        raise ValueError("expected a string")
    return check(key, value)


def check(key: Key, text: str) -> Any:
    if key.choices and text not in key.choices:
        raise ValueError(f"expected one of {', '.join(key.choices)}, not {text!r}")
    if "\0" in text:
        raise ValueError("holds a NUL byte")
    return severity(text) if key.kind == "severity" else text


def labels(entries: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(label, kind) pairs from NAME:KIND; ValueError for a kind that nobody knows. A label
    without a kind may be any text, as in hadolint."""
    found = {}
    for entry in entries:
        name, colon, kind = entry.rpartition(":")
        name, kind = (name, kind.lower() or "text") if colon else (kind, "text")
        if not name or kind not in LABEL_KINDS:
            raise ValueError(f"expected NAME:KIND with a KIND of {', '.join(LABEL_KINDS)}")
        found[name] = kind
    return tuple(found.items())


def severity(text: str) -> Severity | None:
    """The severity of that name; None for "none" and "off"."""
    if text in ("none", "off"):
        return None
    if text not in SEVERITIES:
        raise ValueError(f"expected one of {', '.join(SEVERITIES)} or off, not {text!r}")
    return Severity[text.upper()]


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(f"expected true or false, not {text!r}")


def _number(key: Key, text: str) -> float:
    try:
        number = int(text) if key.kind == "int" else float(text)
    except ValueError:
        wanted = "a whole number" if key.kind == "int" else "a number"
        raise ValueError(f"expected {wanted}, not {text!r}") from None
    if not key.minimum <= number < 1e9:
        raise ValueError(f"expected a number from {key.minimum:g} on, not {text!r}")
    return number
