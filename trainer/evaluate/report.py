"""report.html: one file that needs nothing else, made from metrics.json and the predictions."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codi_hook.models import files
from trainer.evaluate import plots
from trainer.evaluate.journal import PREDICTIONS
from trainer.rows import Rank

NAME = "report.html"
TEMPLATE = Path(__file__).with_name("report.html.j2")
MISTAKES = 25
EXCERPT_LINES = 12
EXCERPT_WIDTH = 200  # characters of a line


def write(
    folder: Path, run: Mapping[str, Any], rank: Sequence[Rank], *, excerpts: bool = True
) -> Path:
    """Writes the report of a run into its folder; whatever was there before stays until then.

    Without `excerpts` it holds no line of the files, whose licences are their authors'.
    """
    answers = _answers(folder / PREDICTIONS)
    path = folder / NAME
    temporary = path.with_name(f".{NAME}.{os.getpid()}")
    try:
        temporary.write_text(render(run, rank, answers, excerpts=excerpts), encoding="utf-8")
        files.install(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def _answers(path: Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as stream:
        return [one for one in map(json.loads, stream) if one["task"] == "rank"]


def render(
    run: Mapping[str, Any],
    rank: Sequence[Rank],
    answers: Sequence[Mapping[str, Any]],
    *,
    excerpts: bool = True,
) -> str:
    """The page as text. Everything but the plots is escaped by the template."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    subject = subject_of(run)
    return template.render(
        run=run,
        subject=subject,
        plots={name: Markup(svg) for name, svg in _plots(run, subject, answers).items()},
        mistakes=mistakes(rank, [one for one in answers if one["system"] == subject]),
        excerpts=excerpts,
        command=shlex.join(run["command"]),
        details=json.dumps(
            {key: run[key] for key in ("settings", "machine", "engines", "rows")}, indent=2
        ),
    )


def subject_of(run: Mapping[str, Any]) -> str:
    """The system that the report is about: the adapter, else the best informed other one."""
    names = [name for name in ("adapter", "base", "prior", "order") if name in run["systems"]]
    return names[0] if names else ""


def _plots(
    run: Mapping[str, Any], subject: str, answers: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    systems, versus = run["systems"], "order"
    gaps = run["differences"].get(f"{subject}-{versus}", {})
    bins = {name: one["overall"]["bins"] for name, one in systems.items()
            if "bins" in one["overall"]}  # fmt: skip
    shown = {name: bins[name] for name in ("adapter", "prior", "base") if name in bins}
    times: dict[str, list[float]] = {}
    for one in answers:
        if one["system"] in ("adapter", "base") and one["ms"] is not None:
            times.setdefault(one["system"], []).append(one["ms"])
    drawn = {"reliability": plots.reliability(shown), "latency": plots.latency(times)}
    for group in ("stacks", "rules"):
        members = {name: one[group] for name, one in systems.items()}
        drawn[group] = plots.accuracy(
            group, f"Accuracy by {group}", members, gaps.get(group, {}), versus
        )
    return drawn


def mistakes(rank: Sequence[Rank], answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows in which the author's choice was thought least likely, the worst first.

    One a file, so that a file with many findings does not fill the list.
    """
    rows = {row["id"]: row for row in rank}
    wrong = []
    for one in answers:
        row = rows.get(one["row"])
        if row is None or one["order"][0] == row["label"]:
            continue
        place = one["order"].index(row["label"])
        sure = one["confidences"][place] if one["confidences"] else 1 / (1 + place)
        wrong.append((sure, row["id"], row, one))
    seen: set[str] = set()
    found = []
    for _, _, row, one in sorted(wrong, key=lambda item: item[:2]):
        if row["text"] not in seen:
            seen.add(row["text"])
            found.append(_mistake(row, one))
        if len(found) == MISTAKES:
            break
    return found


def _mistake(row: Rank, one: Mapping[str, Any]) -> dict[str, Any]:
    sure = one["confidences"] or [None] * len(one["order"])
    return {
        "rule": row["rule"],
        "stack": row["stack"],
        "repo": row["repo"],
        "path": row.get("path", ""),
        "excerpt": excerpt(row["text"], row["span"][0]),
        "choices": [
            {
                "title": row["candidates"][at]["title"],
                "confidence": confidence,
                "right": at == row["label"],
            }
            for at, confidence in zip(one["order"], sure, strict=True)
        ],
    }


def excerpt(text: str, start: int) -> str:
    """The lines around a byte of the file, numbered; long ones are cut."""
    at = text.encode("utf-8")[:start].count(b"\n")
    lines = text.split("\n")
    first = max(0, at - 3)
    part = lines[first : first + EXCERPT_LINES]
    shown = (line if len(line) <= EXCERPT_WIDTH else line[:EXCERPT_WIDTH] + "…" for line in part)
    return "\n".join(f"{number:4} {line}" for number, line in enumerate(shown, first + 1))
