"""What can be counted without building: each figure is of the file, none is an estimate."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from codi_hook import registry
from codi_hook.dockerignore import clean, parse_ignore
from codi_hook.errors import CodiError
from codi_hook.lint import lint
from codi_hook.model import Document, Rule

FILLING = ("RUN", "COPY", "ADD")  # the instructions that always make a layer with files


def measure(document: Document, context: Path | None = None) -> dict[str, int]:
    """Counts of a Dockerfile that parses.

    layers (RUN, COPY and ADD of the last stage), stages, run_bytes (the text of all RUNs),
    codi_findings (rules that are on by default), and, where they can be known, hadolint_findings
    and context_bytes (files that COPY and ADD name, .dockerignore heeded).
    """
    stages = document.stages
    found = {
        "layers": sum(1 for _ in stages[-1].of(*FILLING)) if stages else 0,
        "stages": len(stages),
        "run_bytes": sum(len(item.span) for item in document.of("RUN")),
        "codi_findings": len(lint(document, _default_rules())),
    }
    hits = hadolint(document.source.data)
    if hits is not None:
        found["hadolint_findings"] = hits
    if context is not None:
        found["context_bytes"] = context_bytes(document, context)
    return found


def _default_rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in registry.rules() if rule.default)


def hadolint(data: bytes) -> int | None:
    """How much hadolint reports, without any configuration; None where it is not installed."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("hadolint") or shutil.which("hadolint", path=beside)
    if program is None:
        return None
    command = [program, "--no-fail", "--format", "json", "--config", os.devnull, "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)
    try:
        return len(json.loads(done.stdout))
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise CodiError(f"hadolint failed: {said or done.returncode}") from None


def context_bytes(document: Document, context: Path) -> int:
    """The bytes that the file copies out of its context, each file counted once."""
    sources = [
        clean(value)
        for item in document.of("COPY", "ADD")
        if item.flag("from") is None
        for value in item.values[:-1]
        if "://" not in value and not value.startswith("<<")
    ]
    return sum(size for path, size in _sent(context) if _named(path, sources))


def _sent(context: Path) -> Iterator[tuple[str, int]]:
    """Every file of the context that .dockerignore lets through, with its size."""
    ignore = context / ".dockerignore"
    text = ignore.read_text("utf-8", "replace") if ignore.is_file() else ""
    patterns = parse_ignore(text)
    for folder, _, names in os.walk(context):
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(context).as_posix()
            if patterns.decides(relative) is None and path.is_file():
                yield relative, path.stat().st_size


def _named(path: str, sources: Sequence[str]) -> bool:
    return any(
        one in ("", ".") or path == one or path.startswith(one + "/") or fnmatch(path, one)
        for one in sources
    )
