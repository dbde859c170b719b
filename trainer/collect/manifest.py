"""What was collected, in numbers: ``raw/manifest.json``, one part for each source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codi_hook.models.errors import ModelError
from codi_hook.models.files import read_json, write_json

NAME = "manifest.json"
OWNERS = 1000  # named one by one; the rest is a number


def record(raw: Path, source: str, part: Mapping[str, Any]) -> Path:
    """Put the numbers of a source in the place of its earlier ones; returns the file."""
    path = raw / NAME
    raw.mkdir(parents=True, exist_ok=True)
    try:
        known = read_json(path) or {}
    except ModelError:
        known = {}  # damaged: it can be made again
    sources = known.get("sources")
    sources = sources if isinstance(sources, dict) else {}
    write_json(path, {"manifest": 1, "sources": {**sources, source: dict(part)}})
    return path


def owners(repos: Counter[str]) -> dict[str, int]:
    """Files by owner, the largest first; what is beyond `OWNERS` is summed up as "others"."""
    found: Counter[str] = Counter()
    for repo, count in repos.items():
        found[repo.partition("/")[0].lower()] += count
    named = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in named[OWNERS:])
    return dict(named[:OWNERS]) | ({"(others)": rest} if rest else {})


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
