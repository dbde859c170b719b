"""Rows of a collection that exists as JSON Lines, plain or gzip, one shard set for each file.

Rows of files have `path`, `text` and `repo`; rows of changes `before` and `after` in place of
`text`. A collection that holds the files of many repositories names them in its paths,
``data/<first letter>/<owner>/<name>/<path>``: such a row is of that owner's repository, because
what is learned from and what is tested are parted by owner.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from codi_hook.errors import CodiError
from trainer.collect import manifest
from trainer.collect.making import (
    LARGEST,
    change_row,
    file_row,
    name_refused,
    refused_text,
    stack_of,
)
from trainer.collect.shards import Shards
from trainer.rows import Change, File

LONGEST_LINE = 16 * LARGEST  # a text of 1 MiB, each character of it escaped, and one more
_nested = re.compile(r"data/([^/]+)/([^/]+)/([^/]+)/(.+)", re.DOTALL).fullmatch
Tell = Callable[[str], None]


class Bad(ValueError):
    """A line that makes no row; says why in a few words."""


@dataclass
class Numbers:
    """What became of the rows of one collection."""

    outcomes: Counter[str] = field(default_factory=Counter)
    repos: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)  # the first ones, with their line


def run(
    data: Path,
    paths: Sequence[Path],
    shards: int,
    stacks: frozenset[str],
    tell: Tell,
    origin: str = "",
) -> Numbers:
    """Part the rows of the files into shards under raw/ and changes/.

    Raises:
        CodiError: a file cannot be read, or two would have the same name.
    """
    names = [origin_of(path) for path in paths]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise CodiError(f"two collections are called {twice!r}", "give one file another name")
    total = Numbers()
    for path, name in zip(paths, names, strict=True):
        found = _one(data, path, name, origin or name, shards, stacks)
        for line in found.bad:
            tell(line)
        part = {
            "origin": origin or name,
            "outcomes": manifest.counted(found.outcomes),
            "owners": manifest.owners(found.repos),
            "bad": found.bad,
        }
        manifest.record(data / "raw", f"jsonl-{name}", part)
        total.outcomes += found.outcomes
        total.repos += found.repos
    return total


def origin_of(path: Path) -> str:
    """The name of a collection: that of its file, up to the first dot."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", path.name.partition(".")[0])[:80] or "jsonl"


def _one(
    data: Path, path: Path, name: str, origin: str, shards: int, stacks: frozenset[str]
) -> Numbers:
    found = Numbers()
    with ExitStack() as both:
        files = both.enter_context(Shards(data / "raw", f"jsonl-{name}", shards))
        changes = both.enter_context(Shards(data / "changes", f"jsonl-{name}", shards))
        for number, line in _lines(path):
            try:
                row = row_of(line, origin)
            except Bad as why:
                found.outcomes[f"bad: {why}"] += 1
                if len(found.bad) < 20:
                    found.bad.append(f"{path.name}:{number}: {why}")
                continue
            is_file = "text" in row
            if stacks and stack_of(str(row.get("text", row.get("after")))) not in stacks:
                found.outcomes["another stack"] += 1
            elif not (files if is_file else changes).add(row):
                found.outcomes["twice"] += 1
            else:
                found.outcomes["files" if is_file else "changes"] += 1
                found.repos[row["repo"]] += 1
    return found


def row_of(line: bytes, origin: str) -> File | Change:
    """The row that a line holds.

    Raises:
        Bad: it holds none.
    """
    if len(line) > LONGEST_LINE:
        raise Bad("line too long")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise Bad("not JSON") from None
    if not isinstance(row, dict):
        raise Bad("not a JSON object")
    repo, path = _place(_text(row, "repo"), _text(row, "path"))
    if why := name_refused(path) or name_refused(repo):
        raise Bad(why)
    commit = _text(row, "commit") if row.get("commit") else ""
    if "text" in row:
        return file_row(origin, repo, path, _content(row, "text"), commit)
    if not commit:
        raise Bad("neither a text nor a commit")
    when = row.get("time", 0)
    if not isinstance(when, int) or isinstance(when, bool):
        raise Bad("time is no number of seconds")
    texts = _content(row, "before"), _content(row, "after")
    subject = row.get("subject", "")
    if not isinstance(subject, str) or refused_text(subject or "-"):
        raise Bad("subject is no text")
    return change_row(origin, (repo, path, commit), when, subject, texts)


def _place(repo: str, path: str) -> tuple[str, str]:
    nested = _nested(path)
    if nested and nested[2][0].lower() == nested[1].lower():
        return f"{nested[2]}/{nested[3]}", nested[4]
    return repo, path


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise Bad(f"{key} is missing or no text")
    return value


def _content(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise Bad(f"{key} is missing or no text")
    if why := refused_text(value):
        raise Bad(f"{key}: {why}")
    return value


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers; of one that is too long only the beginning."""
    try:
        with _opened(path) as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                rest = line
                while rest and not rest.endswith(b"\n") and len(rest) > LONGEST_LINE:
                    rest = stream.readline(LONGEST_LINE + 1)
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CodiError(f"cannot be read: {reason}", "", str(path)) from None


def _opened(path: Path) -> IO[bytes]:
    with open(path, "rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")  # type: ignore[return-value]
