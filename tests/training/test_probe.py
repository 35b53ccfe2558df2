"""What an encoder is worth on a target, without training it."""

import numpy as np
import pytest

from tlcore.datasets import load
from tlcore.science.probe import nearest
from tlcore.spec import RunSpec
from tlcore.training import Silent, train

RNG = np.random.default_rng(0)


def test_the_nearest_by_direction_says_the_class():
    features = np.repeat(np.eye(3), 5, axis=0) * RNG.uniform(0.5, 9, (15, 1))
    labels = np.repeat([2, 0, 1], 5)
    assert nearest(features, labels, np.array([[0.1, 3, 0.2], [0, 0, 0.01], [70, 1, 1]])).tolist() == [0, 1, 2]


def test_fewer_examples_than_neighbours_and_dead_features_are_no_obstacle():
    assert nearest(np.array([[1.0, 0.0]]), np.array([4]), np.zeros((2, 2))).tolist() == [4, 4]


@pytest.fixture(scope="module")
def probed(folder):
    import os

    os.environ["TLCORE_HOME"] = str(folder)
    spec = RunSpec.make("pretrain", dataset="glyphs", scripts=("greek",), per_class=20, epochs=2, learning_rate=5e-3, probe="digits")
    return spec, train(spec, Silent())


def test_a_pretraining_tells_what_it_is_worth_elsewhere(probed):
    _, outcome = probed
    found = outcome.result["probe"]
    assert (found["dataset"], found["part"], found["labels_per_class"]) == ("digits", "validation", 20)
    assert found["images"] == len(load("digits").validation) and 0.3 < found["knn"] <= 1 and 0.3 < found["linear"] <= 1


def test_probing_changes_nothing_that_was_trained(probed, alike):
    spec, outcome = probed
    from dataclasses import replace

    plain = train(replace(spec, probe=""), Silent())
    assert alike(plain.weights, outcome.weights) and "probe" not in plain.result
