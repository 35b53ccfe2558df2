"""Linear CKA against the reference, by its keys ``linear_cka`` and ``linear_cka_null``."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.science.similarity import linear_cka

ONE = np.random.RandomState(4).randn(20, 6)
OTHER = ONE @ np.random.RandomState(5).randn(6, 5) + 0.5 * np.random.RandomState(6).randn(20, 5)


def test_the_values_of_the_reference():
    assert linear_cka(ONE, OTHER) == pytest.approx(0.7661494967861511)
    assert linear_cka(ONE, OTHER, debiased=True) == pytest.approx(0.7575591602665869)


def test_a_turned_scaled_shifted_copy_is_the_same():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    assert linear_cka(ONE, 3 * ONE @ turn + 7) == pytest.approx(1.0)
    assert linear_cka(ONE, ONE) == pytest.approx(linear_cka(ONE, ONE, debiased=True)) == pytest.approx(1.0)


def test_what_has_nothing_in_common_looks_alike_unless_debiased():
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(50, 200)), rng.normal(size=(50, 200))) for _ in range(20)]
    assert np.mean([linear_cka(*pair) for pair in pairs]) == pytest.approx(0.798, abs=0.01)
    assert abs(np.mean([linear_cka(*pair, debiased=True) for pair in pairs])) < 0.03


def test_features_that_do_not_vary_are_like_nothing():
    assert linear_cka(np.ones((10, 3)), ONE[:10]) == 0.0
    with pytest.raises(ValueError, match="same examples"):
        linear_cka(ONE, OTHER[:10])
