"""Heads: what a new head starts from, computed from features alone."""

import numpy as np
import pytest

from tlcore.heads import HEADS
from tlcore.science.probe import probe

TINY = (  # transferability_cases.json, case A_tiny_2class: features and labels
    np.array([[2.1, 0.2], [1.6, -0.1], [2.4, 0.1], [-1.8, 0.3], [-2.2, -0.2], [-0.8, 0.9], [0.6, 0.5], [-0.4, -0.6]]),
    np.array([0, 0, 0, 1, 1, 1, 0, 1]),
)
SOLVED = {"A_tiny_2class": 0.06844721432160944, "C_random_N_gt_D": 0.33144728348397845}  # linear_probe_lam0.01_objective


def drawn():
    """Case C_random_N_gt_D of transferability_cases.json, by its generator."""
    r = np.random.RandomState(20240607)
    labels = r.randint(0, 5, 200)
    means = r.randn(5, 16) * 0.6
    return means[labels] + r.randn(200, 16), labels


FEATURES, LABELS = drawn()


def logits(features, head):
    kernel, bias = head
    return features @ kernel + bias


def cross_entropy(features, labels, head):
    given = logits(features, head)
    given = given - given.max(1, keepdims=True)
    return (np.log(np.exp(given).sum(1)) - given[range(len(labels)), labels]).mean()


def objective(features, labels, head, penalty=0.01):
    return cross_entropy(features, labels, head) + penalty / 2 * (head[0] ** 2).sum()


def distances(features, labels):
    """Squared distance of each example to the mean of each class."""
    centres = np.stack([features[labels == name].mean(0) for name in range(labels.max() + 1)])
    return ((features[:, None] - centres[None]) ** 2).sum(2)


def first(classes):
    features, labels = drawn()
    return features[labels < classes], labels[labels < classes]


@pytest.mark.parametrize("name", ["glorot", "source"])
def test_a_head_that_does_not_look_at_features_makes_no_weights(name):
    assert HEADS[name](FEATURES, LABELS, 5) is None


def test_a_head_of_zeros_guesses_and_sends_nothing_down():
    kernel, bias = HEADS["zero"](FEATURES, LABELS, 5)
    assert cross_entropy(FEATURES, LABELS, (kernel, bias)) == pytest.approx(np.log(5), abs=1e-12)
    gradient = (np.full((200, 5), 0.2) - np.eye(5)[LABELS]) @ kernel.T
    assert gradient.shape == FEATURES.shape and not gradient.any()


def test_a_head_of_centroids_ranks_classes_by_the_distance_of_their_means():
    given = logits(FEATURES, HEADS["centroid"](FEATURES, LABELS, 5))
    np.testing.assert_array_equal((-given).argsort(1), distances(FEATURES, LABELS).argsort(1))


def test_a_class_without_an_example_starts_at_zero_beside_centroids():
    kernel, bias = HEADS["centroid"](FEATURES, LABELS, 7)
    assert kernel.shape == (16, 7) and bias.shape == (7,)
    assert not kernel[:, 5:].any() and not bias[5:].any()
    np.testing.assert_array_equal(kernel[:, :5], HEADS["centroid"](FEATURES, LABELS, 5)[0])


@pytest.mark.parametrize("name", ["C_random_N_gt_D", "A_tiny_2class"])
def test_a_probe_has_its_reference_objective(name):
    features, labels = TINY if name == "A_tiny_2class" else (FEATURES, LABELS)
    head = probe(features, labels, len(np.unique(labels)), 0.01, standardise=False)
    assert objective(features, labels, head) == pytest.approx(SOLVED[name], rel=1e-6)


def test_a_probe_does_not_depend_on_the_order_of_examples_or_features():
    expected = objective(FEATURES, LABELS, probe(FEATURES, LABELS, 5, 0.01, standardise=False))
    for seed in range(3):
        r = np.random.default_rng(seed)
        rows, columns = r.permutation(200), r.permutation(16)
        features, labels = FEATURES[rows][:, columns], LABELS[rows]
        found = objective(features, labels, probe(features, labels, 5, 0.01, standardise=False))
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("classes", [2, 5])
def test_no_step_from_a_probe_leads_lower(classes):
    features, labels = first(classes)
    kernel, bias = probe(features, labels, classes, 0.01, standardise=False)
    likely = np.exp(logits(features, (kernel, bias)))
    away = likely / likely.sum(1, keepdims=True) - np.eye(classes)[labels]
    assert abs(features.T @ away / len(labels) + 0.01 * kernel).max() < 2e-8
    assert abs(away.mean(0)).max() < 2e-8


def test_a_probe_takes_raw_features_however_they_are_scaled():
    scaled = FEATURES * np.logspace(-3, 3, 16) + np.linspace(-5, 5, 16)
    one, two = (logits(features, HEADS["probe"](features, LABELS, 5)) for features in (FEATURES, scaled))
    np.testing.assert_allclose(one, two, atol=1e-5)
    standard = (FEATURES - FEATURES.mean(0)) / FEATURES.std(0)
    np.testing.assert_allclose(one, logits(standard, probe(standard, LABELS, 5, 0.01, standardise=False)), atol=1e-5)


def test_a_feature_that_never_changes_is_no_trouble_for_a_probe():
    features = np.hstack([FEATURES, np.full((200, 1), 3.0)])
    kernel, bias = HEADS["probe"](features, LABELS, 5)
    assert np.isfinite(kernel).all() and np.isfinite(bias).all() and abs(kernel[-1]).max() < 1e-6


@pytest.mark.parametrize("classes", [2, 5])
def test_a_probe_that_may_have_no_weights_tells_how_frequent_classes_are(classes):
    features, labels = first(classes)
    kernel, bias = probe(features, labels, classes, 1e5)
    likely = np.exp(logits(features, (kernel, bias)))
    frequent = np.bincount(labels) / len(labels)
    np.testing.assert_allclose(likely / likely.sum(1, keepdims=True), np.broadcast_to(frequent, likely.shape), atol=1e-4)


@pytest.mark.parametrize("there", [[0], [1, 3], [0, 2, 4]])
def test_a_class_without_an_example_has_no_weight_and_is_not_favoured_by_a_probe(there):
    some = np.isin(LABELS, there)
    kernel, bias = HEADS["probe"](FEATURES[some], LABELS[some], 6)
    absent = [name for name in range(6) if name not in there]
    assert kernel.shape == (16, 6) and bias.shape == (6,) and np.isfinite(kernel).all()
    assert not kernel[:, absent].any() and (bias[absent] <= bias[there].min()).all()
    if len(there) > 1:
        right = logits(FEATURES[some], (kernel, bias))[:, there].argmax(1) == np.searchsorted(there, LABELS[some])
        assert right.mean() > 0.9
