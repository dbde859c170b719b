"""A sample of the corpus against BuildKit; `make conformance` runs all of it."""

from __future__ import annotations

import os

import pytest

from scripts import conformance
from scripts.compare import Difference

ALL = os.environ.get("CODI_CONFORMANCE") == "all"
FILES = None if ALL else 3000
JUDGED, MUTANTS = (1000, 300) if ALL else (250, 300)

pytestmark = pytest.mark.skipif(
    not conformance.CORPUS.is_dir(), reason=f"no corpus in {conformance.CORPUS}: set CODI_CORPUS"
)


def _unexplained(found: list[Difference]) -> list[Difference]:
    return [item for item in found if not item.kind.startswith("judge-")]


@pytest.mark.timeout(3600 if ALL else 300)
def test_trees() -> None:
    files = conformance.sample(FILES)
    assert len(files) >= (100_000 if ALL else 2_900)
    found = conformance.run_trees(files, processes=1)
    assert _unexplained(found) == []
    assert len(found) <= len(files) // 100


def test_trees_of_mutants() -> None:
    found = conformance.run_trees(conformance.mutated(600), processes=1)
    assert _unexplained(found) == []


@pytest.mark.timeout(900)
def test_verdicts() -> None:
    _, found = conformance.run_verdicts(conformance.sample(JUDGED), processes=1)
    assert _unexplained(found) == []


@pytest.mark.timeout(900)
def test_verdicts_on_mutants() -> None:
    refused, found = conformance.run_verdicts(conformance.mutated(MUTANTS), processes=1)
    assert _unexplained(found) == []
    assert MUTANTS // 4 < refused < MUTANTS  # the mutants do test refusal, and not refusal alone
