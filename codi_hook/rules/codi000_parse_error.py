"""The file is not a Dockerfile that BuildKit can build.

Why it matters: `docker build` stops before the first step, with a line number and no more.
Nothing else is reported for such a file, because every other finding would be a guess about
what was meant. The message names the place and what is wrong with it.

When to ignore: never for a file that is built as it stands. A template that a generator fills
in first is better excluded by its path.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.wording import sentence


def check(document: Document) -> Iterator[Finding]:
    for problem in document.problems:
        hint = f"; {problem.hint}" if problem.hint else ""
        yield Finding(problem.span, problem, sentence(f"{problem.message}{hint}"))


RULE = Rule(
    "CODI000",
    "parse-error",
    Severity.ERROR,
    "BuildKit refuses this file",
    check,
)
