"""What is known of an adapter's making: the training's record, the rows, the evaluation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from codi_hook.models import files
from trainer import rows

TRAINING = "training.json"
SPLITS = ("train", "val", "test")
MOST_METRICS = 400
ORIGINS = 40


@dataclass(frozen=True, slots=True)
class Made:
    """What goes into metadata.json. `notes` are for whoever packages."""

    base_id: str
    prompt_version: str
    rule_set: str
    dataset: dict[str, Any]
    splits: dict[str, dict[str, Any]]
    training: dict[str, Any]
    notes: tuple[str, ...] = ()


def read(run: Path, data: Path) -> Made:
    """The record of the training in `run`, with what the splits in `data` add.

    The rows are described only where they are those of the training.

    Raises:
        CodiError: no record and no splits, or one that cannot be read.
    """
    from codi_hook import ruleset
    from codi_hook.ranking.prompt import PROMPT_VERSION

    raw = files.read_json(run / TRAINING) or {}
    base, prompt = raw.get("base"), raw.get("prompt_version", PROMPT_VERSION)
    trained = _table(raw, "dataset").get("digest", "")
    splits = {name: found for name in SPLITS if (found := split(data / "splits" / name))}
    if not trained and "train" not in splits:
        raise CodiError(f"{run} does not say what it was trained on", f"no {TRAINING}; --data DIR")
    notes = []
    if trained and splits.get("train", {}).get("digest") != trained:
        notes.append(f"{data}/splits is not what this was trained on: its rows are not described")
        splits = {"train": {"digest": trained, "rows": _table(_table(raw, "dataset"), "rows")}}
        if held := _table(raw, "validation").get("digest"):
            splits["val"] = {"digest": held, "rows": _table(_table(raw, "validation"), "rows")}
    return Made(
        base_id=str(base.get("id", "")) if isinstance(base, dict) else "",
        prompt_version=str(prompt),
        rule_set=str(raw.get("rule_set") or ruleset.digest()),
        dataset={"digest": _whole(splits), **_origins(splits)},
        splits={
            name: {k: v for k, v in one.items() if k != "origins"} for name, one in splits.items()
        },
        training=_training(raw),
        notes=tuple(notes),
    )


def _table(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _whole(splits: Mapping[str, Mapping[str, Any]]) -> str:
    lines = (f"{name} {one['digest']}\n" for name, one in sorted(splits.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _origins(splits: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for one in splits.values():
        total.update(one.get("origins", {}))
    return {"origins": dict(total.most_common(ORIGINS))} if total else {}


def split(folder: Path) -> dict[str, Any]:
    """Digest of a split's files and what its rows are, {} where there is none. Raises CodiError."""
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        return {}
    tasks: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    origins: Counter[str] = Counter()
    for path in paths:
        with open(path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line)
                    tasks[row["task"]] += 1
                    sources[f"{row['task']} {row['source']}"] += 1
                    origins[str(row.get("origin", ""))] += 1
                except (ValueError, KeyError, TypeError) as error:
                    raise CodiError(f"not a row: {error}", path=str(path), line=number) from None
    origins.pop("", None)
    return {
        "digest": rows.digest((path.name, files.sha256(path)) for path in paths),
        "rows": dict(sorted(tasks.items())),
        "labels": dict(sorted(sources.items())),
        "origins": origins,
    }


def _training(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The few figures of a training that a card tells."""
    config, kept = _table(raw, "config"), {}
    for part in ("lora", "optimiser"):
        for key, value in sorted(_table(config, part).items()):
            if isinstance(value, int | float | str | bool):
                kept[f"{part}.{key}"] = value
    for key in ("precision", "steps", "rows_seen", "trainable"):
        if isinstance(raw.get(key), int | float | str):
            kept[key] = raw[key]
    return kept


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics by name, and digest, temperature and prior's weight of what was measured, if said."""

    metrics: dict[str, float | str]
    digest: str = ""
    temperature: float | None = None
    prior_weight: float = 0.0


def measured(path: Path) -> Measured:
    """What an evaluation found: metrics.json of `codi-train evaluate`, or any object of numbers.

    Raises:
        CodiError: unreadable, or nothing in it is a number.
    """
    raw = files.read_json(path)
    if raw is None:
        raise CodiError("no such file", "codi-train evaluate", str(path))
    adapter = _table(_table(_table(raw, "settings"), "models"), "adapter")
    found: dict[str, float | str] = {}
    if "systems" in raw:
        for key in ("id", "evaluated", "owners"):
            _flatten({f"eval_{key}": raw.get(key)}, "", found)
        for name, one in sorted(_table(raw, "systems").items()):
            overall = {k: v for k, v in _table(one, "overall").items() if k != "by"}
            _flatten(overall, f"{name}.", found)
        for name, one in sorted(_table(raw, "differences").items()):
            _flatten(_table(one, "overall"), f"{name}.", found)
        for name, one in sorted(_table(raw, "stacks_won").items()):
            _flatten({"stacks_won": one.get("share")}, f"{name}.", found)
    else:
        _flatten(raw, "", found)
    if not found:
        raise CodiError("no figures in it", "metrics.json of codi-train evaluate", str(path))
    warmth, pooled = adapter.get("temperature"), adapter.get("prior_weight", 0.0)
    return Measured(
        found,
        str(adapter.get("adapter_digest", "")),
        float(warmth) if isinstance(warmth, int | float) else None,
        float(pooled) if isinstance(pooled, int | float) else 0.0,
    )


def _flatten(value: Mapping[str, Any], prefix: str, found: dict[str, float | str]) -> None:
    """Numbers and short texts, by their names joined with dots; lists are left out."""
    for key, one in value.items():
        name = f"{prefix}{key}"
        if isinstance(one, dict):
            _flatten(one, f"{name}.", found)
        elif isinstance(one, bool) or len(found) >= MOST_METRICS:
            continue
        elif isinstance(one, int):
            found[name] = one
        elif isinstance(one, float):
            found[name] = round(one, 6)
        elif isinstance(one, str) and len(one) <= 200:
            found[name] = one
