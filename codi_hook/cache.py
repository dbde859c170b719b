"""Answers that were given before, in SQLite, shared by all runs of a user.

The key is the digest of everything that an answer depends on. A cache that is corrupt, locked
for long, read-only or on a full disk costs one warning and is then left alone: a cache may be
slow to help, but it never stops a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 2.0
DAY = 86_400
SCHEMA = """
create table if not exists answers (
    key blob primary key, answer text not null, used integer not null
) without rowid;
create index if not exists answers_used on answers (used);
"""


class Cache:
    """The open cache of one run: texts by digest, at most about `limit` of them.

    `warn` is told at most once, in one line that calls the cache `what`.
    """

    def __init__(
        self, path: str, limit: int, warn: Callable[[str], None], what: str = "the answer cache"
    ) -> None:
        self._path = path
        self._what = what
        self._limit = limit
        self._warn = warn
        self._known: dict[bytes, str] = {}  # of this run: equal questions need one answer
        self._new: dict[bytes, str] = {}
        self._seen: set[bytes] = set()
        self._connection: sqlite3.Connection | None = None
        if path:
            self._guard(self._open)

    def _guard(self, action: Callable[[], Any]) -> Any:
        import sqlite3

        try:
            return action()
        except (sqlite3.Error, OSError, ValueError) as error:
            self._warn(f"{self._path}: {self._what} is not used: {error}")
            self._drop()
            return None

    def _open(self) -> None:
        import os
        import sqlite3

        folder = os.path.dirname(os.path.abspath(self._path))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=normal")
        self._connection.executescript(SCHEMA)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            from contextlib import suppress

            with suppress(Exception):  # what failed has been said
                connection.close()

    def get(self, key: bytes) -> str | None:
        """The answer stored under a key."""
        if key in self._known or self._connection is None:
            return self._known.get(key)
        found: str | None = self._guard(lambda: self._read(key))
        return found

    def _read(self, key: bytes) -> str | None:
        import time

        assert self._connection is not None
        row = self._connection.execute(
            "select answer, used from answers where key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if row[1] < time.time() - DAY:
            self._seen.add(key)
        return str(row[0])

    def put(self, key: bytes, answer: str) -> None:
        """Remembers an answer; it is written at the next `flush`."""
        self._known[key] = answer
        if self._connection is not None:
            self._new[key] = answer

    def flush(self) -> None:
        """Writes what is new in one transaction and keeps the number of answers bounded."""
        if self._connection is not None and (self._new or self._seen):
            self._guard(self._write)

    def _write(self) -> None:
        import time

        connection, now = self._connection, int(time.time())
        assert connection is not None
        connection.execute("begin immediate")
        try:
            rows = [(k, text, now) for k, text in self._new.items()]
            connection.executemany("insert or replace into answers values (?, ?, ?)", rows)
            seen = [(now, k) for k in self._seen]
            connection.executemany("update answers set used = ? where key = ?", seen)
            self._evict(connection)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        self._new.clear()
        self._seen.clear()

    def _evict(self, connection: sqlite3.Connection) -> None:
        count = connection.execute("select count(*) from answers").fetchone()[0]
        if count > self._limit:
            surplus = count - self._limit + self._limit // 10
            connection.execute(
                "delete from answers where key in (select key from answers order by used limit ?)",
                (surplus,),
            )

    def close(self) -> None:
        self.flush()
        self._drop()
