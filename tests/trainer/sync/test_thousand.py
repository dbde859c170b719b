"""1,000 objects to a real S3 service and back, killed and resumed in both directions."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.models import weed
from tests.trainer.sync import child

SMALL, LARGE = 997, 3
LARGE_SIZE = 20 << 20
PART = 8 << 20
PREFIX = "thousand"
PLACE = ("--bucket", weed.BUCKET, "--prefix", PREFIX)


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("thousand")


@pytest.fixture(scope="module")
def data(home: Path) -> Path:
    chance = random.Random(4)
    folder = home / "data"
    for index in range(SMALL):
        path = folder / f"shard-{index % 10}" / f"row {index} é.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(2000)))
    for index in range(LARGE):
        (folder / f"large-{index}.bin").write_bytes(chance.randbytes(LARGE_SIZE + index))
    return folder


@pytest.fixture(scope="module")
def pushes(endpoint: str, home: Path, data: Path) -> list[child.Run]:
    """Killed among the small files, killed among the parts, ended; then once more."""
    runs = []
    for kill_at, after in (("PutObject", 400), ("UploadPart", 4), ("", 1), ("", 1)):
        push = ("sync", "push", str(data), *PLACE, "--jobs", "4")
        runs.append(child.run(endpoint, home, *push, kill_at=kill_at, kill_after=after))
    return runs


def test_a_killed_push_goes_on_with_the_rest(data: Path, pushes: list[child.Run]) -> None:
    first, second, third, _ = pushes
    assert [one.status for one in pushes] == [child.KILLED, child.KILLED, 0, 0], third.errors
    # Up to four requests that the kill cut off may have reached the server all the same.
    assert SMALL - first.count("PutObject") <= second.count("PutObject") <= SMALL - 398
    assert third.count("PutObject") == 0 and third.count("PutObjectmanifest") == 1
    parts = LARGE * 3
    assert second.count("UploadPart") <= 8
    assert parts - 8 <= third.count("UploadPart") <= parts - 4
    assert second.count("CreateMultipartUpload") + third.count("CreateMultipartUpload") == LARGE
    assert third.sent < (parts - 3) * PART
    assert third.output.startswith(f"sent {LARGE - second.count(COMPLETE)} files, ")


COMPLETE = "CompleteMultipartUpload"


def test_nothing_changed_and_nothing_is_moved(pushes: list[child.Run]) -> None:
    last = pushes[-1]
    assert last.output == "sent 0 files, 0.0 MB; 1000 unchanged\n"
    assert set(last.operations) == {"GetObjectmanifest", "ListObjectsV2"}
    assert len(last.operations) <= 3 and last.sent == 0


def test_every_object_carries_its_digest(client: Any, data: Path, pushes: list[child.Run]) -> None:
    manifest = json.loads(
        client.get_object(Bucket=weed.BUCKET, Key=f"{PREFIX}/.codi-sync/manifest.json")[
            "Body"
        ].read()
    )
    wanted = tree(data)
    assert {name: row["sha256"] for name, row in manifest["objects"].items()} == wanted
    for name in ("large-0.bin", next(name for name in wanted if "é" in name)):
        head = client.head_object(Bucket=weed.BUCKET, Key=f"{PREFIX}/{name}")
        assert head["Metadata"]["sha256"] == wanted[name]
    assert client.head_object(Bucket=weed.BUCKET, Key=f"{PREFIX}/large-0.bin")["ETag"].endswith(
        '-3"'
    )
    begun = client.list_multipart_uploads(Bucket=weed.BUCKET).get("Uploads", ())
    assert not [one for one in begun if one["Key"].startswith(f"{PREFIX}/")]


@pytest.fixture(scope="module")
def pulled(
    endpoint: str, home: Path, data: Path, pushes: list[child.Run]
) -> Iterator[tuple[Path, list[child.Run], list[dict[str, str]]]]:
    """Killed after 30 MB, ended, and once more; what was under its own name after each run."""
    folder, runs, seen = home / "copy", [], []
    for kill_at, after in (("bytes", 30_000_000), ("", 1), ("", 1)):
        pull = ("sync", "pull", str(folder), *PLACE, "--jobs", "4")
        runs.append(child.run(endpoint, home, *pull, kill_at=kill_at, kill_after=after))
        seen.append({name: one for name, one in tree(folder).items() if ".codi-sync" not in name})
    yield folder, runs, seen


def test_a_killed_pull_goes_on_at_its_byte(
    data: Path, pulled: tuple[Path, list[child.Run], list[dict[str, str]]]
) -> None:
    folder, (first, second, third), (early, *_) = pulled
    assert (first.status, second.status, third.status) == (child.KILLED, 0, 0), second.errors
    wanted = tree(data)
    assert early.items() < wanted.items(), "no half file has a whole one's name"
    assert tree(folder) == wanted, "nor is anything else left"
    total = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    kept = total - second.received
    assert first.received - 4 * (1 << 20) <= kept <= first.received + 4 * (1 << 20)
    assert second.ranges and all(one.startswith("bytes=") for one in second.ranges)
    assert second.count("GetObject") <= len(wanted) - len(early)
    assert third.output == "fetched 0 files, 0.0 MB; 1000 unchanged\n"
    assert set(third.operations) == {"GetObjectmanifest", "ListObjectsV2"}
