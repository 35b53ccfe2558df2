"""Many dimensions on a plane: directions of largest spread, and t-SNE in a process of its own."""

import numpy as np
import pytest

from tlcore.science.plane import pca, tsne

RNG = np.random.default_rng(0)


def test_the_directions_are_those_of_the_covariance():
    values = RNG.normal(size=(40, 5)) @ np.diag([5, 3, 1, 0.5, 0.1])
    points, shares = pca(values)
    spreads, directions = np.linalg.eigh(np.cov(values.T))
    np.testing.assert_allclose(shares, spreads[::-1][:2] / spreads.sum())
    np.testing.assert_allclose(abs(points), abs((values - values.mean(0)) @ directions[:, ::-1][:, :2]), atol=1e-9)


def test_the_same_values_lie_the_same_way_however_they_were_turned_round():
    values = RNG.normal(size=(30, 4)) * [4, 2, 1, 1]
    points, _ = pca(values)
    np.testing.assert_allclose(pca(values[::-1])[0][::-1], points, atol=1e-9)
    assert points[:, 0].max() == pytest.approx(points[np.argmax(points[:, 0]), 0])


@pytest.mark.parametrize("values", [np.zeros((5, 3)), np.ones((1, 4)), np.arange(4.0)[:, None]])
def test_values_with_less_than_two_directions_still_have_a_place(values):
    points, shares = pca(values)
    assert points.shape == (len(values), 2) and np.isfinite(points).all() and 0 <= sum(shares) <= 1 + 1e-9


def test_tsne_keeps_two_heaps_apart_and_says_the_same_again():
    values = np.concatenate([RNG.normal(0, 0.1, (12, 6)), RNG.normal(5, 0.1, (12, 6))])
    laid = tsne(values)
    distances = np.linalg.norm(laid[:, None] - laid[None], axis=-1) + np.diag(np.full(24, np.inf))
    assert ((distances.argmin(1) < 12) == (np.arange(24) < 12)).all()
    np.testing.assert_array_equal(tsne(values), laid)
