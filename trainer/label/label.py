"""The label step: File rows in, the same rows with what codi-hook says of them out.

Added are `stack` and `family` of the final stage, `instructions` (their number), `starts` (how
CMD and ENTRYPOINT are written: "json", "shell", or "" for none), `findings` (code, span and the
ids of the candidates that the rule has for it, not yet verified) and, where hadolint was asked,
`hadolint` (line and code). A file that BuildKit refuses has `refused` instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from codi_hook import registry
from codi_hook.lint import lint
from codi_hook.model import Document, Rule
from codi_hook.recipes import facts
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.label.hadolint import Hadolint
from trainer.steps import Each, Read, Row, Runner, Write

LARGEST = 1 << 20  # bytes of a Dockerfile; the hook reads no larger one


@cache
def rules() -> tuple[Rule, ...]:
    """The rules that label: those with a check of their own, on by default or not."""
    return tuple(rule for rule in registry.rules() if not rule.external)


def run(runner: Runner, hadolint: bool = False) -> dict[str, int]:
    """Label all raw files; returns the counts."""
    target = runner.folder("labelled")
    blocks: list[Any] = [Read(runner.folder("raw")), Each(labelled)]
    if hadolint:
        blocks.append(Hadolint())
    blocks.append(Write(target))
    settings = {"rules": [rule.code for rule in rules()], "hadolint": hadolint}
    return runner.run("label", blocks, [runner.folder("raw")], [target], settings=settings)


def labelled(row: Row, tally: Counter[str]) -> Iterator[Row]:
    tally["files"] += 1
    text = row.get("text")
    if not isinstance(text, str) or len(text) > LARGEST:
        tally["not a text of at most 1 MiB"] += 1
        return
    document = parse(Source(text.encode("utf-8", "replace"), str(row.get("path", ""))))
    if document.problems:
        tally["refused by BuildKit"] += 1
        yield {**row, "refused": document.problems[0].message}
        return
    findings = [
        {
            "code": finding.code,
            "span": list(finding.span),
            "candidates": [one.id for one in finding.rule.candidates(finding)],
        }
        for finding in lint(document, rules(), ignores=False)
    ]
    tally["findings"] += len(findings)
    for finding in findings:
        tally[f"finding {finding['code']}"] += 1
    yield {**row, **about(document), "findings": findings}


def about(document: Document) -> Row:
    """Stack, family, size and start command of a document without problems."""
    final = facts.final_stage(document)
    starts = {"CMD": "", "ENTRYPOINT": ""}
    for item in final.instructions if final else ():
        if item.keyword in starts:
            starts[item.keyword] = item.form
    return {
        "stack": facts.stack(document),
        "family": facts.family(document, final) or "unknown",
        "instructions": len(document.instructions),
        "starts": starts,
    }
