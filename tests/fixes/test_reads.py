"""Verification asks only the rules that an edit concerns, and local rules only about the edited
part (`Rule.reads`, `Rule.local`). It must not show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codi_hook import registry
from codi_hook.fixes.patch import Patched
from codi_hook.fixes.verify import Outcome, Verifier
from codi_hook.lint import lint
from codi_hook.model import Finding
from codi_hook.shell import parse
from codi_hook.source import Source, Span
from scripts.judge_fixes import sample

FILES = 150


class Whole(Verifier):
    """Asks every rule every time."""

    def _concerned(self, names: frozenset[str]) -> int:
        return self.rules.all

    def _ask(
        self, patched: Patched, names: frozenset[str], asked: int
    ) -> Iterator[tuple[str, Span]]:
        for rule, finding in self.rules.check(patched.document, asked):
            yield rule.code, finding.span

    def _stays(self, finding: Finding, outcome: Outcome) -> bool:
        return False


def test_asking_all_rules_gives_the_same() -> None:
    try:
        files = sample(["hub", "github", "modern"], FILES, seed=21)
    except SystemExit as error:
        pytest.skip(str(error))  # the corpus is not part of the repository
    rules = registry.rules()
    tried = 0
    for name, data in files:
        document = parse(Source(data, name))
        verifier, whole = Verifier(document, rules), Whole(document, rules)
        for finding in lint(document, rules, ignores=False):
            verified = verifier.verify(finding)
            assert verified == whole.verify(finding), (name, finding.code)
            tried += len(verified.candidates)
    assert tried > FILES
