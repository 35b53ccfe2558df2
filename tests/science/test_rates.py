"""The suggested learning rate: steep, and not too large."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.science.rates import suggested

RATES = np.geomspace(1e-5, 1, 26).tolist()


def test_it_lies_where_the_loss_falls_fastest():
    losses = [2.3 - 2 / (1 + np.exp(-3 * (np.log(rate) - np.log(1e-2)))) for rate in RATES]
    assert suggested(RATES, losses) == pytest.approx(1e-2, rel=1.0)


def test_what_comes_after_the_loss_broke_does_not_count():
    losses = [2.3, 2.2, 1.9, 1.5, 1.4, 50.0, 2.0, 0.1]
    assert suggested(RATES[:8], losses) <= RATES[4]


@pytest.mark.parametrize("losses", [[2.3, 2.4, 2.5, 2.6, 2.7], [2.3], [2.3, float("nan"), 2.0]])
def test_a_loss_that_never_falls_suggests_nothing(losses):
    assert suggested(RATES, losses) is None
