"""Counts what people chose, for `codi_hook.ranking.prior`.

Only labels that people gave count: an author's own file (reversal) or commit (history). An owner
with a thousand generated files would otherwise be the whole table, so that only some choices of
an owner count for a rule: the first `cap` of them in an order that depends on their ids alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Candidate
from codi_hook.models import files
from codi_hook.ranking import order, prior
from trainer.rows import Choice, Rank

HUMAN = ("reversal", "history")
CAPS = (1, 2, 3, 5, 10, 20, 50, 0)  # 0 is none
ENOUGHS = (1, 2, 3, 5, 8, 12, 20)
ADDED = (0.25, 0.5, 1.0, 2.0, 4.0)

Counts = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True, slots=True)
class Small:
    """What of a row is needed here; the rows of a whole split fit into memory so."""

    id: str
    rule: str
    owner: str
    contexts: tuple[str, ...]
    choices: tuple[Candidate, ...]
    label: int


def small(row: Rank) -> Small:
    return Small(
        row["id"],
        row["rule"],
        row["repo"].split("/")[0].lower(),
        tuple(row["contexts"]),
        tuple(map(_candidate, row["candidates"])),
        row["label"],
    )


def _candidate(choice: Choice) -> Candidate:
    return Candidate(choice["id"], choice["title"], (), Applicability(choice["applicability"]))


def by_people(rows: Iterable[Mapping[str, Any]]) -> Iterable[Rank]:
    """The Rank rows whose label a person gave."""
    for row in rows:
        if row["task"] == "rank" and row["source"] in HUMAN:
            yield row  # type: ignore[misc]


def count(rows: Iterable[Small], cap: int) -> Counts:
    """How often each template was chosen, by rule and context; `cap` choices an owner and rule."""
    taken: Counter[tuple[str, str]] = Counter()
    found: Counts = {}
    for row in sorted(rows, key=lambda one: hashlib.sha256(one.id.encode()).digest()):
        taken[row.rule, row.owner] += 1
        if cap and taken[row.rule, row.owner] > cap:
            continue
        template = row.choices[row.label].id
        for context in row.contexts:
            counts = found.setdefault(row.rule, {}).setdefault(context, {})
            counts[template] = counts.get(template, 0) + 1
    return found


def pruned(table: Counts) -> Counts:
    """Without the contexts that never decide, because they were seen too seldom."""
    found: Counts = {}
    for rule, contexts in table.items():
        kept = {one: seen for one, seen in contexts.items() if sum(seen.values()) >= prior.ENOUGH}
        if kept:
            found[rule] = kept
    return found


def measure(
    table: Counts, rows: Sequence[Small], enough: int = prior.ENOUGH, added: float = prior.ADDED
) -> tuple[float, float]:
    """How often the candidate shown first is the one chosen, and the mean of -ln of the share
    that the chosen one is given (a question that the table says nothing of has equal shares)."""
    right, loss = 0, 0.0
    for row in rows:
        shares = prior.frequencies(
            table, row.rule, row.contexts, row.choices, enough=enough, added=added
        )
        shares = shares or (1 / len(row.choices),) * len(row.choices)
        right += order.ranks(row.choices, shares)[0] == row.label
        loss -= math.log(shares[row.label])
    return right / len(rows), loss / len(rows)


def compare(train: Sequence[Small], held: Sequence[Small]) -> dict[str, Any]:
    """Top-1 on rows held out for each cap, and at the best cap for other values of ENOUGH (top-1)
    and ADDED (log loss, which alone depends on it).

    The largest cap wins among equals, since it knows most; `order` is without any table.
    """
    tables = {cap: count(train, cap) for cap in CAPS}
    caps = {cap: measure(table, held)[0] for cap, table in tables.items()}
    best = max(caps, key=lambda cap: (caps[cap], cap or math.inf))
    table = tables[best]
    return {
        "rows": len(held),
        "order": measure({}, held)[0],
        "cap": best,
        "by_cap": caps,
        "by_enough": {n: measure(table, held, enough=n)[0] for n in ENOUGHS},
        "log_loss_by_added": {n: measure(table, held, added=n)[1] for n in ADDED},
    }


def write(path: Path, table: Counts) -> int:
    """Writes the table, the same bytes for the same counts; returns their number."""
    rules = (f"{json.dumps(rule)}:{_line(table[rule])}" for rule in sorted(table))
    data = ('{"version":1,"rules":{\n' + ",\n".join(rules) + "\n}}\n").encode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        files.install(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return len(data)


def _line(contexts: Mapping[str, Mapping[str, int]]) -> str:
    return json.dumps(contexts, sort_keys=True, separators=(",", ":"))
