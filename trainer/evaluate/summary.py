"""From answers to metrics: overall, per rule, per stack and per source, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codi_hook.frozen import dataclass
from trainer.evaluate import bootstrap, dataset, metrics, reasons
from trainer.evaluate.journal import Key
from trainer.evaluate.metrics import Array
from trainer.evaluate.systems import MODELS
from trainer.rows import Explain, Rank

Answers = Mapping[Key, Mapping[str, Any]]
COMPARED = (
    ("adapter", "order"), ("adapter", "prior"), ("adapter", "base"),
    ("prior", "order"), ("base", "order"),
)  # fmt: skip
DIFFERENCES = ("top1", "mrr", "ndcg", "pairwise")
STACK_LEAST = 10  # rows: with fewer, a stack neither wins nor loses
SETTLED = 0.95  # share of a rule's questions whose authors chose its most frequent template
GROUPS: dict[str, Callable[[Rank], str]] = {
    "rules": lambda row: row["rule"],
    "stacks": lambda row: row["stack"],
    "sources": lambda row: row["source"],
}


@dataclass(frozen=True)
class Table:
    """One system's answers to some rows, row by row."""

    values: dict[str, Array]
    ranks: Array
    predictions: tuple[Mapping[str, Any], ...]
    labels: tuple[int, ...]

    def some(self, chosen: Sequence[int]) -> Table:
        return Table(
            {name: values[chosen] for name, values in self.values.items()},
            self.ranks[chosen],
            tuple(self.predictions[at] for at in chosen),
            tuple(self.labels[at] for at in chosen),
        )


def summarise(
    rank: Sequence[Rank],
    explain: Sequence[Explain],
    answers: Answers,
    names: Sequence[str],
    seed: int = 0,
) -> dict[str, Any]:
    """Everything in metrics.json that follows from rows and answers.

    Only rows that every system answered count, so that all are compared on the same ones.
    """
    rows = [r for r in rank if all(("rank", r["id"], name) in answers for name in names)]
    found = [_summary_of_rank(rows, answers, names, seed)] if rows else []
    return {
        "evaluated": len(rows),
        "owners": len({dataset.owner(row) for row in rows}),
        **(found[0] if found else {"systems": {}, "differences": {}, "stacks_won": {}}),
        "explain": reasons.clauses(
            explain, answers, [name for name in names if name in MODELS], seed
        ),
        "sentences": {how: reasons.told(answers, how) for how in ("composed", "free")},
    }


def _summary_of_rank(
    rows: Sequence[Rank], answers: Answers, names: Sequence[str], seed: int
) -> dict[str, Any]:
    tables = {name: table(rows, [answers["rank", r["id"], name] for r in rows]) for name in names}
    owners = [dataset.owner(row) for row in rows]
    everything = list(range(len(rows)))
    contested = contested_rules(rows)
    kinds = {**GROUPS, "variety": lambda row: contested[row["rule"]]}
    groups = {name: _grouped(rows, by) for name, by in kinds.items()}
    pairs = [(a, b) for a, b in COMPARED if a in tables and b in tables]

    def compared(a: str, b: str, chosen: Sequence[int]) -> dict[str, Any]:
        mine, theirs = tables[a].some(chosen), tables[b].some(chosen)
        return difference(mine, theirs, [owners[at] for at in chosen], seed)

    return {
        "systems": {
            name: {
                "overall": {**measures(one), **reliability(one)},
                **{
                    group: {key: measures(one.some(chosen)) for key, chosen in members.items()}
                    for group, members in groups.items()
                },
            }
            for name, one in tables.items()
        },
        "differences": {
            f"{a}-{b}": {
                "overall": compared(a, b, everything),
                **{
                    group: {key: compared(a, b, chosen) for key, chosen in members.items()}
                    for group, members in groups.items()
                },
            }
            for a, b in pairs
        },
        "stacks_won": {
            f"{a}-{b}": stacks_won(tables[a], tables[b], groups["stacks"]) for a, b in pairs
        },
    }


def contested_rules(rows: Sequence[Rank]) -> dict[str, str]:
    """Each rule as "contested" or "settled": settled where nearly all authors chose one template.

    On settled rules there is nothing to learn that frequencies do not know.
    """
    chosen: dict[str, Counter[str]] = {}
    for row in rows:
        template = row["candidates"][row["label"]]["id"]
        chosen.setdefault(row["rule"], Counter())[template] += 1
    return {
        rule: "settled" if max(seen.values()) >= SETTLED * sum(seen.values()) else "contested"
        for rule, seen in chosen.items()
    }


def _grouped(rows: Sequence[Rank], by: Callable[[Rank], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        found.setdefault(by(row), []).append(at)
    return dict(sorted(found.items()))


def table(rows: Sequence[Rank], predictions: Sequence[Mapping[str, Any]]) -> Table:
    """The metrics of each row, by the candidates' order as it is shown."""
    labels = tuple(row["label"] for row in rows)
    ranks = np.asarray(
        [p["order"].index(label) + 1 for p, label in zip(predictions, labels, strict=True)],
        dtype=np.float64,
    )
    counts = np.asarray([len(p["order"]) for p in predictions], dtype=np.float64)
    values = {
        "top1": metrics.top1(ranks),
        "mrr": metrics.reciprocal(ranks),
        "ndcg": metrics.ndcg(ranks),
        "pairwise": metrics.pairwise(ranks, counts),
    }
    return Table(values, ranks, tuple(predictions), labels)


def measures(one: Table) -> dict[str, Any]:
    """The means over a table, and what its confidences are worth where it has any.

    `ece` is over 15 bins of equal width, the headline; `ece_equal_mass` over as many of equal
    size. Both are about the candidate shown first. `confident` counts the rows with confidences.
    """
    found: dict[str, Any] = {"rows": len(one.ranks)}
    found.update({name: float(values.mean()) for name, values in one.values.items()})
    found.update(_probabilities(one))
    times = [p["ms"] for p in one.predictions if p.get("ms") is not None]
    if times:
        median, late = np.percentile(times, [50, 95])
        found["latency_ms"] = {"median": float(median), "p95": float(late), "count": len(times)}
    found["by"] = dict(sorted(Counter(p["by"] for p in one.predictions).items()))
    return found


def _confident(one: Table) -> list[int]:
    return [at for at, p in enumerate(one.predictions) if p["confidences"] is not None]


def _probabilities(one: Table) -> dict[str, Any]:
    chosen = _confident(one)
    if not chosen:
        return {"confident": 0}
    shares = [one.predictions[at]["confidences"] for at in chosen]
    places = [int(one.ranks[at]) - 1 for at in chosen]
    sure, right = _first(one, chosen)
    return {
        "confident": len(chosen),
        "ece": metrics.calibration_error(metrics.bins(sure, right)),
        "ece_equal_mass": metrics.calibration_error(metrics.bins(sure, right, equal_mass=True)),
        "brier": float(metrics.brier(shares, places).mean()),
        "log_loss": float(metrics.log_loss(shares, places).mean()),
    }


def _first(one: Table, chosen: Sequence[int]) -> tuple[Array, Array]:
    """The confidence in the candidate shown first, and whether it was right."""
    sure = np.asarray([one.predictions[at]["confidences"][0] for at in chosen], dtype=np.float64)
    return sure, one.values["top1"][list(chosen)]


def reliability(one: Table) -> dict[str, Any]:
    """The reliability diagrams, for the report."""
    chosen = _confident(one)
    if not chosen:
        return {}
    sure, right = _first(one, chosen)
    return {
        "bins": metrics.bins(sure, right),
        "bins_equal_mass": metrics.bins(sure, right, equal_mass=True),
    }


def difference(mine: Table, theirs: Table, owners: Sequence[str], seed: int) -> dict[str, Any]:
    """Mine minus theirs with 95 % intervals, and the share of rows that mine wins."""
    found: dict[str, Any] = {"rows": len(owners), "owners": len(set(owners))}
    for name in DIFFERENCES:
        gap = mine.values[name] - theirs.values[name]
        found[name] = bootstrap.mean(gap, owners, seed).record()
    found["win_rate"] = metrics.wins(mine.ranks, theirs.ranks)
    return found


def stacks_won(mine: Table, theirs: Table, stacks: Mapping[str, list[int]]) -> dict[str, Any]:
    """On how many stacks mine puts the author's choice first more often. A draw is no win."""
    won: list[str] = []
    lost: list[str] = []
    drawn: list[str] = []
    for stack, chosen in stacks.items():
        if len(chosen) >= STACK_LEAST:
            gap = float((mine.values["top1"][chosen] - theirs.values["top1"][chosen]).sum())
            (won if gap > 0 else lost if gap < 0 else drawn).append(stack)
    total = len(won) + len(lost) + len(drawn)
    return {
        "won": won,
        "lost": lost,
        "drawn": drawn,
        "share": len(won) / total if total else None,
        "least_rows": STACK_LEAST,
    }
