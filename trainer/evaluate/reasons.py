"""How often the clause that is told fits, and whether what is told holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.evaluate import bootstrap, dataset
from trainer.evaluate.journal import Key
from trainer.rows import Explain

Answers = Mapping[Key, Mapping[str, Any]]


def clauses(
    rows: Sequence[Explain], answers: Answers, names: Sequence[str], seed: int
) -> dict[str, Any]:
    """How often the clause told first is the one labelled, overall and by how it was labelled.

    "first" tells the clause that the rule's author put first; "chance" is drawing one.
    """
    rows = [r for r in rows if all(("explain", r["id"], name) in answers for name in names)]
    found: dict[str, Any] = {}
    for how in ("", *sorted({row["how"] for row in rows})):
        chosen = [row for row in rows if how in ("", row["how"])]
        if chosen:
            found[how or "overall"] = _agreement(chosen, answers, names, seed)
    return found


def _agreement(
    rows: Sequence[Explain], answers: Answers, names: Sequence[str], seed: int
) -> dict[str, Any]:
    owners = [dataset.owner(row) for row in rows]
    right = {"first": np.asarray([row["label"] == 0 for row in rows], dtype=np.float64)}
    for name in names:
        right[name] = np.asarray(
            [answers["explain", row["id"], name]["clause"] == row["label"] for row in rows],
            dtype=np.float64,
        )
    found: dict[str, Any] = {
        "rows": len(rows),
        "chance": float(np.mean([1 / len(row["reasons"]) for row in rows])),
        "agreement": {
            name: bootstrap.mean(values, owners, seed).record() for name, values in right.items()
        },
    }
    if "adapter" in right:
        found["differences"] = {
            f"adapter-{other}": bootstrap.mean(right["adapter"] - values, owners, seed).record()
            for other, values in right.items()
            if other != "adapter"
        }
    return found


def told(answers: Answers, how: str) -> dict[str, Any]:
    """Of what was told: findings, sentences by source, and those with a problem."""
    sources: Counter[str] = Counter()
    bad: list[dict[str, Any]] = []
    doubts: Counter[str] = Counter()
    times = []
    lines = sorted((key, one) for key, one in answers.items() if key[0] == how)
    for _, one in lines:
        times.append(one["ms"])
        for said in one["sentences"]:
            sources[said["source"]] += 1
            if said["doubt"]:
                doubts[said["doubt"].split(" ")[0]] += 1
            if said["problem"]:
                bad.append({"rule": one["rule"], "row": one["row"], **said})
    total = sum(sources.values())
    found: dict[str, Any] = {
        "findings": len(lines),
        "sentences": total,
        "by": dict(sorted(sources.items())),
        "grounded": (total - len(bad)) / total if total else None,
        "problems": bad[:200],
        "doubts": dict(sorted(doubts.items())),
    }
    if times:
        median, late = np.percentile(times, [50, 95])
        found["latency_ms"] = {"median": float(median), "p95": float(late)}
    return found
