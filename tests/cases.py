"""Cases of rules as data: what tests/rules/*.yaml and tests/combined/*.yaml may say.

A file holds a list of cases. In tests/rules each runs with the one rule that the file is named
after (`dl3004_no_sudo.yaml`), in tests/combined with every rule that is on by default.

name          what the case shows; unique in its file
source        the Dockerfile (`!!binary` where it is not UTF-8)
path          its path, where a rule looks at it (default "Dockerfile")
files         {path: content} of the build context, where a rule looks at it (default: none known)
settings      what rules read of the configuration: trusted-registries, label-schema, strict-labels
findings      ["line:column", …] of every finding; [] makes the case a no-op
messages      the messages of the findings (optional)
finding       the number of the finding that the following keys are about (default 1)
candidates    {template id: the whole file after it}, in the order in which they are offered;
              null for advice, which changes nothing
applicability {template id: safe | unsafe | display} (optional, for some or all of them)
rejected      {template id: reason} of templates that verification turns down (default none)
show          true puts the case on the rule's page

Cases in tests/combined have `name`, `source`, `path` and the files after `--fix` (`safe`) and
`--fix --unsafe-fixes` (`unsafe`); where one of them is missing, it equals the source.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from codi_hook.project import Context, Project
from codi_hook.shell import Document, parse
from codi_hook.source import Source, encode

TESTS = Path(__file__).resolve().parent
RULES = TESTS / "rules"
COMBINED = TESTS / "combined"


class CaseError(ValueError):
    """A case file says something that the format does not know."""


@dataclass(frozen=True)
class Case:
    name: str
    source: bytes
    findings: tuple[str, ...]
    path: str = "Dockerfile"
    files: dict[str, str] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    messages: tuple[str, ...] | None = None
    finding: int = 1
    candidates: dict[str, bytes | None] | None = None
    applicability: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    show: bool = False

    @contextmanager
    def document(self) -> Iterator[Document]:
        """The parsed source, its build context on the disk for as long as it is looked at."""
        schema = tuple(self.settings.get("label-schema", {}).items())
        registries = tuple(self.settings.get("trusted-registries", ()))
        strict = self.settings.get("strict-labels", False)
        with TemporaryDirectory() if self.files is not None else nullcontext("") as folder:
            for name, content in (self.files or {}).items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            context = Context(folder, os.path.join(folder, self.path)) if folder else None
            project = Project(registries, schema, strict, context)
            yield parse(Source(self.source, self.path), project)


@dataclass(frozen=True)
class Combined:
    name: str
    source: bytes
    safe: bytes
    unsafe: bytes
    path: str = "Dockerfile"


def case_file(code: str, name: str) -> Path:
    """Where the cases of the rule live: tests/rules/<code>_<slug>.yaml."""
    return RULES / f"{code.lower()}_{name.replace('-', '_')}.yaml"


def load(path: Path) -> tuple[Case, ...]:
    """The cases of one rule; raises CaseError on an unknown key or a wrong type."""
    return tuple(_case(path, entry) for entry in _entries(path, _names(Case)))


def load_combined(path: Path) -> tuple[Combined, ...]:
    found = []
    for entry in _entries(path, _names(Combined)):
        source = _bytes(entry["source"])
        files = {key: _bytes(entry.get(key, source)) for key in ("safe", "unsafe")}
        found.append(Combined(str(entry["name"]), source, path=_path(entry), **files))
    return tuple(found)


def all_combined() -> Iterator[tuple[Path, Combined]]:
    for path in sorted(COMBINED.glob("*.yaml")):
        for case in load_combined(path):
            yield path, case


def _case(path: Path, entry: dict[str, Any]) -> Case:
    where = f"{path.name}: {entry['name']}"
    findings = entry.get("findings")
    if not isinstance(findings, list) or not all(isinstance(item, str) for item in findings):
        raise CaseError(f'{where}: findings must be a list of quoted "line:column"')
    candidates = entry.get("candidates")
    if candidates is not None and not findings:
        raise CaseError(f"{where}: candidates without a finding")
    messages = entry.get("messages")
    return Case(
        name=str(entry["name"]),
        source=_bytes(entry["source"]),
        findings=tuple(findings),
        path=_path(entry),
        files=_mapping(entry, "files"),
        settings=_mapping(entry, "settings") or {},
        messages=None if messages is None else tuple(messages),
        finding=int(entry.get("finding", 1)),
        candidates=None if candidates is None else _files(candidates),
        applicability=dict(entry.get("applicability", {})),
        rejected=dict(entry.get("rejected", {})),
        show=bool(entry.get("show", False)),
    )


def _files(candidates: dict[str, Any]) -> dict[str, bytes | None]:
    return {key: None if text is None else _bytes(text) for key, text in candidates.items()}


def _entries(path: Path, known: set[str]) -> list[dict[str, Any]]:
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list) or not entries:
        raise CaseError(f"{path.name}: expected a list of cases")
    seen: set[str] = set()
    for entry in entries:
        if not isinstance(entry, dict) or not {"name", "source"} <= entry.keys():
            raise CaseError(f"{path.name}: every case needs name and source: {entry!r}")
        if unknown := entry.keys() - known:
            raise CaseError(f"{path.name}: {entry['name']}: unknown keys {sorted(unknown)}")
        if entry["name"] in seen:
            raise CaseError(f"{path.name}: two cases are named {entry['name']!r}")
        seen.add(entry["name"])
    return entries


def _names(kind: type) -> set[str]:
    return {item.name for item in fields(kind)}


def _path(entry: dict[str, Any]) -> str:
    return str(entry.get("path", "Dockerfile"))


def _mapping(entry: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, dict):
        raise CaseError(f"{entry['name']}: {key} must be a mapping")
    return value


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else encode(value)
