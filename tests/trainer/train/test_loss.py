from __future__ import annotations

import math

import pytest
import torch

from trainer.train import loss, packs
from trainer.train.config import Loss

LETTERS = [5, 6, 7, 8, 9, 10, 11, 12]


def batch(*lines: packs.Line) -> dict[str, torch.Tensor]:
    return loss.inputs(packs.pack(lines))


def line(letter: int, options: int, task: str = "rank", more: tuple[int, ...] = ()) -> packs.Line:
    return packs.Line((1, 2, *more), 2, letter, options, task)


def test_only_the_letters_of_the_question_count() -> None:
    logits = torch.zeros(1, 20)
    logits[0, 7] = 50.0  # C, which this question does not have
    logits[0, 15] = 50.0  # no letter at all
    total, answers = loss.LetterLoss(LETTERS, Loss(vocabulary=0.0))(logits, batch(line(1, 2)))
    assert float(total) == pytest.approx(math.log(2))
    assert float(answers.nll[0]) == pytest.approx(math.log(2))
    three, _ = loss.LetterLoss(LETTERS, Loss(vocabulary=0.0))(logits, batch(line(2, 3)))
    assert float(three) == pytest.approx(0, abs=1e-6)


def test_the_vocabulary_counts_by_its_weight() -> None:
    logits = torch.zeros(1, 20)
    total, _ = loss.LetterLoss(LETTERS, Loss(vocabulary=0.5))(logits, batch(line(0, 4)))
    assert float(total) == pytest.approx(math.log(4) + 0.5 * math.log(20))


def test_tasks_are_weighed_and_told_apart() -> None:
    logits = torch.zeros(2, 20)
    both = batch(line(0, 2), packs.Line((1, 3), 2, 0, 4, "explain"))
    weights = Loss(vocabulary=0.0, explain=3.0)
    total, answers = loss.LetterLoss(LETTERS, weights)(logits, both)
    assert float(total) == pytest.approx(math.log(2) + 3 * math.log(4))
    assert answers.tasks.tolist() == [0, 1]
    assert answers.right.tolist() == [True, True]


def test_smoothing_shares_the_target_among_the_letters() -> None:
    logits = torch.zeros(1, 20)
    logits[0, 5] = 2.0
    weights = Loss(vocabulary=0.0, smoothing=0.2)
    total, _ = loss.LetterLoss(LETTERS, weights)(logits, batch(line(0, 2)))
    first = -math.log(math.exp(2) / (math.exp(2) + 1))
    assert float(total) == pytest.approx(0.9 * first + 0.1 * (first + 2), rel=1e-5)


def test_a_reason_behind_the_letter_is_learned_where_it_is_asked_for() -> None:
    one = batch(line(0, 2, "explain", (5, 14, 13)))
    assert one["keep"].tolist() == [1, 2, 3] and one["following"].tolist() == [14, 13]
    logits = torch.zeros(3, 20)
    without, _ = loss.LetterLoss(LETTERS, Loss(vocabulary=0.0))(logits, one)
    with_it, _ = loss.LetterLoss(LETTERS, Loss(vocabulary=0.0, rationale=0.25))(logits, one)
    assert float(with_it - without) == pytest.approx(0.25 * 2 * math.log(20))
