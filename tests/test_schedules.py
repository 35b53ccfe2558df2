"""Schedules: one factor a step, and the reference values of two of them."""

import numpy as np
import pytest

from tlcore.schedules import SCHEDULES, slanted_triangle, warmup_cosine

RATES = {  # learning rates by step: objective_cases.json
    "warmup_cosine": {0: 1e-4, 9: 1e-3, 10: 1e-3, 60: 5e-4, 109: 2.467198171342e-07},
    "stlr_ulmfit": {0: 0.0003125, 5: 0.00515625, 10: 0.01, 50: 0.005694444444444445, 99: 0.0004201388888888885},
}
EXTREMES = {
    "finder": [{"decades": 1.0}, {"decades": 8.0}],
    "constant": [{}],
    "cosine": [{}, {"warmup": 0.0}, {"warmup": 0.5}],
    "triangle": [{}, {"cut": 0.01}, {"cut": 0.9}, {"ratio": 1.0}, {"ratio": 1000.0}],
}


def test_warm_up_and_cosine_have_their_reference_values():
    rates = 1e-3 * warmup_cosine(110, 10)
    np.testing.assert_allclose([rates[step] for step in RATES["warmup_cosine"]], [*RATES["warmup_cosine"].values()], rtol=1e-9)
    assert warmup_cosine(1000, 0)[-1] == pytest.approx(0, abs=1e-5)


def test_the_slanted_triangle_has_its_reference_values():
    rates = 0.01 * slanted_triangle(100, 0.1, 32)
    np.testing.assert_allclose([rates[step] for step in RATES["stlr_ulmfit"]], [*RATES["stlr_ulmfit"].values()], rtol=1e-9)


def test_a_constant_rate_is_the_chosen_one_in_every_step():
    np.testing.assert_array_equal(SCHEDULES["constant"](7), np.ones(7))


@pytest.mark.parametrize("steps", [1, 2, 3, 100])
@pytest.mark.parametrize("name", SCHEDULES.names())
def test_every_schedule_has_a_factor_for_every_step(name, steps):
    for knobs in EXTREMES[name]:
        factors = SCHEDULES[name](steps, **SCHEDULES.settings(name, knobs))
        assert factors.shape == (steps,)
        assert np.isfinite(factors).all() and factors.min() >= 0 and factors.max() <= 1


@pytest.mark.parametrize(("name", "top"), [("cosine", 5), ("triangle", 10)])
def test_a_rate_rises_to_the_chosen_one_and_falls_from_there(name, top):
    factors = SCHEDULES[name](100)
    assert factors[top] == factors.max() == 1
    assert (np.diff(factors[:top]) > 0).all() and (np.diff(factors[top:]) < 0).all()
