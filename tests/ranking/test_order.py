from __future__ import annotations

import json
from pathlib import Path

import pytest

from codi_hook.model import Applicability, Candidate
from codi_hook.ranking import order, prior, scores
from tests.ranking import parts

SAFE = Candidate("safe", "", (), Applicability.SAFE)
UNSAFE = Candidate("unsafe", "", ())
SHOWN = Candidate("shown", "", (), Applicability.DISPLAY)


def test_the_rules_order_with_displayed_ones_last() -> None:
    assert order.in_order((SHOWN, UNSAFE, SAFE)) == (UNSAFE, SAFE, SHOWN)


def test_scores_never_put_a_displayed_one_first() -> None:
    assert order.by_score((UNSAFE, SHOWN, SAFE), (0.1, 0.8, 0.1)) == (UNSAFE, SAFE, SHOWN)
    assert order.by_score((UNSAFE, SAFE), (0.2, 0.8)) == (SAFE, UNSAFE)


TABLE: prior.Table = {
    "R1": {
        "python/debian": {"safe": 1, "unsafe": 9},
        "*/debian": {"safe": 2},
        "*": {"safe": 30, "unsafe": 10},
    }
}


@pytest.mark.parametrize(
    ("code", "where", "expected"),
    [
        ("R1", ("python/debian", "*/debian", "*"), (2 / 12, 10 / 12)),
        ("R1", ("node/debian", "*/debian", "*"), (31 / 42, 11 / 42)),
        ("R1", ("node/alpine",), None),
        ("R2", ("*",), None),
    ],
)
def test_frequencies(code: str, where: tuple[str, ...], expected: tuple[float, ...] | None) -> None:
    found = prior.frequencies(TABLE, code, where, (SAFE, UNSAFE))
    assert found == (None if expected is None else pytest.approx(expected))


def test_contexts_are_narrow_first() -> None:
    python = parts.document("FROM python:3.12-slim\nRUN pip install flask\n")
    assert prior.contexts(python) == ("python/debian", "*/debian", "*")
    assert prior.contexts(parts.document(""))[-1] == "*"


def test_a_missing_table_is_empty_and_a_broken_one_is_an_error(tmp_path: Path) -> None:
    assert prior.load(tmp_path / "none.json") == {}
    path = tmp_path / "prior.json"
    path.write_text(json.dumps({"version": 1, "rules": TABLE}))
    assert prior.load(path) == TABLE
    for broken in ("{", "[]", '{"version": 2}'):
        path.write_text(broken)
        with pytest.raises(ValueError, match=r"prior\.json"):
            prior.load(path)


def test_softmax_and_temperature() -> None:
    assert scores.softmax([1.0, 1.0]) == (0.5, 0.5)
    cold, warm = scores.softmax([2.0, 0.0], 0.5), scores.softmax([2.0, 0.0], 2.0)
    assert cold[0] > scores.softmax([2.0, 0.0])[0] > warm[0] > 0.5
    assert sum(scores.softmax([800.0, -800.0, 3.0])) == pytest.approx(1)


def test_the_pool_of_model_and_frequencies() -> None:
    logits, shares = [1.0, 0.0], [0.2, 0.8]
    assert scores.pooled(logits, 2.0, shares, 0.0) == scores.softmax(logits, 2.0)
    assert scores.pooled(logits, 2.0, None, 1.0) == scores.softmax(logits, 2.0)
    assert scores.pooled([0.0, 0.0], 1.0, shares, 1.0) == pytest.approx(shares)
    model = scores.softmax(logits, 2.0)
    product = [a * b**0.5 for a, b in zip(model, shares, strict=True)]
    expected = [one / sum(product) for one in product]
    assert scores.pooled(logits, 2.0, shares, 0.5) == pytest.approx(expected)


@pytest.mark.parametrize("text", [None, "", "1.0", "1.0 x", "1.0 nan", "1.0 2.0 3.0"])
def test_only_stored_numbers_are_taken(text: str | None) -> None:
    assert scores.from_text(text, 2) is None


def test_stored_numbers_are_exact() -> None:
    logits = (0.1 + 0.2, -31.053442001342773)
    assert scores.from_text(scores.to_text(logits), 2) == logits
