"""Measures between two learning curves; the case is ``taylor_stone`` of the reference."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.science.transfer import crossing, gains, time_to

STEPS = [0, 1, 2, 3, 4, 5]
SCRATCH = [0.1, 0.3, 0.5, 0.6, 0.66, 0.7]
TRANSFER = [0.35, 0.5, 0.6, 0.66, 0.7, 0.72]


def test_the_measures_of_the_reference():
    found = gains(STEPS, TRANSFER, SCRATCH, 0.65)
    assert (found.jumpstart, found.asymptotic_gain) == pytest.approx((0.25, 0.02))
    assert (found.area_scratch, found.area, found.transfer_ratio) == pytest.approx((2.46, 2.995, 0.21747967479674804))
    assert (found.time_to_threshold_scratch, found.time_to_threshold) == pytest.approx((3.8333333333333335, 2.8333333333333335))


def test_what_is_never_reached_is_no_number():
    assert time_to(STEPS, SCRATCH, 0.9) is None and time_to(STEPS, SCRATCH, 0.05) == 0.0
    assert gains(STEPS, TRANSFER, SCRATCH, 0.71).time_to_threshold_scratch is None


def test_an_empty_area_has_no_ratio():
    assert gains([0, 1], [0.1, 0.2], [0.0, 0.0], 0.5).transfer_ratio is None


def test_the_end_of_a_long_curve_is_its_last_tenth():
    rising = np.linspace(0, 1, 50)
    assert gains(range(50), rising, np.zeros(50), 2).asymptotic_gain == pytest.approx(rising[-5:].mean())


def test_scratch_catches_up_where_it_stays_ahead():
    lead = np.array([[-0.2, 0.1, -0.1, 0.1]])
    assert crossing([1, 2, 3, 4], np.zeros((1, 4)), lead).at == 3.5, "the first lead did not last"
    assert crossing([1, 2], np.zeros((1, 2)), np.array([[0.1, 0.1]])).at == 1.0
    assert crossing([1, 2], np.zeros((1, 2)), np.array([[0.1, -0.1]])).at is None


def test_few_seeds_give_a_crossing_without_an_interval():
    found = crossing([1, 2], np.zeros((4, 2)), np.tile([-0.1, 0.1], (4, 1)))
    assert (found.at, found.low, found.high, found.share) == (1.5, None, None, None)


def test_seeds_give_an_interval_that_may_end_behind_the_budget():
    rng = np.random.default_rng(0)
    scratch = np.linspace(-0.1, 0.1, 5) + rng.normal(0, 0.02, (8, 5))
    sure = crossing([1, 2, 3, 4, 5], np.zeros((8, 5)), scratch)
    assert 1 < sure.low < sure.at < sure.high < 5 and sure.share == 1.0
    doubtful = crossing([1, 2, 3, 4, 5], np.zeros((8, 5)), np.linspace(-0.1, 0.005, 5) + rng.normal(0, 0.02, (8, 5)))
    assert doubtful.high is None and 0 < doubtful.share < 1
