"""The graph loop: its parity with Keras, and its numbers wherever calls are cut."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.training import run  # noqa: F401 - it sets TensorFlow as every run finds it
from tlcore.training.loop import Loop, Structure, cuts, loop, order, steps
from tlcore.training.network import Network, network

RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 8, 8, 1), dtype="float32")
LABELS = RNG.integers(0, 10, 40).astype("int32")
EVERYTHING = Structure(0, (0, 1, 2, 3, 4), True)


@pytest.fixture
def net(pretraining):
    """The shared net at fresh weights, with a new optimizer."""
    net = network(pretraining, 10)
    net.load(net.initial(0))
    net.optimizer.reset()
    net.optimizer.steer(2e-3, dict.fromkeys(net.variables, 1.0))
    return net


def learn(graph, epochs, batch=16, at=0, features=IMAGES, labels=LABELS):
    """Train epochs in one call; returns their sums."""
    total = steps(-(-len(labels) // batch), 10, graph.net)
    shuffled = order(len(labels), 5, range(at, at + epochs))
    data = (features, labels, features[:10], labels[:10])
    return graph.train(data, shuffled, cuts(len(labels), batch), 0, total, np.zeros(graph.width)).numpy()


def test_fed_the_same_batches_it_ends_with_the_weights_of_keras_fit(net, pretraining):
    twin = Network(pretraining, 10)
    twin.load(net.weights())
    model = keras.Sequential(twin.parts)
    model.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    bounds = cuts(40, 16)
    rows = [row[first:last] for row in order(40, 5, range(3)) for first, last in pairwise(bounds)]
    batches = tf.data.Dataset.from_generator(
        lambda: ((IMAGES[row], LABELS[row]) for row in rows),
        output_signature=(tf.TensorSpec((None, 8, 8, 1)), tf.TensorSpec((None,), tf.int32)),
    )
    model.fit(batches, epochs=3, steps_per_epoch=3, shuffle=False, verbose=0)
    start = net.weights()
    learn(loop(net, EVERYTHING, (8, 8, 1)), 3)
    ours, theirs = net.weights(), twin.weights()
    assert max(abs(ours[path] - start[path]).max() for path in ours) > 1e-2
    assert max(abs(ours[path] - theirs[path]).max() for path in ours) < 2e-6


def test_numbers_do_not_depend_on_where_calls_are_cut(net):
    graph = loop(net, EVERYTHING, (8, 8, 1))
    start = net.weights()
    whole, weights = learn(graph, 2), net.weights()
    net.load(start)
    net.optimizer.reset()
    shuffled, bounds, pieces = order(40, 5, range(2)), cuts(40, 16), []
    for epoch in range(2):
        carry = np.zeros(graph.width)
        for first, last in ((0, 1), (1, 3), (3, 4)):
            data = (IMAGES, LABELS, IMAGES[:10], LABELS[:10])
            carry = graph.train(data, shuffled[epoch : epoch + 1], bounds, first, last, carry).numpy()[-1]
        pieces.append(carry)
    assert np.stack(pieces).tobytes() == whole.tobytes()
    assert all(values.tobytes() == weights[path].tobytes() for path, values in net.weights().items())


def test_one_graph_serves_any_number_of_examples_and_epochs(net):
    graph = loop(net, EVERYTHING, (8, 8, 1))
    learn(graph, 1, batch=7)
    learn(graph, 3, features=IMAGES[:21], labels=LABELS[:21])
    assert graph.graph.experimental_get_tracing_count() == 1
    assert loop(net, EVERYTHING, (8, 8, 1)) is graph


def test_sums_are_those_of_every_example_once(net):
    net.optimizer.steer(2e-3, dict.fromkeys(net.variables, 0.0))
    graph = Loop(net, Structure(0, (4,), False), (8, 8, 1))
    [row] = learn(graph, 1, batch=16)
    logits = np.asarray(net.forward(IMAGES, range(5)))
    losses = -np.log(np.exp(logits)[range(40), LABELS] / np.exp(logits).sum(1))
    right = logits.argmax(1) == LABELS
    np.testing.assert_allclose(row[:4], [losses.sum(), right.sum(), losses[:10].sum(), right[:10].sum()], rtol=1e-5)


def test_validation_larger_than_a_piece_counts_every_example_once(net):
    graph = loop(net, EVERYTHING, (8, 8, 1))
    seen, known = np.tile(IMAGES, (14, 1, 1, 1))[:550], np.tile(LABELS, 14)[:550]
    assert steps(3, 550, net) == 3 + 3
    [row] = graph.train((IMAGES, LABELS, seen, known), order(40, 0, range(1)), cuts(40, 16), 3, 6, np.zeros(graph.width)).numpy()
    logits = np.asarray(net.forward(seen, range(5)))
    np.testing.assert_array_equal(row[:2], 0)
    assert row[3] == (logits.argmax(1) == known).sum()


def test_nothing_is_learned_after_a_loss_that_is_no_number(net):
    graph = loop(net, EVERYTHING, (8, 8, 1))
    images = IMAGES.copy()
    images[order(40, 5, range(1))[0, 20]] = np.nan
    first, second = learn(graph, 2, features=images)
    assert np.isnan(first).any() and np.isnan(second).any()
    assert net.optimizer.state()["optimizer/0"] == 2  # the step before, and the one that met it


def test_features_of_a_frozen_prefix_train_as_the_whole_pass_does(net):
    net.load(net.initial(1))
    start, (behind, full) = net.weights(), (Structure(2, (2, 3, 4), True), Structure(0, (2, 3, 4), True))
    features = np.asarray(net.forward(IMAGES, range(2)))
    gradients = {}
    for structure, given in ((behind, features), (full, IMAGES)):
        graph = Loop(net, structure, given.shape[1:])
        net.load(start)
        net.optimizer.reset()
        with tf.GradientTape() as tape:
            loss, _ = graph._sums(given[:16], LABELS[:16], structure.moving)
        gradients[structure] = tape.gradient(loss, graph.variables)
        net.load(start)  # the pass above has moved BatchNorm's statistics
        learn(graph, 17, features=given)  # 51 steps
        gradients[structure].append(net.weights())
    *ours, ended = gradients[behind]
    *theirs, expected = gradients[full]
    assert max(float(tf.reduce_max(abs(one - other))) for one, other in zip(ours, theirs, strict=True)) < 1e-6
    assert max(abs(ended[path] - expected[path]).max() for path in ended) < 1e-5


@pytest.mark.parametrize("count, batch", [(50, 16), (17, 16), (16, 16), (1, 16), (3000, 64), (7, 1)])
def test_an_epoch_is_cut_into_batches_of_nearly_one_size(count, batch):
    sizes = np.diff(cuts(count, batch))
    assert sizes.sum() == count and sizes.max() <= batch and sizes.max() - sizes.min() <= 1
    assert len(sizes) == -(-count // batch)


def test_the_order_depends_on_seed_and_epoch_alone():
    together = order(30, 2, range(5))
    assert together[3].tobytes() == order(30, 2, range(3, 4))[0].tobytes()
    assert sorted(together[3]) == list(range(30))
    assert len({row.tobytes() for row in (*together, order(30, 3, range(1))[0])}) == 6
