"""Which rows are learned from."""

from __future__ import annotations

from collections import Counter

from codi_hook.ranking.prompt import Question
from trainer.train.config import Sample
from trainer.train.data import Example
from trainer.train.plan import thinned


def examples(task: str, rule: str, answers: str) -> list[Example]:
    question = Question("", "", "Best fix?\nA a\nB b", (0, 1))
    return [Example(question, 0, task, "", rule, answer) for answer in answers]


ROWS = [
    *examples("rank", "contested", "ab" * 100),
    *examples("rank", "settled", "a" * 100),
    *examples("explain", "contested", "ab" * 100),
]


def counted(config: Sample, seed: int = 0) -> Counter[tuple[str, str]]:
    return Counter((one.task, one.rule) for one in thinned(ROWS, config, seed))


def test_all_of_them_where_nothing_is_said() -> None:
    assert thinned(ROWS, Sample(), 0) == tuple(ROWS)


def test_limits() -> None:
    assert counted(Sample(rule=50, explain=20, settled=10)) == {
        ("rank", "contested"): 50,
        ("rank", "settled"): 10,
        ("explain", "contested"): 20,
    }
    assert counted(Sample(rule=50)) == {
        ("rank", "contested"): 50,
        ("rank", "settled"): 50,
        ("explain", "contested"): 50,
    }


def test_proportions_stay_and_the_seed_decides() -> None:
    rows = examples("rank", "contested", "a" * 900 + "b" * 300)
    chosen = thinned(rows, Sample(rule=400), 1)
    found = Counter(one.answer for one in chosen)
    assert 60 < found["b"] < 140
    assert chosen == thinned(rows, Sample(rule=400), 1)
    assert [id(one) for one in chosen] != [id(one) for one in thinned(rows, Sample(rule=400), 2)]
