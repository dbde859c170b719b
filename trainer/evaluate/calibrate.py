"""One calibration: asks the rows, fits the temperature, writes it where the hook reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import adapters, files
from trainer.evaluate import dataset, run, temperature
from trainer.evaluate.run import Plan, Told

NAME = "calibration.json"


def calibrate(plan: Plan, *, write: bool, tell: Told) -> dict[str, Any]:
    """Raises CodiError: bad rows, an adapter that cannot be asked, too few rows."""
    if not plan.dataset.exists():
        raise CodiError("no such dataset", "make data-prepare", str(plan.dataset))
    known = adapters.load(plan.model.adapter)
    rank = run.sample(dataset.read(plan.dataset)[0], plan)
    said = run.answered(plan, rank, (), tell)
    found = temperature.study(temperature.samples(rank, said.found), known.temperature)
    value = round(found["temperature"], 4)
    written = write and Path(plan.model.adapter).is_dir()
    record = {
        "schema": run.SCHEMA,
        "adapter": known.id,
        "adapter_digest": known.digest,
        "command": list(plan.command),
        "settings": said.settings,
        "stale": said.stale,
        **found,
        "temperature": value,
        "written": written,
    }
    files.write_json(plan.out / NAME, record)
    if written:
        set_temperature(Path(plan.model.adapter), value)
    return record


def set_temperature(folder: Path, value: float) -> None:
    """Changes the temperature in an adapter's metadata.json and nothing else."""
    path = folder / adapters.METADATA
    raw = files.read_json(path)
    if raw is None:
        raise CodiError(f"no {adapters.METADATA}", "codi-train package", str(folder))
    files.write_json(path, {**raw, "temperature": value})
    adapters.load(folder)


def outcome(found: dict[str, Any]) -> str:
    """A few lines for the terminal."""
    before, after = found["before"], found["after"]
    losses = found["held_out_log_loss"]
    lines = [
        f"temperature {found['temperature']} on {found['rows']} rows "
        f"({'written' if found['written'] else 'not written'})",
        f"log loss {before['log_loss']:.4f} → {after['log_loss']:.4f}, "
        f"ECE {before['ece']:.4f} → {after['ece']:.4f} (at {before['temperature']} before)",
        "held out by owner, log loss: "
        + ", ".join(f"{name} {value:.4f}" for name, value in losses.items()),
    ]
    for name, pays in found["several_pay"].items():
        if pays:
            lines.append(f"temperatures {name.replace('_', ' ')} would pay clearly")
    for rule, one in found["rules"].items():
        lines.append(
            f"{rule}: {one['rows']} rows, ECE {one['ece']:.3f}, its own would be {one['own']:.2f}"
        )
    return "\n".join(lines)
