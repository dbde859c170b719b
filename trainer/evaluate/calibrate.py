"""One calibration: asks the rows, fits the temperature, writes it where the hook reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import adapters, files
from trainer.evaluate import dataset, run, scale
from trainer.evaluate.run import Plan, Told
from trainer.evaluate.scale import Scale

NAME = "calibration.json"


def calibrate(plan: Plan, *, write: bool, tell: Told) -> dict[str, Any]:
    """Raises CodiError: bad rows, an adapter that cannot be asked, too few rows."""
    if not plan.dataset.exists():
        raise CodiError("no such dataset", "make data-prepare", str(plan.dataset))
    known = adapters.load(plan.model.adapter)
    rank = run.sample(dataset.read(plan.dataset)[0], plan.limit, plan)
    said = run.answered(plan, rank, (), tell)
    before = Scale(known.temperature, known.prior_weight)
    found = scale.study(scale.samples(rank, said.found), before)
    chosen = {name: round(found[name], 4) for name in ("temperature", "prior_weight")}
    written = write and Path(plan.model.adapter).is_dir()
    record = {
        "schema": run.SCHEMA,
        "adapter": known.id,
        "adapter_digest": known.digest,
        "command": list(plan.command),
        "settings": said.settings,
        "stale": said.stale,
        **found,
        **chosen,
        "written": written,
    }
    files.write_json(plan.out / NAME, record)
    if written:
        write_scale(Path(plan.model.adapter), chosen)
    return record


def write_scale(folder: Path, chosen: Mapping[str, float]) -> None:
    """Changes these numbers in an adapter's metadata.json and nothing else."""
    path = folder / adapters.METADATA
    raw = files.read_json(path)
    if raw is None:
        raise CodiError(f"no {adapters.METADATA}", "codi-train package", str(folder))
    files.write_json(path, {**raw, **chosen})
    adapters.load(folder)


def outcome(found: dict[str, Any]) -> str:
    """A few lines for the terminal."""
    before, after = found["before"], found["after"]
    losses, firsts = found["held_out_log_loss"], found["held_out_top1"]
    lines = [
        f"temperature {found['temperature']}, prior's weight {found['prior_weight']} on "
        f"{found['rows']} rows ({'written' if found['written'] else 'not written'})",
        f"log loss {before['log_loss']:.4f} → {after['log_loss']:.4f}, "
        f"ECE {before['ece']:.4f} → {after['ece']:.4f}, "
        f"top-1 {before['top1']:.4f} → {after['top1']:.4f}",
        "held out by owner, log loss: "
        + ", ".join(f"{name} {value:.4f}" for name, value in losses.items()),
        "held out by owner, top-1: "
        + ", ".join(f"{name} {value:.4f}" for name, value in firsts.items()),
    ]
    for name, pays in found["several_pay"].items():
        if pays:
            lines.append(f"temperatures {name.replace('_', ' ')} would pay clearly")
    for rule, one in found["rules"].items():
        lines.append(
            f"{rule}: {one['rows']} rows, ECE {one['ece']:.3f}, its own would be {one['own']:.2f}"
        )
    return "\n".join(lines)
