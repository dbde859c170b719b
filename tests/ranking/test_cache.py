from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codi_hook.ranking.cache import Cache, key
from codi_hook.ranking.prompt import Question

QUESTION = Question("file\n", "finding\n", "body", (0, 1))


class Told(list[str]):
    def __call__(self, line: str) -> None:
        self.append(line)


def cache(path: Path, limit: int = 1000) -> tuple[Cache, Told]:
    told = Told()
    return Cache(str(path), limit, told), told


def test_an_answer_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answers.sqlite"
    first, told = cache(path)
    first.put(b"k", "1.0 2.0")
    assert first.get(b"k") == "1.0 2.0", "before it is written"
    first.close()
    again, _ = cache(path)
    assert again.get(b"k") == "1.0 2.0"
    assert again.get(b"other") is None
    again.close()
    assert told == []


def test_the_key_is_of_all_that_matters() -> None:
    keys = {
        key(QUESTION, "base"),
        key(QUESTION, "base+adapter"),
        key(Question("file2\n", "finding\n", "body", (0, 1)), "base"),
        key(Question("file\n", "finding2\n", "body", (0, 1)), "base"),
        key(Question("file\n", "finding\n", "body2", (0, 1)), "base"),
    }
    assert len(keys) == 5


def test_the_prompt_version_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(QUESTION, "base")
    monkeypatch.setattr("codi_hook.ranking.cache.PROMPT_VERSION", "next")
    assert key(QUESTION, "base") != before


def test_the_size_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    full, _ = cache(path, limit=20)
    for i in range(20):
        full.put(b"old%d" % i, "1")
    full.close()
    with sqlite3.connect(path) as connection:
        connection.execute("update answers set used = 1000")
    full, told = cache(path, limit=20)
    assert full.get(b"old7") == "1", "which makes it young again"
    full.put(b"new", "1")
    full.flush()
    assert full.get(b"new") == full.get(b"old7") == "1"
    full.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("select count(*) from answers").fetchone()[0] <= 20
    assert told == []


def no_cache(path: Path) -> str:
    """Uses a cache that cannot work; the one line that it says."""
    broken, told = cache(path)
    assert broken.get(b"k") is None
    broken.put(b"k", "1.0")
    broken.flush()
    broken.put(b"l", "1.0")
    assert broken.get(b"l") == "1.0", "what this run knows it keeps"
    broken.close()
    assert len(told) == 1, told
    assert told[0].startswith(f"{path}: the answer cache is not used: ")
    return told[0]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"not a database, but text\n" * 100)
    assert "not a database" in no_cache(path)
    assert path.read_bytes().startswith(b"not a database"), "what it is stays"


def test_a_corrupt_database(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    good, _ = cache(path)
    for i in range(2000):
        good.put(b"%d" % i, "1.0 2.0")
    good.close()
    data = bytearray(path.read_bytes())
    data[4096 : len(data)] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    no_cache(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    no_cache(tmp_path / "file" / "answers.sqlite")


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    no_cache(tmp_path)


CHILD = """
import sys
from codi_hook.ranking.cache import Cache
told = []
cache = Cache(sys.argv[1], 100000, told.append)
for i in range(int(sys.argv[2])):
    cache.put(b"%s-%d" % (sys.argv[3].encode(), i), "1.0 " * 50)
    if i % 10 == 0:
        cache.flush()
cache.close()
print("\\n".join(told))
"""


def child(path: Path, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(count), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_full_disk(tmp_path: Path) -> None:
    # What a write gets on a full disk, for this child alone: files may not grow beyond 64 KiB.
    path = tmp_path / "answers.sqlite"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    try:
        running = child(path, 2000, "x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert out.count("the answer cache is not used") == 1, out
    assert "Traceback" not in out
    after, told = cache(path)
    assert after.get(b"x-0") is not None, "what was written before is intact"
    after.close()
    assert told == []


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    running = [child(path, 300, name) for name in ("a", "b")]
    for process in running:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out.strip()) == (0, "")
    both, told = cache(path)
    assert all(both.get(b"%s-%d" % (n, i)) for n in (b"a", b"b") for i in range(300))
    both.close()
    assert told == []


def test_a_killed_writer_leaves_a_sound_cache(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    running = child(path, 10_000_000, "k")
    timer = threading.Event()
    while not path.exists() and running.poll() is None:
        timer.wait(0.01)
    timer.wait(0.5)
    running.kill()
    running.communicate(timeout=60)
    after, told = cache(path)
    after.put(b"more", "1.0")
    after.close()
    assert told == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_locked_cache_does_not_stop_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codi_hook.cache.BUSY_SECONDS", 0.1)
    path = tmp_path / "answers.sqlite"
    first, _ = cache(path)
    first.put(b"k", "1.0")
    first.close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin immediate")
    busy, told = cache(path)
    assert busy.get(b"k") == "1.0", "reading needs no lock"
    busy.put(b"l", "1.0")
    busy.close()
    holder.execute("rollback")
    holder.close()
    assert len(told) == 1
    assert "locked" in told[0]
