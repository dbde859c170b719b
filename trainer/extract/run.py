"""The extract step: adds `scripts` to the rows of files whose context can be had.

Contexts are the clones that are named, and GitHub for rows that came from there. Rows of other
collections have none. A shard is replaced when all its rows are done, so a run that was killed is
done again; what GitHub has answered until then is not asked for again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models.files import install
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.collect import clones, github
from trainer.collect.client import Api, Unavailable
from trainer.collect.clock import Clock
from trainer.collect.clones import Clone
from trainer.collect.github import Gone
from trainer.collect.gitio import Blobs, GitFailed
from trainer.collect.state import NAME, State
from trainer.collect.wanted import Where
from trainer.extract.context import Context
from trainer.extract.used import LARGEST, scripts

Tell = Callable[[str], None]
Row = dict[str, Any]


def run(
    where: Where, paths: Sequence[Path], with_github: bool, tell: Tell, clock: Clock | None = None
) -> Counter[str]:
    """Add scripts to the rows of raw/; returns what was counted.

    Raises:
        CodiError: nothing was collected, a shard is damaged, GitHub is out of reach.
    """
    raw = where.data / "raw"
    shards = sorted(raw.glob("*.jsonl"))
    if not shards:
        raise CodiError("nothing was collected", "run codi-train collect first", str(raw))
    outcomes: Counter[str] = Counter()
    known = {clone.repo: clone for clone in clones.clones(paths)} if paths else {}
    with ExitStack() as stack:
        remote = None
        if with_github and any(shard.name.startswith("api-") for shard in shards):
            state = State(raw / NAME, json.dumps(["extract", where.url]))
            stack.callback(state.close)
            remote = Api(state, where.url, where.token, clock, tell, where.timeout)
            stack.enter_context(remote)
        for shard in shards:
            here = remote if shard.name.startswith("api-") else None
            _replace(shard, _rows(shard, known, here, tell, outcomes))
        if remote is not None and not outcomes["unavailable"]:
            remote.state.end()
    return outcomes


def _rows(
    shard: Path, known: dict[str, Clone], api: Api | None, tell: Tell, outcomes: Counter[str]
) -> Iterator[Row]:
    contexts = _Contexts(known, api)
    try:
        for row in _read(shard):
            try:
                context = contexts.of(row)
                found = scripts(_document(row), context) if context else None
            except (Gone, GitFailed) as why:
                outcomes[f"context: {why}"] += 1
                found = None
            except Unavailable as why:
                tell(f"{row['repo']}: {why}; run it again to go on")
                outcomes["unavailable"] += 1
                found = None
            if found is None:
                outcomes["files without a context: nothing can be extracted"] += 1
                yield row
                continue
            outcomes["files"] += 1
            outcomes["files with scripts"] += bool(found)
            outcomes["scripts"] += len(found)
            rest = {key: value for key, value in row.items() if key != "scripts"}
            yield {**rest, "scripts": found} if found else rest
    finally:
        contexts.close()


def _document(row: Row) -> Any:
    return parse(Source(row["text"].encode(), row["path"]))


class _Contexts:
    """The context of the row before is mostly that of the next one: it is kept."""

    def __init__(self, known: dict[str, Clone], api: Api | None) -> None:
        self._known, self._api = known, api
        self._last: tuple[str, str] | None = None
        self._context: Context | None = None
        self._open = ExitStack()

    def of(self, row: Row) -> Context | None:
        """The files beside the row's Dockerfile, or None where there are none to be had.

        Raises:
            Gone, GitFailed, Unavailable, CodiError.
        """
        repo, commit = row["repo"], row.get("commit", "")
        if not commit or (repo not in self._known and self._api is None):
            return None
        if self._last != (repo, commit):
            self.close()
            self._last, self._context = (repo, commit), None
            clone = self._known.get(repo)
            if clone is not None:
                self._context = self._cloned(clone, commit)
            elif self._api is not None:
                self._context = _fetched(self._api, repo, commit)
        return self._context

    def _cloned(self, clone: Clone, commit: str) -> Context:
        names = {entry.path: entry.blob for entry in clones.tree(clone, commit)}
        blobs = self._open.enter_context(Blobs(clone.folder, LARGEST))
        return Context(names, lambda path: blobs.read(names[path]))

    def close(self) -> None:
        self._open.close()


def _fetched(api: Api, repo: str, commit: str) -> Context:
    names = {path: (blob, size) for path, blob, size in github.tree(api, repo, commit)}

    def read(path: str) -> bytes | None:
        blob, size = names[path]
        if size > LARGEST:
            return None
        try:
            return github.blob(api, repo, blob).body
        except Gone:
            return None

    return Context(names, read)


def _read(path: Path) -> Iterator[Row]:
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = json.loads(line)
                if not all(isinstance(row[key], str) for key in ("repo", "path", "text")):
                    raise ValueError
            except (ValueError, KeyError, TypeError):
                raise CodiError("not a row of a file", "collect again", str(path), number) from None
            yield row


def _replace(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows in the place of the file's, at once."""
    new = path.with_name(f".{path.name}.new")
    try:
        with open(new, "wb") as stream:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
                stream.write(line.encode())
        install(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
