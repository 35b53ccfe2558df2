"""What is shown before a run is what its net is given in the first step, to the last grey level."""

import numpy as np
import pytest
import tensorflow as tf

from tlcore.datasets import load
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.training import Silent, train
from tlcore.training.network import Network
from tlcore.training.preview import first

DRAWN = [each.name for each in OBJECTIVES if each.facts.get("makes")]


def spec(objective, **given):
    return RunSpec.make("pretrain", dataset="digits", objective=objective, labels_per_class=3, batch_size=15, epochs=1, **given)


def test_it_is_what_the_net_is_given_in_its_first_step(monkeypatch):
    given, forward = [], Network.forward

    def watched(self, values, parts, moving=(), statistics=False):
        if moving:
            with tf.control_dependencies([tf.numpy_function(lambda seen: given.append(seen) or np.int64(0), [values], tf.int64)]):
                values = tf.identity(values)
        return forward(self, values, parts, moving, statistics)

    monkeypatch.setattr(Network, "forward", watched)
    asked = spec("simclr", augmentations=("affine", "noise"), seed=5)  # a net that no other test has traced
    assert train(asked, Silent()).error is None
    shown = first(asked, load("digits"), 6)
    views = np.split(given[0], len(shown) - 1)
    trained = np.clip(np.stack(views)[:, :6] * 255, 0, 255).round()
    assert np.abs(trained - shown[1:]).max() <= 1  # a graph may round otherwise than a single operation


@pytest.mark.parametrize("objective", DRAWN)
def test_every_view_that_is_announced_is_drawn_below_the_images(objective):
    rows = first(spec(objective), load("digits"), 4)
    assert rows.shape == (1 + len(OBJECTIVES[objective].facts["makes"]), 4, 8, 8, 1) and rows.dtype == np.uint8
    assert all((row != rows[0]).any() for row in rows[2 if objective == "rotation" else 1 :])


def test_knobs_and_seed_are_followed():
    data = load("digits")
    assert (first(spec("denoising", noise=0.0), data, 4)[1] == first(spec("denoising", noise=0.0), data, 4)[0]).all()
    one, other = (first(spec("simclr", augmentations=("contrast",), seed=seed), data, 4) for seed in (0, 1))
    assert (one != other).any() and (one[1] <= one[0]).all()


def test_what_announces_views_makes_them_and_nothing_else_does():
    makes = {each.name: len(each.facts.get("makes", ())) for each in OBJECTIVES}
    assert makes == {each.name: each.facts.get("views", 1 if each.facts.get("chance") else 0) for each in OBJECTIVES}
