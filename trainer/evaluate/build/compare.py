"""Every candidate of some files, measured before and after."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from codi_hook import registry
from codi_hook.errors import CodiError
from codi_hook.fixes.apply import apply
from codi_hook.fixes.verify import verify
from codi_hook.frozen import dataclass
from codi_hook.lint import lint
from codi_hook.model import Applicability, Candidate, Document, Finding
from codi_hook.reading import read
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.evaluate.build import proxies
from trainer.evaluate.build.builders import Builder, BuildError


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be measured. `builder` None counts what can be seen without one; `repeat` builds
    are timed and the median is told; `rules` (codes) and `limit` (candidates a file, 0 for all)
    narrow it down. `context` is the file's folder unless given."""

    builder: Builder | None
    rules: frozenset[str] = frozenset()
    context: Path | None = None
    limit: int = 0
    repeat: int = 1
    timeout: float = 900.0


def measured(
    paths: Sequence[str], order: Order, tell: Callable[[str], None] = lambda _line: None
) -> Iterator[dict[str, Any]]:
    """One record a file. Raises CodiError for a file that cannot be read."""
    for path in paths:
        tell(path)
        data = read(path).data
        document = parse(Source(data, path))
        if document.problems:
            problem = document.problems[0]
            line = document.source.line(problem.span.start)
            raise CodiError(problem.message, problem.hint, path, line)
        yield _file(path, document, order)


def _file(path: str, document: Document, order: Order) -> dict[str, Any]:
    context = order.context or Path(path).resolve().parent
    record: dict[str, Any] = {"path": path, "candidates": []}
    before = _measure(document, context, order, warm=True)
    record["before"] = before
    if "error" in before:
        return record
    for finding, candidate in _candidates(document, order):
        changed = parse(Source(apply(document.source.data, candidate.edits), path))
        after = _measure(changed, context, order)
        one = {
            "rule": finding.code,
            "line": document.source.line(finding.span.start),
            "id": candidate.id,
            "title": candidate.title,
            "applicability": candidate.applicability.value,
            "after": after,
        }
        if "error" not in after:
            one["change"] = {
                key: round(after[key] - value, 3) for key, value in before.items() if key in after
            }
        record["candidates"].append(one)
    return record


def _candidates(document: Document, order: Order) -> list[tuple[Finding, Candidate]]:
    """The candidates that could be applied, finding by finding in the rules' order."""
    rules = tuple(rule for rule in registry.rules() if rule.default or rule.code in order.rules)
    findings = [
        item for item in lint(document, rules) if not order.rules or item.code in order.rules
    ]
    found = [
        (item.finding, candidate)
        for item in verify(document, findings, rules)
        for candidate in item.candidates
        if candidate.applicability is not Applicability.DISPLAY
    ]
    return found[: order.limit] if order.limit else found


def _measure(document: Document, context: Path, order: Order, warm: bool = False) -> dict[str, Any]:
    """The figures of one file, or {"error"} where it cannot be built.

    `warm` builds once more, untimed and first, so that the pull of the base image is not in the
    time of whatever is built first.
    """
    if order.builder is None:
        return dict(proxies.measure(document, context))
    data = document.source.data
    try:
        runs = [
            order.builder.build(data, context, order.timeout)
            for _ in range(order.repeat + (1 if warm else 0))
        ]
    except BuildError as error:
        return {"error": str(error)}
    timed = runs[1:] if warm else runs
    return {
        "size": timed[-1].size,
        "layers": timed[-1].layers,
        "seconds": round(statistics.median(one.seconds for one in timed), 3),
    }


def table(records: Sequence[dict[str, Any]]) -> str:
    """For the terminal: a line a candidate, what it changes."""
    lines = []
    for record in records:
        before = record["before"]
        lines.append(f"{record['path']}: " + _figures(before))
        for one in record["candidates"]:
            figures = _figures(one.get("change", one["after"]), signed="change" in one)
            lines.append(f"  {one['rule']}:{one['line']} {one['id']}: {figures}")
    return "\n".join(lines)


def _figures(values: dict[str, Any], signed: bool = False) -> str:
    if "error" in values:
        return f"cannot be built: {values['error']}"
    sign = "+" if signed else ""
    shown = ((key, value) for key, value in values.items() if value or not signed)
    return ", ".join(f"{key} {value:{sign}}" for key, value in shown) or "no change"
