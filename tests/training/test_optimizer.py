"""Adam with factors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.schedules import warmup_cosine
from tlcore.training import train
from tlcore.training.network import network
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


@pytest.fixture
def decayed(monkeypatch):
    """An optimizer over a kernel and a bias that carries out weight decay, and one step with their gradients."""
    monkeypatch.setattr(FactorAdam, "decays", True)
    variables = [keras.Variable(START, name=name) for name in ("kernel", "bias")]
    optimizer = FactorAdam(variables)
    return optimizer, variables, tf.function(lambda *gradients: optimizer.apply(list(gradients), variables))


@pytest.mark.parametrize("factor", [1.0, 0.1])
def test_weight_decay_is_that_of_adamw_at_the_rate_of_the_variable(decayed, factor):
    optimizer, variables, step = decayed
    optimizer.steer(0.05, {"kernel": factor, "bias": factor}, decay=0.3)
    twin = keras.Variable(START)
    adam = keras.optimizers.AdamW(0.05 * factor, weight_decay=0.3)
    for place in range(20):
        gradient = tf.constant(np.cos(START + place))
        step(gradient, gradient)
        adam.apply([gradient], [twin])
    np.testing.assert_allclose(variables[0].value, twin.value, atol=1e-6)
    assert abs(np.array(variables[0]) - np.array(variables[1])).max() > 1e-3


def test_weight_decay_is_for_kernels_alone(decayed):
    optimizer, variables, step = decayed
    optimizer.steer(0.05, {"kernel": 1.0, "bias": 1.0}, decay=0.3)
    step(tf.zeros(6), tf.zeros(6))
    np.testing.assert_allclose(variables[0].value, START * (1 - 0.05 * 0.3), rtol=1e-6)
    assert np.array(variables[1]).tobytes() == START.tobytes()


def test_what_is_frozen_is_not_decayed(decayed):
    optimizer, variables, step = decayed
    optimizer.steer(0.05, {"kernel": 0.0, "bias": 1.0}, decay=0.3)
    step(tf.ones(6), tf.ones(6))
    assert np.array(variables[0]).tobytes() == START.tobytes()
    optimizer.steer(0.05, {"kernel": 1.0, "bias": 1.0}, decay=0.0)
    optimizer.pace(0.0)
    step(tf.ones(6), tf.ones(6))
    assert np.array(variables[0]).tobytes() == START.tobytes()


def test_the_pace_of_a_step_is_a_factor_of_every_rate(pair):
    optimizer, variables, step = pair
    optimizer.steer(0.01, {"left": 1.0, "right": 0.5})
    optimizer.pace(0.2)
    step(tf.ones(6), tf.ones(6))
    for variable, rate in zip(variables, (0.002, 0.001), strict=True):
        np.testing.assert_allclose(START - np.array(variable), rate, rtol=1e-3)


def test_a_run_with_weight_decay_ends_with_a_smaller_kernel(trained, tuned):
    plain, less = (trained(tuned("linear_probe", weight_decay=decay)).weights for decay in (0.0, 10.0))
    sizes = [np.linalg.norm(weights["head/logits/kernel"]) for weights in (plain, less)]
    assert sizes[1] < 0.8 * sizes[0]


def test_a_run_goes_by_its_schedule_and_tells_the_mean_rate_of_each_epoch(tuned, source, kept):
    recorder, spec = kept(), tuned("linear_probe", schedule="cosine", warmup=0.25)
    train(spec, recorder, source)
    pace = warmup_cosine(16, 4)
    assert [row["rate"] for row in recorder.rows[1:]] == pytest.approx([3e-3 * pace[first : first + 4].mean() for first in (0, 4, 8, 12)])
    assert float(network(spec, 10).optimizer._pace) == pytest.approx(pace[-1])


def test_a_rate_that_ends_near_zero_takes_small_steps_there(tuned, source, kept):
    """The last of 16 steps counts a hundredth of the first."""
    recorder, spec = kept(), tuned("linear_probe", schedule="cosine", warmup=0.0, batch_size=64, epochs=16)
    train(spec, recorder, source)
    rates = [row["rate"] for row in recorder.rows[1:]]
    assert rates == pytest.approx(list(3e-3 * warmup_cosine(16, 0)))
    changes = [abs(row["val_loss"] - before["val_loss"]) for before, row in zip(recorder.rows, recorder.rows[1:], strict=False)]
    assert changes[-1] < 0.1 * changes[0]
