"""What GitHub has answered, on disk: resuming asks nothing twice, a later run asks "changed?".

One SQLite file. Each answer is kept, in the same transaction as its count, the moment it is
there; so a crawl that was killed is done again from its start and finds all that it had asked for.
A crawl that had come to its end begins a new run: then answers with an ETag are asked for on the
condition that they have changed, and what a commit or a blob holds is never asked for again.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError

NAME = "state.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, settings TEXT, ended INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, run INTEGER, fixed INTEGER, status INTEGER, etag TEXT, next TEXT,
  body BLOB
);
CREATE TABLE IF NOT EXISTS counts (run INTEGER, key TEXT, count REAL, PRIMARY KEY (run, key));
CREATE TABLE IF NOT EXISTS changes (
  id TEXT PRIMARY KEY, repo TEXT, path TEXT, time INTEGER, row BLOB
);
"""


@dataclass(frozen=True)
class Answer:
    """A response: its status, its body (empty unless 200), the address of the next page."""

    status: int
    body: bytes
    etag: str = ""
    next: str = ""


class State:
    """Opens the state at `path`, or one in memory for a dry run."""

    def __init__(self, path: Path | None, settings: str, fresh: bool = False) -> None:
        self._pending: dict[str, float] = {}
        try:
            self._base = sqlite3.connect(str(path) if path else ":memory:", timeout=10)
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.executescript(_TABLES)
            if fresh:
                with self._base:
                    self._base.execute("UPDATE runs SET ended = 1 WHERE settings = ?", (settings,))
            self.run, self.resumed = self._begin(settings)
        except sqlite3.DatabaseError as error:
            raise CodiError(f"damaged: {error}", "delete it to collect afresh", str(path)) from None

    def _begin(self, settings: str) -> tuple[int, bool]:
        find = "SELECT id FROM runs WHERE settings = ? AND ended = 0 ORDER BY id DESC"
        known = self._base.execute(find, (settings,)).fetchone()
        if known:
            return int(known[0]), True
        with self._base:
            made = self._base.execute("INSERT INTO runs (settings) VALUES (?)", (settings,))
        return int(made.lastrowid or 0), False

    def known(self, key: str) -> tuple[Answer, bool] | None:
        """The answer under the key, and True where it holds without asking again."""
        find = "SELECT run, fixed, status, etag, next, body FROM answers WHERE key = ?"
        row = self._base.execute(find, (key,)).fetchone()
        if row is None:
            return None
        run, fixed, status, etag, following, body = row
        holds = run == self.run or bool(fixed)
        return Answer(status, zlib.decompress(body), etag, following), holds

    def keep(self, key: str, answer: Answer, fixed: bool) -> None:
        """`fixed` is for what can never change: the content of a commit or of a blob."""
        row = (
            key, self.run, fixed and answer.status == 200, answer.status, answer.etag,
            answer.next, zlib.compress(answer.body),
        )  # fmt: skip
        with self._base:
            self._base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._flush()

    def count(self, key: str, amount: float = 1) -> None:
        """Add to a number of this run; on disk with the next answer."""
        self._pending[key] = self._pending.get(key, 0) + amount

    def _flush(self) -> None:
        add = (
            "INSERT INTO counts VALUES (?, ?, ?)"
            " ON CONFLICT (run, key) DO UPDATE SET count = count + excluded.count"
        )
        rows = [(self.run, key, amount) for key, amount in self._pending.items()]
        self._base.executemany(add, rows)
        self._pending.clear()

    def counts(self) -> Counter[str]:
        """What this run has counted, whole numbers rounded down."""
        with self._base:
            self._flush()
        found = self._base.execute("SELECT key, count FROM counts WHERE run = ?", (self.run,))
        return Counter({key: int(count) for key, count in found})

    def keep_change(self, row: Any) -> None:
        packed = zlib.compress(json.dumps(row, ensure_ascii=False).encode())
        values = (row["id"], row["repo"], row["path"], row["time"], packed)
        with self._base:
            self._base.execute("INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?)", values)

    def changes(self) -> Iterator[dict[str, Any]]:
        """All changes that were ever kept, in an order that does not depend on when."""
        order = "SELECT row FROM changes ORDER BY repo, path, time, id"
        for (packed,) in self._base.execute(order):
            yield json.loads(zlib.decompress(packed))

    def end(self) -> None:
        """The run has come to its end: the next one with these settings is a new one."""
        with self._base:
            self._flush()
            self._base.execute("UPDATE runs SET ended = 1 WHERE id = ?", (self.run,))

    def close(self) -> None:
        with self._base:
            self._flush()
        self._base.close()
