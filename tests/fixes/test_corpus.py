"""No fix ever breaks a file: a sample of the corpus, judged by BuildKit at both levels.

scripts/judge_fixes.py does the same for thousands of files, with hadolint as a second judge.
"""

from __future__ import annotations

import pytest

from scripts.judge_fixes import sample
from tests.fixing import Outcome, judge_buildkit, treat
from tests.judges import BuildKit

FILES = 120


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    try:
        files = sample(["hub", "github", "modern"], FILES, seed=20)
    except SystemExit as error:
        pytest.skip(str(error))  # the corpus is not part of the repository
    found = treat(files, tmp_path_factory.mktemp("files"))
    with BuildKit() as judge:
        judge_buildkit(found, judge)
    return found


def test_files_are_fixed(outcomes: list[Outcome]) -> None:
    changed = sum(outcome.changed for outcome in outcomes)
    assert changed > len(outcomes) / 2


def test_nobody_has_a_complaint(outcomes: list[Outcome]) -> None:
    assert [(o.name, o.level, o.complaints) for o in outcomes if o.complaints] == []
