"""Features as a cloud: its dimensions, its picture in the plane, and how the picture is turned."""

import numpy as np
import pytest

from tlcore.science.embedding import plane, rank, turned

RNG = np.random.default_rng(0)


def test_the_rank_is_that_of_the_formula_and_lies_between_one_and_all_dimensions():
    features = RNG.normal(size=(200, 16)) * np.linspace(1, 0.1, 16)
    shares = np.linalg.svd(features, compute_uv=False)
    shares = shares / shares.sum() + 1e-7  # Garrido 2023, eq. 1, with the offset
    assert rank(features) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-4)
    assert rank(features) == pytest.approx(rank(7.0 * features)) and 1 < rank(features) < 16


def test_features_that_are_all_the_same_fill_one_dimension():
    same = np.ones((50, 8)) + 1e-4 * RNG.normal(size=(50, 8))
    assert rank(same) < 1.05 < rank(RNG.normal(size=(50, 8)))


def test_the_plane_shows_the_two_widest_axes_and_says_how_much_that_is():
    features = RNG.normal(size=(400, 5)) * [0.1, 4.0, 0.1, 2.0, 0.1] + 9.0
    points, share = plane(features)
    assert points.shape == (400, 2) and share > 0.98 and np.median(np.linalg.norm(points, axis=1)) == pytest.approx(1)
    assert abs(np.corrcoef(points[:, 0], features[:, 1])[0, 1]) > 0.99 and abs(np.corrcoef(points[:, 1], features[:, 3])[0, 1]) > 0.99


@pytest.mark.parametrize("features", [np.zeros((4, 3)), np.ones((1, 3)), np.arange(4.0)[:, None]])
def test_a_cloud_without_two_dimensions_has_a_picture_too(features):
    points, share = plane(features)
    assert points.shape == (len(features), 2) and np.isfinite(points).all() and 0 <= share <= 1


def test_a_picture_that_was_turned_and_mirrored_is_turned_back():
    points = RNG.normal(size=(30, 2))
    angle = np.array([[np.cos(2.0), -np.sin(2.0)], [np.sin(2.0), np.cos(2.0)]])
    np.testing.assert_allclose(turned(points @ angle @ np.diag([1.0, -1.0]), points), points, atol=1e-12)
