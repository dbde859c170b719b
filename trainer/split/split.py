"""The split step: by owner, balanced over the stacks, near-copies never on both sides.

Owners are dealt out one stack at a time, in an order that a hash of the name decides, so that
every stack has its share of each part. Where a near-copy of a tested file was learned from, the
copy is dropped from what is learned, not the test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from datatrove.pipeline.base import PipelineStep

from codi_hook.models.files import write_json
from trainer.steps import Row, Runner, read, write

PARTS = ("test", "val", "train")  # the first has the first claim on a near-copy
SHARES = {"test": 0.1, "val": 0.06, "train": 0.84}
TASKS = ("rank", "explain")


def run(runner: Runner, shares: Mapping[str, float] = SHARES, salt: str = "1") -> dict[str, int]:
    """Split the pairs; writes splits/<part>/ and splits/statistics.json; returns the counts."""
    pairs = [runner.data / "pairs" / task for task in TASKS]
    target = runner.data / "splits"
    step = Split(runner.data / "pairs", target, shares, salt)
    settings = {"shares": dict(shares), "salt": salt}
    outputs = [target / part for part in PARTS]
    counts = runner.run("split", [step], pairs, outputs, 1, settings)
    write_json(target / "statistics.json", statistics(target))
    return counts


class Split(PipelineStep):  # type: ignore[misc]
    type, name = "rows", "parts"

    def __init__(self, pairs: Path, target: Path, shares: Mapping[str, float], salt: str) -> None:
        super().__init__()
        self.pairs, self.target = str(pairs), str(target)
        self.shares, self.salt = dict(shares), salt

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:
        del data, rank, world_size
        parts = dealt(self._stacks(), self.shares, self.salt)
        claims = self._claims(parts)
        for part in PARTS:
            target = Path(self.target) / part
            for path in self._shards():
                name = f"{path.parent.name}-{path.name}"
                write(target / name, self._of_part(path, part, parts, claims))

    def _of_part(
        self, path: Path, part: str, parts: dict[str, str], claims: dict[str, str]
    ) -> Iterator[Row]:
        for row in read(path):
            if parts[owner(row)] != part:
                continue
            if claims[row["cluster"]] != part:
                self.stat_update(f"{part}: a near-copy of what {claims[row['cluster']]} has")
                continue
            self.stat_update(f"{part} {row['task']}")
            yield row

    def _shards(self) -> list[Path]:
        return [
            path for task in TASKS for path in sorted((Path(self.pairs) / task).glob("*.jsonl"))
        ]

    def _stacks(self) -> dict[str, Counter[str]]:
        """How many rows each owner has of each stack."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for path in self._shards():
            for row in read(path):
                found[owner(row)][row["stack"]] += 1
        return found

    def _claims(self, parts: Mapping[str, str]) -> dict[str, str]:
        """Which part has each cluster: the first in PARTS that holds one of its files."""
        found: dict[str, str] = {}
        for path in self._shards():
            for row in read(path):
                part, cluster = parts[owner(row)], row["cluster"]
                known = found.setdefault(cluster, part)
                if PARTS.index(part) < PARTS.index(known):
                    found[cluster] = part
        return found


def owner(row: Mapping[str, Any]) -> str:
    """Who wrote it: the part of the repository's name before the slash, in lower case."""
    name: str = row["repo"]
    return name.partition("/")[0].lower()


def dealt(
    stacks: Mapping[str, Counter[str]], shares: Mapping[str, float], salt: str
) -> dict[str, str]:
    """The part of every owner. Within a stack, each owner goes to the part that is furthest
    behind its share, the owners with many rows first: they are the hardest to place."""
    by_stack: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for name, counts in stacks.items():
        main = max(sorted(counts), key=lambda stack: counts[stack])
        key = sha256(f"{salt}\0{name}".encode()).hexdigest()
        by_stack[main].append((-(counts.total() // 50), key, name))
    parts: dict[str, str] = {}
    for stack in sorted(by_stack):
        have: Counter[str] = Counter()
        for _, _, name in sorted(by_stack[stack]):
            size = stacks[name].total()
            total = have.total() + size
            part = max(PARTS, key=lambda one: (shares[one] * total - have[one], one))
            have[part] += size
            parts[name] = part
    return parts


def statistics(target: Path) -> dict[str, Any]:
    """Rows by part, task, source, rule and stack, and the owners of each part."""
    found: dict[str, Any] = {}
    for part in PARTS:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        owners: set[str] = set()
        for path in sorted((target / part).glob("*.jsonl")):
            for row in read(path):
                owners.add(owner(row))
                counts["task"][row["task"]] += 1
                if row["task"] == "rank":
                    for key in ("source", "rule", "stack"):
                        counts[key][row[key]] += 1
        found[part] = {"owners": len(owners)} | {
            key: dict(sorted(value.items())) for key, value in sorted(counts.items())
        }
    return found
