"""What ShellCheck says of scripts, each asked about once: now, earlier, or in another run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from codi_hook.shellcheck.comments import Comments, Malformed, dumps, loads
from codi_hook.shellcheck.program import Broken, Program

if TYPE_CHECKING:
    from codi_hook.cache import Cache

BATCH_SCRIPTS = 100
BATCH_BYTES = 64 * 1024
LIMIT = 200_000  # answers in the cache; one takes 300 bytes
FORMAT = "1"  # of the cached text, and of which comments are left out
Warn = Callable[[str], None]


class Store:
    """Comments by script, for one run.

    `fill` asks about many scripts at once; `comments` asks about what it missed. Nothing here
    raises for what a script, the program or the cache does: `warn` is told, once for each kind.
    """

    def __init__(self, program: Program, cache: str, warn: Warn, jobs: int = 1) -> None:
        self._program = program
        self._cache = cache
        self._warn = warn
        self._jobs = jobs
        self._version = ""
        self._known: dict[str, Comments | None] = {}
        self._broken = False

    def comments(self, source: str) -> Comments | None:
        """What ShellCheck says of the script; None where it gave no answer."""
        if source not in self._known:
            self.fill([source])
        return self._known.get(source)

    def forget(self) -> None:
        """Let go of what the files so far needed."""
        self._known.clear()

    def fill(self, sources: Iterable[str]) -> None:
        """Know what ShellCheck says of all these scripts."""
        missing = [source for source in dict.fromkeys(sources) if source not in self._known]
        if not missing or self._broken:
            return
        from codi_hook.cache import Cache

        cache = Cache(self._cache, LIMIT, self._spoilt, "the cache of ShellCheck's answers")
        try:
            self._fill(missing, cache)
        except Broken as error:
            self._broken = True
            self._warn(f"ShellCheck is not used: {error}")
        finally:
            cache.close()

    def _spoilt(self, line: str) -> None:
        """The cache does not work: it is said once, and the run goes on without."""
        self._cache = ""
        self._warn(line)

    def _fill(self, missing: Sequence[str], cache: Cache) -> None:
        version = self._asked_version(cache)
        keys = {source: _key(version, source) for source in missing}
        unknown = []
        for source, key in keys.items():
            found = _cached(cache, key)
            if found is None:
                unknown.append(source)
            else:
                self._known[source] = found
        batches = list(_batches(unknown))
        for batch, answers in zip(batches, self._judge(batches), strict=True):
            for source, answer in zip(batch, answers, strict=True):
                self._known[source] = answer
                if answer is not None:
                    cache.put(keys[source], dumps(answer))
        lost = sum(1 for source in unknown if self._known[source] is None)
        if lost:
            self._warn(f"ShellCheck gave no answer for {lost} script{'s' * (lost != 1)}")

    def _asked_version(self, cache: Cache) -> str:
        """The program's version, which is asked for once for each installed file."""
        if not self._version:
            key = _key("version", self._program.stamp)
            known = cache.get(key)
            self._version = known or self._program.version()
            if not known:
                cache.put(key, self._version)
        return self._version

    def _judge(self, batches: list[list[str]]) -> list[list[Comments | None]]:
        if self._jobs < 2 or len(batches) < 2:
            return [self._program.judge(batch) for batch in batches]
        from codi_hook.forked import forked_map

        return forked_map(
            self._program.judge, batches, self._jobs, lambda batch, _: [None] * len(batch)
        )


def _key(version: str, source: str) -> bytes:
    from hashlib import sha256

    return sha256(f"{FORMAT}\0{version}\0{source}".encode("utf-8", "replace")).digest()


def _cached(cache: Cache, key: bytes) -> Comments | None:
    text = cache.get(key)
    if text is None:
        return None
    try:
        return loads(text)
    except Malformed:
        return None


def _batches(sources: Sequence[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    size = 0
    for source in sources:
        if batch and (len(batch) >= BATCH_SCRIPTS or size + len(source) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += len(source)
    if batch:
        yield batch
