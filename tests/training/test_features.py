"""The prefix cache."""

import numpy as np
import pytest

from tlcore.training import features as cache
from tlcore.training.features import CHUNK, features, forget, outputs
from tlcore.training.network import network

IMAGES = np.random.default_rng(0).integers(0, 256, (CHUNK + 44, 8, 8, 1), dtype=np.uint8)


@pytest.fixture
def net(pretraining):
    forget()
    net = network(pretraining, 10)
    net.load(net.initial(0))
    return net


@pytest.fixture
def passes(monkeypatch):
    """What was computed, in order."""
    seen, compute = [], cache._chunked
    monkeypatch.setattr(cache, "_chunked", lambda net, what, *rest: seen.append(what) or compute(net, what, *rest))
    return seen


def quiet():
    """Nobody wishes anything."""


@pytest.mark.parametrize("prefix", range(5))
def test_features_are_what_the_first_blocks_make_of_images(net, prefix):
    expected = net.forward(net.prepare(IMAGES), range(prefix))
    np.testing.assert_allclose(features(net, IMAGES, "some", prefix, quiet), expected, atol=1e-5)


def test_outputs_are_what_the_rest_makes_of_features(net):
    whole = net.forward(net.prepare(IMAGES), range(5))
    for prefix in (0, 4):
        np.testing.assert_allclose(outputs(net, features(net, IMAGES, "some", prefix, quiet), prefix, quiet), whole, atol=1e-5)


def test_an_image_has_the_same_features_in_any_company(net):
    together = np.asarray(features(net, IMAGES, "all", 3, quiet))
    alone = np.asarray(features(net, IMAGES[:5], "five", 3, quiet))
    assert alone.tobytes() == together[:5].tobytes()


def test_the_same_weights_and_images_are_computed_once(net, passes):
    first = features(net, IMAGES, "some", 2, quiet)
    net.load({**net.initial(0), "head/logits/bias": np.ones(10, "float32")})  # behind the prefix
    assert features(net, IMAGES, "some", 2, quiet) is first
    assert passes == ["prepare", range(2)]


def test_other_weights_other_images_or_another_prefix_are_computed_again(net, passes):
    features(net, IMAGES, "some", 2, quiet)
    features(net, IMAGES[::-1], "others", 2, quiet)
    features(net, IMAGES, "some", 1, quiet)
    net.load(net.initial(1))
    features(net, IMAGES, "some", 2, quiet)
    assert [what for what in passes if what != "prepare"] == [range(2), range(2), range(1), range(2)]


def test_what_was_used_longest_ago_makes_room(net, passes, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 3 * len(IMAGES) * 64 * 4)  # three times the prepared images
    for name in ("one", "two", "one", "three", "four", "one", "two"):
        features(net, IMAGES, name, 0, quiet)
    assert len(passes) == 5


def test_whoever_listens_can_end_a_pass(net):
    with pytest.raises(KeyboardInterrupt):
        features(net, IMAGES, "some", 0, _interrupt)


def _interrupt():
    raise KeyboardInterrupt
