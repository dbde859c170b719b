"""The standardise step: quality filters, and one file of every cluster of near-copies.

Files and the states before commits are compared by MinHash over five words at a time (datatrove's
blocks; 14 buckets of 8 hashes find a similarity of 0.8 with 92 %). Of a cluster of files one
stays: the one from the origin named first in `prefer`, then the smallest id. Changes all stay,
but know their cluster, so that `split` keeps copies apart from their originals.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from datatrove.data import Document as Text
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)
from datatrove.utils.hashing import HashConfig

from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.standardise.normal import Words, fault, normal
from trainer.steps import Each, Read, Row, Runner, Write, read, write

# SHA-1, not xxhash: the releases of xxhash since 4 take no text, which datatrove gives.
CONFIG = MinhashConfig(
    n_grams=5, num_buckets=14, hashes_per_bucket=8, seed=1, hash_config=HashConfig(hash_fc="sha1")
)
PREFERRED = ("modern", "github", "git", "hub")


class Texts(PipelineStep):  # type: ignore[misc]
    """Rows as datatrove's documents, by their normalised form."""

    type, name = "rows", "normal forms"

    def run(self, data: Iterable[Row], rank: int = 0, world_size: int = 1) -> Iterator[Text]:
        del rank, world_size
        for row in data:
            yield Text(text=row["normal"], id=row["id"])


def run(runner: Runner, prefer: Sequence[str] = PREFERRED) -> dict[str, int]:
    """Standardise the labelled files and the changes; returns the counts."""
    data, changes = runner.data, runner.folder("changes")
    good, work = data / "standard" / "normal", data / "standard" / "minhash"
    labelled, settings = runner.folder("labelled"), {"prefer": list(prefer)}
    counts = runner.run(
        "normalise",
        [Read(labelled, changes), Each(normalised), Write(good)],
        [labelled, changes],
        [good],
    )
    words = Words()
    runner.run(
        "minhash-signatures",
        [Read(good), Texts(), MinhashDedupSignature(str(work / "signatures"), CONFIG, words)],
        [good],
        [work / "signatures"],
    )
    buckets = MinhashDedupBuckets(
        str(work / "signatures"), str(work / "buckets"), config=CONFIG, lines_to_buffer=-1
    )
    made_of = [good]
    runner.run("minhash-buckets", [buckets], made_of, [work / "buckets"], CONFIG.num_buckets)
    cluster = MinhashDedupCluster(
        str(work / "buckets"), str(work / "clusters"), CONFIG, save_cluster_id=True
    )
    runner.run("minhash-clusters", [cluster], made_of, [work / "clusters"], 1)
    kept = data / "standard" / "kept"
    choice = Choose(good, work / "clusters", kept, prefer)
    runner.run("choose", [choice], made_of, [kept], 1, settings)
    files, commits = data / "standard" / "files", data / "standard" / "changes"
    last = runner.run(
        "standardise",
        [Keep(good, kept, files, commits)],
        [good, kept],
        [files, commits],
        settings=settings,
    )
    return {**counts, **last}


def normalised(row: Row, tally: Counter[str]) -> Iterator[Row]:
    """A row with its normalised form; none for what is not worth learning from."""
    change = "before" in row
    tally["changes in" if change else "files in"] += 1
    text = row["before"] if change else row["text"]
    document = parse(Source(text.encode("utf-8", "replace")))
    why = _change_fault(row, bool(document.problems)) if change else fault(row)
    if why:
        tally[f"dropped: {why}"] += 1
        return
    form = normal(document)
    yield {**row, "normal": form}


def _change_fault(row: Row, refused: bool) -> str:
    if refused or parse(Source(row["after"].encode("utf-8", "replace"))).problems:
        return "a change of what BuildKit refuses"
    return "a change of nothing" if row["before"] == row["after"] else ""


class Choose(PipelineStep):  # type: ignore[misc]
    """For every row in a cluster, the cluster and whether the row stays."""

    type, name = "rows", "one of every cluster"

    def __init__(self, good: Path, clusters: Path, kept: Path, prefer: Sequence[str]) -> None:
        super().__init__()
        self.good, self.clusters, self.kept = str(good), str(clusters), str(kept)
        self.prefer = list(prefer)

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:
        del data, rank, world_size
        members = _members(Path(self.clusters))
        best: dict[int, tuple[int, str]] = {}
        keys: dict[tuple[int, int], tuple[int, str]] = {}
        for task, path in enumerate(_shards(Path(self.good))):
            for number, row in enumerate(read(path)):
                cluster = members.get((task, number))
                if cluster is None or "before" in row:
                    continue
                origin = row.get("origin", "")
                place = self.prefer.index(origin) if origin in self.prefer else len(self.prefer)
                keys[task, number] = (place, row["id"])
                best[cluster] = min(best.get(cluster, (99, "")), (place, row["id"]))
        for task, _ in enumerate(_shards(Path(self.good))):
            mine = sorted((n, c) for (t, n), c in members.items() if t == task)
            rows = (
                {"row": n, "cluster": c, "stays": keys.get((task, n), best.get(c)) == best.get(c)}
                for n, c in mine
            )
            write(Path(self.kept) / f"{task:05d}.jsonl", rows)


class Keep(PipelineStep):  # type: ignore[misc]
    """Files and changes that stay, each with its cluster (its own id where it has no copies)."""

    type, name = "rows", "what stays"

    def __init__(self, good: Path, kept: Path, files: Path, changes: Path) -> None:
        super().__init__()
        self.good, self.kept = str(good), str(kept)
        self.files, self.changes = str(files), str(changes)

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:
        del data
        for task, path in enumerate(_shards(Path(self.good))):
            if task % world_size != rank:
                continue
            known = {one["row"]: one for one in read(Path(self.kept) / path.name)}
            rows = [self._row(row, known.get(number)) for number, row in enumerate(read(path))]
            stays = [row for row in rows if row is not None]
            write(Path(self.files) / path.name, (row for row in stays if "text" in row))
            write(Path(self.changes) / path.name, (row for row in stays if "before" in row))
            self.stat_update("files kept", value=sum("text" in row for row in stays))
            self.stat_update("changes kept", value=sum("before" in row for row in stays))

    def _row(self, row: Row, known: Row | None) -> Row | None:
        form = row.pop("normal")
        if known is not None and not known["stays"] and "text" in row:
            self.stat_update("dropped: a near-copy of another")
            return None
        cluster = f"c{known['cluster']}" if known else sha256(form.encode()).hexdigest()[:16]
        return {**row, "cluster": cluster}


def _shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _members(folder: Path) -> dict[tuple[int, int], int]:
    """(task, number of the row in it) → cluster, as datatrove's block has written them."""
    found = {}
    for path in sorted(folder.glob("*.clusters")):
        numbers = struct.iter_unpack("<2I", path.read_bytes())
        found.update({(int(path.stem), row): cluster for row, cluster in numbers})
    return found
