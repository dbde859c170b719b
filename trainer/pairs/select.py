"""Of all pairs made a varied part: no template, no owner and no question too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datatrove.pipeline.base import PipelineStep

from trainer.steps import Row, read, write


class Select(PipelineStep):  # type: ignore[misc]
    """Parts the pairs by task and keeps a varied part of them, the smallest ids first.

    Of pairs with the same question one is kept (what a model is asked twice it would be trained
    on twice, and a copy could stand on both sides of a split). History goes before reversal: it
    is what people did without us. `weight` is how many pairs a kept one stands for, so that
    figures over what people really do can be had from what was kept.
    """

    type, name = "rows", "a varied part"

    def __init__(self, made: Path, targets: Sequence[Path], cap: int, owner_cap: int) -> None:
        super().__init__()
        self.made, self.targets = str(made), [str(target) for target in targets]
        self.cap, self.owner_cap = cap, owner_cap

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:
        del data, rank, world_size
        chosen = self._chosen()
        for target in map(Path, self.targets):
            for path in self._shards():
                rows = (row for row in read(path) if row["task"] == target.name)
                write(target / path.name, self._kept(rows, chosen))

    def _shards(self) -> list[Path]:
        return sorted(Path(self.made).glob("*.jsonl"))

    def _kept(self, rows: Iterator[Row], chosen: dict[str, float]) -> Iterator[Row]:
        for row in rows:
            weight = chosen.pop(row["id"], None)  # a row that two shards hold is kept once
            if weight is not None:
                self.stat_update(f"{row['task']} pairs kept")
                yield {**row, "weight": weight} if row["task"] == "rank" else row

    def _chosen(self) -> dict[str, float]:
        """The ids to keep, and how many pairs each stands for."""
        order = sorted({self._key(row) for path in self._shards() for row in read(path)})
        kept: dict[tuple[str, ...], list[str]] = {}
        made: Counter[tuple[str, ...]] = Counter()
        owners: Counter[tuple[str, ...]] = Counter()
        asked: set[int] = set()
        for _, identity, task, rule, template, owner, question in order:
            group = (task, rule, template)
            made[group] += 1
            if question in asked:
                self.stat_update(f"{task}: the same question")
                continue
            asked.add(question)
            own = (*group, owner)
            owners[own] += 1
            mine = kept.setdefault(group, [])
            if owners[own] > self.owner_cap or len(mine) >= self.cap:
                self.stat_update(f"{task}: more than enough alike")
            else:
                mine.append(identity)
        return {
            identity: round(made[group] / len(ids), 3)
            for group, ids in kept.items()
            for identity in ids
        }

    def _key(self, row: Row) -> tuple[int, str, str, str, str, str, int]:
        task = row["task"]
        template = row["source"]
        if task == "rank":
            template = row["candidates"][row["label"]]["id"]
        elif task == "explain":
            template = row["candidate"]["id"]
        asked = ("id",) if task == "other" else ("file", "finding", "body", "input")
        question = (task, *(row.get(key) for key in asked))
        place = 0 if row["source"] == "history" else 1
        owner = row["repo"].partition("/")[0]
        return place, row["id"], task, row["rule"], template, owner, _number(question)


def _number(value: object) -> int:
    """A number for a value; not `hash`, which differs from process to process."""
    from hashlib import sha256

    return int.from_bytes(sha256(repr(value).encode("utf-8", "replace")).digest()[:8], "big")
