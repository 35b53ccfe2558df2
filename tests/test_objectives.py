"""Every objective, over several image sizes: what loop and evaluation rely on."""

import numpy as np
import pytest
import tensorflow as tf

from tlcore.objectives import OBJECTIVES

SHAPES = [(8, 8, 1), (28, 28, 1), (33, 20, 3)]
RNG = np.random.default_rng(0)
LABELS = np.array([0, 1, 2, 1], "int32")


@pytest.mark.parametrize("name", OBJECTIVES.names())
@pytest.mark.parametrize("shape", SHAPES)
def test_losses_and_metrics_are_one_finite_number_an_example(name, shape):
    task = OBJECTIVES[name](64, shape, 3)
    outputs = task.head(RNG.random((4, 64), dtype="float32"))
    images = RNG.random((4, *shape), dtype="float32")
    for measure in (task.loss, *task.metrics.values()):
        values = np.asarray(measure(outputs, images, LABELS))
        assert values.shape == (4,) and np.isfinite(values).all()
    assert (np.asarray(task.loss(outputs, images, LABELS)) >= 0).all()


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_an_objective_says_whether_it_reads_labels(name):
    task = OBJECTIVES[name](64, (8, 8, 1), 3)
    outputs = task.head(RNG.random((4, 64), dtype="float32"))
    images = RNG.random((4, 8, 8, 1), dtype="float32")
    one, other = (np.asarray(task.loss(outputs, images, labels)) for labels in (LABELS, (LABELS + 1) % 3))
    assert OBJECTIVES[name].facts["labels"] == (one != other).any()


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_every_weight_of_a_head_learns(name):
    task = OBJECTIVES[name](64, (8, 8, 1), 3)
    images, features = RNG.random((4, 8, 8, 1), dtype="float32"), RNG.random((4, 64), dtype="float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(task.loss(task.head(features, training=True), images, LABELS))
    gradients = tape.gradient(loss, task.head.trainable_variables)
    assert all(gradient is not None and np.abs(gradient).max() > 0 for gradient in gradients)


def test_guessing_costs_the_logarithm_of_the_classes():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 3)
    np.testing.assert_allclose(task.loss(np.zeros((4, 3), "float32"), None, LABELS), np.log(3), rtol=1e-6)


def test_a_head_gives_logits_not_probabilities():
    outputs = np.asarray(OBJECTIVES["supervised"](64, (8, 8, 1), 10).head(RNG.normal(size=(50, 64)).astype("float32")))
    assert outputs.shape == (50, 10) and outputs.min() < 0 and abs(outputs.sum(1) - 1).max() > 0.1


def test_certain_and_wrong_costs_much_but_never_infinitely():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 2)
    loss = np.asarray(task.loss(np.array([[100.0, -100.0], [-100.0, 100.0]], "float32"), None, np.array([1, 1])))
    np.testing.assert_allclose(loss, [200, 0], atol=1e-5)


def test_accuracy_is_whether_the_largest_logit_is_right():
    task = OBJECTIVES["supervised"](64, (8, 8, 1), 3)
    right = task.metrics["accuracy"](np.eye(3, dtype="float32")[[0, 0, 2, 1]], None, LABELS)
    assert np.asarray(right).tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("shape", [*SHAPES, (5, 7, 1)])
def test_a_drawn_image_has_the_shape_and_range_of_the_original(shape):
    drawn = np.asarray(OBJECTIVES["autoencoder"](64, shape, 3).head(RNG.normal(size=(2, 64)).astype("float32")))
    assert drawn.shape == (2, *shape) and drawn.min() >= 0 and drawn.max() <= 1


def test_the_error_of_a_drawing_is_the_mean_square_over_its_pixels():
    task = OBJECTIVES["autoencoder"](64, (8, 8, 1), 3)
    images = np.zeros((2, 8, 8, 1), "float32")
    drawn = images.copy()
    drawn[1, 0, 0, 0] = 0.8
    np.testing.assert_allclose(task.loss(drawn, images, None), [0, 0.64 / 64], rtol=1e-6)
