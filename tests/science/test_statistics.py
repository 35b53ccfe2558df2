"""Means and intervals against known values."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.science.statistics import interval, mean


def test_the_interval_of_the_reference():
    differences = [0.012, 0.02, 0.005, 0.018, 0.009]
    assert mean(differences) == pytest.approx(0.0128)
    assert interval(differences) == pytest.approx((0.005075692196212766, 0.02052430780378723))


@pytest.mark.parametrize("few", [[], [0.5], [0.5, 0.6], [0.1, 0.2, 0.3, 0.4]])
def test_fewer_than_five_seeds_give_none(few):
    assert interval(few) is None


def test_it_covers_what_it_promises():
    rng = np.random.default_rng(0)
    inside = [low <= 0 <= high for low, high in (interval(sample) for sample in rng.normal(size=(2000, 5)))]
    assert 0.93 < np.mean(inside) < 0.97
