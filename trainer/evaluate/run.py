"""One evaluation from the rows to the report."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from codi_hook import ruleset
from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass, field
from codi_hook.models import files
from codi_hook.ranking import prior
from codi_hook.ranking.prompt import PROMPT_VERSION
from codi_hook.version import version
from trainer.evaluate import dataset, grounded, systems
from trainer.evaluate.cases import Case, Page, pages
from trainer.evaluate.journal import Journal, Key
from trainer.evaluate.systems import Model, Name, Systems
from trainer.rows import Explain, Rank

SCHEMA = 1
METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. `limit` rank rows and `reasons` explain rows, 0 for all; `sentences`
    findings of which what is told is checked, `free` of which free sentences are written down."""

    dataset: Path
    out: Path
    model: Model = field(default_factory=Model)
    names: tuple[Name, ...] = systems.NAMES
    limit: int = 0
    seed: int = 0
    sentences: int = 500
    free: int = 0
    restart: bool = False
    command: tuple[str, ...] = ()
    excerpts: bool = True  # the report shows the files of its mistakes
    any_scale: bool = False  # answers stay good when temperature and prior's weight change
    reasons: int = 0


Told = Callable[[str], None]


def settings(plan: Plan) -> dict[str, Any]:
    """What the answers depend on. Raises CodiError for a base or adapter that must not be used."""
    models = systems.identify(plan.names, plan.model)
    if plan.any_scale:
        for one in models.values():
            one.pop("temperature", None)
            one.pop("prior_weight", None)
    return {
        "schema": SCHEMA,
        "dataset": dataset.digest(plan.dataset),
        "models": models,
        "prior": prior_digest(),
        "prompt_version": PROMPT_VERSION,
        "rule_set": ruleset.digest(),
        "systems": list(plan.names),
        "limit": plan.limit,
        "reasons": plan.reasons,
        "seed": plan.seed,
        "sentences": plan.sentences,
        "free": plan.free,
    }


def prior_digest() -> str:
    """SHA-256 of the learned frequencies, "" where there are none."""
    return files.sha256(prior.TABLE) if prior.TABLE.exists() else ""


def evaluate(plan: Plan, tell: Told = lambda _line: None) -> dict[str, Any]:
    """Answers what is not answered yet, and writes metrics.json and report.html.

    Raises:
        CodiError: bad rows, a model that cannot be asked, a folder of another evaluation.
    """
    from trainer.evaluate import report, summary

    if not plan.dataset.exists():
        raise CodiError("no such dataset", "make data-prepare", str(plan.dataset))
    if "adapter" in plan.names and not dataset.held_out(plan.dataset, Path(plan.model.adapter)):
        tell(
            "these rows are not the test split that the adapter was packaged with: "
            "it may have learned from some of them"
        )
    rank, explain = dataset.read(plan.dataset)
    rank, explain = sample(rank, plan.limit, plan), sample(explain, plan.reasons, plan)
    said = answered(plan, rank, explain, tell)
    found = {
        "schema": SCHEMA,
        "id": plan.out.resolve().name,
        "created_at": systems.now(),
        "command": list(plan.command),
        "settings": said.settings,
        "predictions": said.digest,
        "version": version(),
        "machine": machine(),
        "engines": said.engines,
        "rows": {"rank": len(rank), "explain": len(explain), "stale": said.stale},
        **summary.summarise(rank, explain, said.found, plan.names, plan.seed),
    }
    files.write_json(plan.out / METRICS, found)
    report.write(plan.out, found, rank, excerpts=plan.excerpts)
    return found


@dataclass(frozen=True)
class Said:
    """All answers to a plan's rows; `digest` is that of predictions.jsonl."""

    settings: dict[str, Any]
    found: dict[Key, dict[str, Any]]
    digest: str
    engines: dict[str, Any]
    stale: dict[str, int]


def answered(
    plan: Plan, rank: Sequence[Rank], explain: Sequence[Explain], tell: Told = lambda _line: None
) -> Said:
    """Asks what was not asked before. Raises as `evaluate` does."""
    if not rank:
        raise CodiError("no rank rows", "make data-prepare", str(plan.dataset))
    wanted = settings(plan)
    stale: Counter[str] = Counter()
    journal = Journal(plan.out, wanted, restart=plan.restart)
    try:
        with systems.opened(plan.names, plan.model) as asked:
            _answer(plan, asked, pages(rank, explain, stale), rank, journal, tell)
            engines = asked.describe()
    finally:
        journal.close()
    digest = files.sha256(journal.path)
    return Said(wanted, journal.found, digest, engines, dict(sorted(stale.items())))


def sample(rows: Sequence[Any], limit: int, plan: Plan) -> list[Any]:
    """At most `limit` rows, drawn by seed and id: the same ones whatever else there is."""
    if not limit or len(rows) <= limit:
        return list(rows)
    return sorted(rows, key=lambda row: dataset.drawn(row["id"], plan.seed))[:limit]


def _answer(
    plan: Plan,
    asked: Systems,
    todo: Iterable[Page],
    rank: Sequence[Rank],
    journal: Journal,
    tell: Told,
) -> None:
    chosen = {"composed": _drawn(rank, plan, plan.sentences), "free": _drawn(rank, plan, plan.free)}
    for number, page in enumerate(todo, 1):
        for name in asked.names:
            left = [one for one in page.rank if not journal.has("rank", one.row["id"], name)]
            journal.add(asked.rank(name, page.document, left))
        for name in asked.models:
            left = [one for one in page.explain if not journal.has("explain", one.row["id"], name)]
            journal.add(asked.explain(name, page.document, left))
        for how, rows in chosen.items():
            cases = [one for one in page.rank if one.row["id"] in rows]
            _tell_sentences(asked, page, cases, how, journal)
        if number % 50 == 0:
            tell(f"{number} files, {len(journal.found)} answers")


def _drawn(rank: Sequence[Rank], plan: Plan, count: int) -> set[str]:
    """The rows whose sentences are checked."""
    rows = [row["id"] for row in rank]
    return set(sorted(rows, key=lambda one: dataset.drawn(one, plan.seed))[:count])


def _tell_sentences(
    asked: Systems, page: Page, cases: Sequence[Case], how: str, journal: Journal
) -> None:
    if not asked.models:
        return
    name = asked.models[-1]  # the adapter where there is one
    left = [one for one in cases if not journal.has(how, one.row["id"], name)]
    ranked = asked.sentences(name, page.document, left, how)
    journal.add(
        grounded.sentences(one.row["id"], name, how, said)
        for one, said in zip(left, ranked, strict=True)
    )


def choose(names: str, adapter: str) -> tuple[Name, ...]:
    """The systems that a list of names means; without one, all that can be had.

    Raises:
        CodiError: an unknown name, or "adapter" without one.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := set(wanted) - set(systems.NAMES):
        raise CodiError(f"no such system: {', '.join(sorted(unknown))}", "order,prior,base,adapter")
    if "adapter" in wanted and not adapter:
        raise CodiError("there is no adapter to ask", "give --adapter DIR")
    wanted = wanted or [name for name in systems.NAMES if name != "adapter" or adapter]
    return tuple(name for name in systems.NAMES if name in wanted)


def outcome(found: dict[str, Any], out: Path) -> str:
    """A few lines for the terminal."""
    lines = [f"{found['evaluated']} questions, {sum(found['rows']['stale'].values())} stale rows"]
    for name, one in found["systems"].items():
        overall = one["overall"]
        ece = overall.get("ece")
        tail = "" if ece is None else f"  ECE {ece:.3f}"
        lines.append(f"{name:8} top-1 {overall['top1']:.3f}  MRR {overall['mrr']:.3f}{tail}")
    for name, one in found["differences"].items():
        gap = one["overall"]["top1"]
        if gap["low"] is not None:
            lines.append(f"{name}: {gap['value']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]")
    return "\n".join([*lines, str(out / "report.html")])


def machine() -> dict[str, Any]:
    """What latencies depend on."""
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            names = (line.partition(":")[2].strip() for line in stream if "model name" in line)
            model = next(names, "")
    except OSError:  # not on Linux
        model = platform.processor()
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "system": platform.system(),
        "machine": platform.machine(),
        "python": ".".join(map(str, sys.version_info[:3])),
    }
