"""Adam with factors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.training.optimizer import FactorAdam

START = np.linspace(-1, 1, 6, dtype="float32")


@pytest.fixture
def pair():
    """An optimizer over two variables, and one step with their gradients."""
    variables = [keras.Variable(START, name=name) for name in ("left", "right")]
    optimizer = FactorAdam(variables)
    graph = tf.function(lambda *gradients: optimizer.apply(list(gradients), variables))
    return optimizer, variables, graph


def test_a_factor_of_one_is_plain_adam_to_the_last_bit(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 1.0})
    plain = keras.Variable(START)
    adam = keras.optimizers.Adam(0.01)
    adam.build([plain])
    apply = tf.function(lambda gradient: adam.apply([gradient], [plain]))
    for place in range(5):
        gradient = tf.constant(np.cos(START + place))
        step(gradient, gradient)
        apply(gradient)
    assert np.array(variables[0]).tobytes() == np.array(plain).tobytes()


def test_a_factor_changes_the_size_of_a_step_in_its_ratio(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 0.1})
    step(tf.ones(6), tf.ones(6))
    moves = [np.array(variable) - START for variable in variables]
    np.testing.assert_allclose(moves[1] / moves[0], 0.1, rtol=1e-3)


def test_a_factor_of_zero_moves_nothing(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 0.0})
    for place in range(5):
        step(tf.constant(np.cos(START + place)), tf.constant(1e6 * np.cos(START + place)))
    assert np.array(variables[1]).tobytes() == START.tobytes()
    assert np.array(variables[0]).tobytes() != START.tobytes()


def test_factors_change_without_a_new_graph(pair):
    optimizer, variables, step = pair
    for factor in (0.0, 0.5, 1.0):
        optimizer.steer(0.01, {"left": factor, "right": 1.0})
        step(tf.ones(6), tf.ones(6))
    assert step.experimental_get_tracing_count() == 1
    assert np.array(variables[0]).tobytes() != START.tobytes()


def test_a_restored_state_goes_on_to_the_last_bit(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 1.0})
    step(tf.ones(6), tf.ones(6))
    state, weights = optimizer.state(), np.array(variables[0])
    step(tf.ones(6) * 2, tf.ones(6))
    once = np.array(variables[0])
    step(tf.ones(6) * 3, tf.ones(6))
    optimizer.restore(state)
    variables[0].assign(weights)
    step(tf.ones(6) * 2, tf.ones(6))
    assert np.array(variables[0]).tobytes() == once.tobytes()


def test_a_reset_optimizer_is_a_new_one(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 1.0})
    step(tf.ones(6), tf.ones(6))
    once = np.array(variables[0])
    step(tf.ones(6) * 5, tf.ones(6))
    optimizer.reset()
    variables[0].assign(START)
    step(tf.ones(6), tf.ones(6))
    assert np.array(variables[0]).tobytes() == once.tobytes()
