from __future__ import annotations

import math

import numpy as np
import pytest

from trainer.evaluate import bootstrap, metrics, scale
from trainer.evaluate.scale import Sample, Scale


def array(*values: float) -> metrics.Array:
    return np.asarray(values, dtype=np.float64)


def test_ranks() -> None:
    ranks, counts = array(1, 2, 3), array(2, 3, 3)
    assert metrics.top1(ranks).tolist() == [1, 0, 0]
    assert metrics.reciprocal(ranks).tolist() == [1, 0.5, pytest.approx(1 / 3)]
    assert metrics.ndcg(ranks).tolist() == [1, pytest.approx(0.63093, abs=1e-5), 0.5]
    assert metrics.pairwise(ranks, counts).tolist() == [1, 0.5, 0]
    assert metrics.wins(array(1, 2, 2), array(2, 2, 1)) == 0.5
    assert metrics.wins(array(1, 1, 1), array(2, 1, 3)) == pytest.approx(2.5 / 3)


def test_probabilities() -> None:
    shares = [[0.7, 0.2, 0.1], [0.5, 0.5], [1.0, 0.0]]
    assert metrics.brier(shares, [0, 1, 1]).tolist() == pytest.approx([0.14, 0.5, 2.0])
    found = metrics.log_loss(shares, [0, 1, 1])
    assert found.tolist() == pytest.approx([-math.log(0.7), math.log(2), -math.log(1e-6)])


def test_calibration_by_hand() -> None:
    """Ten answers that are 0.8 sure, 6 of them right; ten that are 0.3 sure, 4 right."""
    sure = np.concatenate([np.full(10, 0.8), np.full(10, 0.3)])
    right = np.concatenate([np.arange(10) < 6, np.arange(10) < 4]).astype(np.float64)
    groups = metrics.bins(sure, right)
    assert [(g["count"], g["accuracy"]) for g in groups] == [(10, 0.4), (10, 0.6)]
    assert groups[0]["low"] < 0.3 <= groups[0]["high"]
    assert metrics.calibration_error(groups) == pytest.approx(0.15)


def test_equal_mass_sees_what_equal_width_averages_away() -> None:
    """All in one wide bin, half of them too sure and half not sure enough."""
    sure = np.concatenate([np.full(15, 0.94), np.full(15, 0.98)])
    right = np.concatenate([np.full(15, 1.0), np.full(15, 0.92)])
    assert metrics.calibration_error(metrics.bins(sure, right)) == pytest.approx(0.0)
    equal = metrics.bins(sure, right, equal_mass=True)
    assert [group["count"] for group in equal] == [2] * 15
    assert metrics.calibration_error(equal) == pytest.approx(0.06, abs=0.005)


def test_bins_hold_every_answer_once() -> None:
    random = np.random.default_rng(1)
    sure = np.concatenate([random.random(501), array(0.0, 1.0, 1 / 15)])
    for equal in (False, True):
        groups = metrics.bins(sure, np.ones(len(sure)), equal_mass=equal)
        assert sum(group["count"] for group in groups) == 504
        assert all(g["low"] <= g["confidence"] <= g["high"] for g in groups)
    assert metrics.bins(array(), array()) == [] and metrics.calibration_error([]) is None


class TestBootstrap:
    def test_a_difference_that_is_the_same_everywhere_has_no_width(self) -> None:
        found = bootstrap.mean(np.full(40, 0.25), [f"o{i % 8}" for i in range(40)])
        assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)

    def test_the_width_is_that_of_theory(self) -> None:
        """400 owners with one question each, of deviation 1: ±1.96/20."""
        values = np.random.default_rng(2).standard_normal(400)
        values = (values - values.mean()) / values.std()
        found = bootstrap.mean(values, [str(i) for i in range(400)])
        assert found.low == pytest.approx(-0.098, abs=0.008)
        assert found.high == pytest.approx(0.098, abs=0.008)

    def test_questions_of_one_owner_are_not_independent(self) -> None:
        """100 copies of each of 25 answers say no more than 25 answers."""
        single = np.random.default_rng(3).standard_normal(25)
        few = bootstrap.mean(single, [str(i) for i in range(25)])
        many = bootstrap.mean(
            np.repeat(single, 100), [str(i) for i in range(25) for _ in "x" * 100]
        )
        assert (many.low, many.high) == pytest.approx((few.low, few.high))

    def test_the_seed_decides(self) -> None:
        values, owners = np.random.default_rng(4).random(60), [str(i % 20) for i in range(60)]
        assert bootstrap.mean(values, owners, 1) == bootstrap.mean(values, owners, 1)
        assert bootstrap.mean(values, owners, 1) != bootstrap.mean(values, owners, 2)

    def test_few_owners_have_no_interval(self) -> None:
        found = bootstrap.mean(np.ones(100), [str(i % 4) for i in range(100)])
        assert (found.value, found.low, found.high) == (1.0, None, None)


def samples(count: int, factor: float, options: int = 3, weight: float = 0.0) -> list[Sample]:
    """Answers drawn from softmax(logits + weight * known), seen by a model that says `factor`
    times the logits."""
    random, found = np.random.default_rng(5), []
    for number in range(count):
        logits = random.standard_normal(options) * 1.5
        known = np.log(random.dirichlet(np.ones(options)))
        shares = np.exp(logits + weight * known)
        shares /= shares.sum()
        right = int(random.choice(options, p=shares))
        shown = np.argsort(-logits)
        place = int(np.flatnonzero(shown == right)[0])
        owner, all_shown = f"o{number % 40}", (True,) * options
        found.append(
            Sample(factor * logits[shown], place, owner, "DL3000", known[shown], all_shown)
        )
    return found


class TestScale:
    @pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
    def test_the_true_one_is_found(self, factor: float) -> None:
        some = samples(4000, factor)
        found = scale.study(some, Scale())
        assert found["temperature"] == pytest.approx(factor, rel=0.06)
        assert found["after"]["ece"] < 0.03
        if factor == 3.0:
            assert found["before"]["ece"] > 0.1
        assert not any(found["several_pay"].values())

    def test_it_is_the_least_loss(self) -> None:
        some = samples(400, 2.0)
        best = scale.fit(some, 0.0).temperature
        losses = {t: scale.loss(some, Scale(t)) for t in (best / 1.1, best, best * 1.1)}
        assert min(losses, key=lambda t: losses[t]) == best

    @pytest.mark.parametrize("weight", [0.0, 0.7, 1.5])
    def test_the_frequencies_count_as_much_as_they_should(self, weight: float) -> None:
        found = scale.study(samples(3000, 2.0, weight=weight), Scale(2.0))
        assert found["prior_weight"] == pytest.approx(weight, abs=0.08)
        assert found["temperature"] == pytest.approx(2.0, rel=0.08)
        if weight:
            assert found["after"]["top1"] > found["before"]["top1"] + 0.03
            held_out = found["held_out_log_loss"]
            assert held_out["with_frequencies"] < held_out["alone"]

    def test_what_is_only_displayed_is_never_first(self) -> None:
        logits, known = np.array([3.0, 1.0, 2.0]), np.zeros(3)
        one = Sample(logits, 2, "o", "DL3000", known, (False, True, True))
        sure, right = scale.Batch([one]).first(Scale())
        assert right[0] == 1 and sure[0] == pytest.approx(np.exp(2) / np.exp(logits).sum())

    def test_several_pay_where_groups_differ(self) -> None:
        some = samples(1500, 0.4, options=2) + samples(1500, 4.0, options=5)
        found = scale.study(some, Scale())
        assert found["several_pay"]["by_options"] and not found["several_pay"]["by_rule"]

    def test_too_few(self) -> None:
        from codi_hook.errors import CodiError

        with pytest.raises(CodiError, match="too few"):
            scale.study(samples(30, 1.0), Scale())
