"""Rows parted into files by a hash of their repository, so that later steps run side by side.

Which shard a row goes to, and its place there, follow from the rows alone: the same rows give the
same bytes. Shards appear under their names when all of them are whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from codi_hook.models.files import sync


class Shards:
    """Writes ``<prefix>-00000.jsonl`` … in `folder`, in place of those of an earlier run.

    Used as a context: what was written counts where it ends without an exception.
    """

    def __init__(self, folder: Path, prefix: str, count: int) -> None:
        self.folder, self.prefix, self.count = folder, prefix, count
        self.rows = 0
        self._seen: set[bytes] = set()
        self._open = ExitStack()
        self._streams: list[IO[bytes]] = []

    def __enter__(self) -> Shards:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob(f".{self.prefix}-*.new"):  # of a run that was killed
            path.unlink(missing_ok=True)
        for number in range(self.count):
            self._streams.append(self._open.enter_context(open(self._new(number), "wb", 1 << 18)))
        return self

    def add(self, row: Mapping[str, Any]) -> bool:
        """Write a row; False where the same one (id, repository, path) is there already."""
        key = sha256("\0".join((row["id"], row["repo"], row["path"])).encode()).digest()[:16]
        if key in self._seen:
            return False
        self._seen.add(key)
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        self._streams[shard_of(row["repo"], self.count)].write(line.encode())
        self.rows += 1
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in self._streams:
            stream.flush()
            if kind is None and stream.tell():
                os.fsync(stream.fileno())
        self._open.close()
        if kind is None:
            self._install()
        for number in range(self.count):
            self._new(number).unlink(missing_ok=True)

    def _install(self) -> None:
        names = set()
        for number in range(self.count):
            new, name = self._new(number), f"{self.prefix}-{number:05d}.jsonl"
            if new.stat().st_size:
                new.replace(self.folder / name)
                names.add(name)
        numbered = re.compile(re.escape(self.prefix) + r"-\d{5}\.jsonl\Z")
        for path in self.folder.iterdir():  # of an earlier run that had more
            if numbered.match(path.name) and path.name not in names:
                path.unlink()
        sync(self.folder)

    def _new(self, number: int) -> Path:
        return self.folder / f".{self.prefix}-{number:05d}.new"


def shard_of(repo: str, count: int) -> int:
    """The shard of a repository; names that differ in case only are the same repository."""
    return int.from_bytes(sha256(repo.lower().encode()).digest()[:8], "big") % count
