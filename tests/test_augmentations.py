"""Every augmentation: what it may do to an image, and what it must not."""

import numpy as np
import pytest
import tensorflow as tf

from tlcore.augmentations import ALL, AUGMENTATIONS, view

RNG = np.random.default_rng(0)
CHANCE = np.array([3, 11], "int32")


def letter(count=64, shape=(28, 28, 1)):
    """An L: what it shows can be told from its mirror image and from being turned by a quarter."""
    images = np.zeros((count, *shape), "float32")
    images[:, 6:22, 8:11] = 1.0
    images[:, 19:22, 8:20] = 1.0
    return images


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 20, 3)])
def test_images_stay_images_of_their_shape_and_range(name, shape):
    images = RNG.random((6, *shape), dtype="float32")
    seen = np.asarray(AUGMENTATIONS[name](images, CHANCE))
    assert seen.shape == images.shape and seen.dtype == np.float32
    assert seen.min() >= 0 and seen.max() <= 1 and (seen != images).any()


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_draws_the_same_and_each_image_gets_its_own(name):
    images = letter()
    one, again, other = (np.asarray(AUGMENTATIONS[name](images, np.array([0, step], "int32"))) for step in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and len(np.unique(one.reshape(64, -1), axis=0)) > 32


@pytest.mark.parametrize("name", ALL)
def test_it_works_inside_a_graph_that_knows_no_number_of_images(name):
    graph = tf.function(
        lambda given, chance: AUGMENTATIONS[name](given, chance),
        input_signature=[tf.TensorSpec([None, 28, 28, 1]), tf.TensorSpec(2, tf.int32)],
    )
    images = letter(5)
    np.testing.assert_allclose(graph(images, CHANCE), AUGMENTATIONS[name](images, CHANCE), atol=1e-5)


def alike(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def best(image, other):
    """The highest correlation that a shift by some pixels brings about."""
    return max(alike(np.roll(image, (down, right), (0, 1)), other) for down in range(-4, 5) for right in range(-4, 5))


def test_what_is_seen_is_never_the_mirror_image_or_turned_by_a_quarter():
    image = letter(1)[0, ..., 0]
    for seen in np.asarray(AUGMENTATIONS["affine"](letter(24), CHANCE))[..., 0]:
        itself = best(image, seen)
        assert itself > 0.6
        assert itself > max(best(image[:, ::-1], seen), best(image[::-1], seen), best(np.rot90(image), seen))


def test_moves_are_as_large_as_they_are_said_to_be():
    dot = np.zeros((400, 41, 41, 1), "float32")
    dot[:, 19:22, 19:22] = 1.0
    seen = np.asarray(AUGMENTATIONS["affine"](dot, CHANCE))[..., 0]
    rows, columns = np.mgrid[:41, :41]
    weight = seen.sum((1, 2))
    down, right = ((axis * seen).sum((1, 2)) / weight - 20 for axis in (rows, columns))
    for moved in (down, right):
        assert 3 < abs(moved).max() < 1.1 * 4.1 / 0.85 and abs(moved.mean()) < 0.5


def test_contrast_only_pales():
    seen = np.asarray(AUGMENTATIONS["contrast"](np.ones((500, 2, 2, 1), "float32"), CHANCE))
    factors = seen[:, 0, 0, 0]
    assert (seen == seen[:, :1, :1]).all() and 0.6 <= factors.min() < 0.62 and 0.98 < factors.max() <= 1


def test_noise_has_the_spread_that_it_is_said_to_have():
    grey = np.full((300, 28, 28, 1), 0.5, "float32")
    spread = np.asarray(AUGMENTATIONS["noise"](grey, CHANCE)).std((1, 2, 3))
    assert 0.045 < spread.min() < 0.06 and 0.14 < spread.max() < 0.16


def test_a_quarter_is_cut_out_at_most():
    share = (np.asarray(AUGMENTATIONS["cutout"](np.ones((300, 28, 28, 1), "float32"), CHANCE)) == 0).mean((1, 2, 3))
    assert share.max() == pytest.approx(0.25, abs=0.01) and share.min() > 0.05


def test_a_view_is_one_after_the_other_each_with_draws_of_its_own():
    images = letter()
    np.testing.assert_array_equal(view(images, (), CHANCE), images)
    twice = np.asarray(view(images, ("noise", "noise"), CHANCE))
    assert (twice != np.asarray(view(images, ("noise",), CHANCE))).any()


@pytest.mark.parametrize("name", ALL)
def test_each_declares_what_it_keeps(name):
    assert len(AUGMENTATIONS[name].facts["keeps"].split()) > 4
