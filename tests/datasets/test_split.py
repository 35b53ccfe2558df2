import pickle

import numpy as np
import pytest

from tlcore.datasets import Raw, find, reshape
from tlcore.datasets.split import split
from tlcore.registry import InputError

SHARES = {"validation": 0.1, "test": 0.3}


def test_training_has_no_way_to_the_test_part(prepared):
    dataset = find("mnist")
    public = {name for name in dir(dataset) if not name.startswith("_")}
    assert "test" not in public and "images" not in public and "labels" not in public
    assert dataset.open_test().name == "test"


def test_the_seed_of_a_split_is_the_name():
    raw = Raw(np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1), np.arange(40) % 2, ("a", "b"))
    order, sizes = split("one", raw, SHARES)
    assert sizes == {"train": 24, "validation": 4, "test": 12}
    assert sorted(order) == list(range(40))
    assert np.array_equal(order, split("one", raw, SHARES)[0])
    assert not np.array_equal(order, split("two", raw, SHARES)[0])


def test_copies_are_left_out():
    images = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
    raw = Raw(np.concatenate([images, images[:10]]), np.arange(30) % 2, ("a", "b"))
    order, sizes = split("one", raw, SHARES)
    assert sorted(order) == list(range(20)) and sum(sizes.values()) == 20


def test_a_small_class_is_in_every_part():
    raw = Raw(np.arange(23, dtype=np.uint8).reshape(23, 1, 1, 1), np.array([0] * 20 + [1] * 3), ("a", "b"))
    order, sizes = split("one", raw, SHARES)
    bounds = np.cumsum([sizes[part] for part in ("train", "validation")])
    assert all((raw.labels[part] == 1).sum() == 1 for part in np.split(order, bounds))


def test_pickled_without_its_images(prepared):
    dataset = find("glyphs")
    assert len(dataset.train) > 10_000
    packed = pickle.dumps(dataset)
    assert len(packed) < 20_000
    assert np.array_equal(pickle.loads(packed).train.labels, dataset.train.labels)


def test_reshape():
    images = np.arange(5 * 784).reshape(5, 28, 28, 1)
    assert np.array_equal(reshape(images, (-1, 784)), images.reshape(5, 784))
    assert reshape(images, (5, 14, 56)).shape == (5, 14, 56)
    with pytest.raises(InputError, match="has 784 values, not 100"):
        reshape(images, (-1, 100))
    with pytest.raises(InputError, match="There are 5 images, not 10: begin the shape with 5 or -1"):
        reshape(images, (10, 784))
