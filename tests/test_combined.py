"""Cross-rule cases (tests/combined/*.yaml): whole files through all rules and `--fix`."""

from __future__ import annotations

import pytest

from codi_hook import registry, shell
from codi_hook.fixes.select import fix
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Applicability, Document, Ranked
from codi_hook.source import Source
from tests import cases
from tests.cases import Combined

SAFE = frozenset({Applicability.SAFE})
UNSAFE = SAFE | {Applicability.UNSAFE}
RULES = tuple(rule for rule in registry.rules() if rule.default)
CASES = [pytest.param(case, id=f"{path.stem}-{case.name}") for path, case in cases.all_combined()]


def fixed(data: bytes, path: str, allowed: frozenset[Applicability]) -> bytes:
    def resolve(document: Document) -> list[Ranked]:
        verified = verify(document, lint(document, RULES), RULES)
        return [Ranked(one.finding, one.candidates, one.rejected, "order") for one in verified]

    return fix(shell.parse(Source(data, path)), resolve, allowed, RULES).data


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("level", ["safe", "unsafe"])
def test_fix(case: Combined, level: str) -> None:
    allowed = SAFE if level == "safe" else UNSAFE
    result = fixed(case.source, case.path, allowed)
    assert result.decode("utf-8", "backslashreplace") == getattr(case, level).decode()
    assert fixed(result, case.path, allowed) == result, "a second run changes something"
