"""The one graph loop: batches, steps and validation run inside one call, on data that is in memory.

A step is a batch to learn from or, after those, a piece of the validation part to measure. A call makes some steps of one
epoch or whole epochs; what an epoch has summed up so far goes into the next call, so that the numbers do not depend on
where the calls were cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.training.network import Network

MEASURE = 256  # examples validated in one step


@dataclass(frozen=True)
class Structure:
    """What a graph is made for.

    prefix: blocks that are frozen without a gap from the input on: the graph starts at their output.
    moving: places of the parts (blocks, then head) that are trained. statistics: whether BatchNorm follows the batches there.
    """

    prefix: int
    moving: tuple[int, ...]
    statistics: bool


class Loop:
    """The graph of one network for one structure, traced when it is made."""

    def __init__(self, net: Network, structure: Structure, shape: tuple[int, ...]) -> None:
        self.net = net
        self.structure = structure
        self.parts = range(structure.prefix, len(net.parts))
        self.variables = [variable for place in structure.moving for variable in net.parts[place].trainable_variables]
        data = [tf.TensorSpec([None, *shape]), tf.TensorSpec([None], tf.int32)]
        whole, sums = tf.TensorSpec([], tf.int32), tf.TensorSpec([2 * len(net.measures)], tf.float64)
        lists = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)]
        self.train = tf.function(self._train, input_signature=[*data, *data, *lists, whole, whole, sums])
        self.train.get_concrete_function()

    def _train(self, features: Any, labels: Any, seen: Any, known: Any, order: Any, cuts: Any, first: Any, last: Any, carry: Any) -> Any:
        """Make steps first..last (not counted) of each epoch in ``order`` (epochs, n); batch i is order[cuts[i] : cuts[i + 1]].

        seen, known: features and labels of the validation part. carry: sums of the steps before ``first``.
        Returns the sums up to ``last`` of each epoch, (epochs, 2 * measures), train then validation; nothing is learned after
        a sum that is not finite.
        """
        batches = tf.size(cuts) - 1
        complete = last == steps(batches, tf.size(known))
        rows = tf.TensorArray(tf.float64, size=tf.shape(order)[0], element_shape=carry.shape)
        for epoch in tf.range(tf.shape(order)[0]):
            for step in tf.range(first, last):
                if tf.reduce_all(tf.math.is_finite(carry)):
                    if step < batches:
                        chosen = order[epoch, cuts[step] : cuts[step + 1]]
                        sums = self._learn(tf.gather(features, chosen), tf.gather(labels, chosen))
                        carry += tf.concat([sums, tf.zeros_like(sums)], 0)
                    else:
                        piece = slice((step - batches) * MEASURE, (step - batches + 1) * MEASURE)
                        sums = self._sums(seen[piece], known[piece], ())[1]
                        carry += tf.concat([tf.zeros_like(sums), sums], 0)
            rows = rows.write(epoch, carry)
            carry = tf.where(complete & tf.math.is_finite(carry), tf.zeros_like(carry), carry)
        return rows.stack()

    def _learn(self, features: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss, sums = self._sums(features, labels, self.structure.moving)
        self.net.optimizer.apply(tape.gradient(loss, self.variables), self.variables)
        return sums

    def _sums(self, features: Any, labels: Any, moving: tuple[int, ...]) -> tuple[Any, Any]:
        """Mean loss of a batch, and the sums of loss and metrics over its examples.

        An objective that compares with the images finds them in ``features``: it pretrains, so there is no frozen prefix.
        """
        outputs = self.net.forward(features, self.parts, moving, self.structure.statistics)
        values = [measure(outputs, features, labels) for measure in self.net.measures.values()]
        return tf.reduce_mean(values[0]), tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])


def loop(net: Network, structure: Structure, shape: tuple[int, ...]) -> Loop:
    """The loop of a structure, kept with its network. shape: that of one example behind the prefix."""
    if structure not in net.graphs:
        net.graphs[structure] = Loop(net, structure, shape)
    return net.graphs[structure]


def steps(batches: Any, known: Any) -> Any:
    """How many steps an epoch has, those of the validation part included."""
    return batches + (known + MEASURE - 1) // MEASURE


def cuts(count: int, batch: int) -> np.ndarray:
    """Where an epoch of ``count`` examples is cut into batches of at most ``batch``, all within one of the same size.

    A last batch of one or two would leave BatchNorm nothing to average over.

    >>> cuts(50, 16).tolist()
    [0, 12, 25, 37, 50]
    """
    batches = -(-count // batch)
    return np.array([place * count // batches for place in range(batches + 1)], "int32")


def order(count: int, seed: int, epochs: range) -> np.ndarray:
    """The order of the examples in each epoch, (epochs, count) int32; it depends on seed and epoch alone."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(count) for epoch in epochs]).astype("int32")
