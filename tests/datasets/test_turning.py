"""Which classes have no way up."""

from types import SimpleNamespace

import numpy as np
import pytest

from tlcore.datasets import turning


def set_of(**drawings):
    """A data set of 60 images of each drawing, each moved by a pixel or so and in its own grey."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    for label, draw in enumerate(drawings.values()):
        for _ in range(60):
            image = np.zeros((28, 28, 1), np.uint8)
            draw(image, rng.integers(120, 255))
            images.append(np.roll(image, rng.integers(-1, 2, 2), (0, 1)))
            labels.append(label)
    return SimpleNamespace(train=SimpleNamespace(images=np.stack(images), labels=np.array(labels)), classes=tuple(drawings))


def bar(image, grey):
    image[4:24, 12:16] = grey


def hook(image, grey):
    image[4:24, 8:12] = grey
    image[20:24, 8:20] = grey


def ring(image, grey):
    image[6:22, 6:22] = grey
    image[10:18, 10:18] = 0


def test_what_looks_the_same_upside_down_has_no_way_up():
    data = set_of(bar=bar, hook=hook, ring=ring)
    assert turning.turnable(data) == ("bar", "ring")
    shares = turning.upright(data)
    assert shares["hook"] > 0.97 and all(0.2 < shares[name] < 0.8 for name in ("bar", "ring"))


def test_one_image_of_a_class_says_nothing_and_breaks_nothing():
    data = set_of(hook=hook)
    data.train.images, data.train.labels = data.train.images[:1], data.train.labels[:1]
    assert turning.upright(data) == {"hook": 0.0}


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_shrinking_keeps_the_mean(shift):
    flat = np.full((2, 20, 30), 0.5, "float32")
    small = turning._shrunk(flat, (0, shift))
    assert small.shape == (4, 2, 49)
    np.testing.assert_allclose(small[0], 0.5, atol=1e-6)
