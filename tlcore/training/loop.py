"""The one graph loop: batches, steps and validation run inside one call, on data that is in memory.

A call trains a *chunk*: whole epochs when they are short, a part of one when they are long. What a call has summed up goes
into the next one, so that the numbers do not depend on where the chunks were cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tlcore.training.network import Network

MEASURE = 256  # examples validated at a time


@dataclass(frozen=True)
class Structure:
    """What a graph is made for: the frozen prefix, and for each later block whether it trains and BatchNorm follows."""

    prefix: int
    moving: tuple[bool, ...]
    statistics: bool


class Loop:
    """Graphs of one network for one structure."""

    def __init__(self, net: Network, structure: Structure) -> None:
        self.net = net
        self.structure = structure
        self.names = ("loss", *net.task.metrics)
        blocks = net.blocks[structure.prefix :]
        self.variables = [variable for part in (*blocks, net.task.head) for variable in part.trainable_variables]
        self.train = tf.function(self._train, reduce_retracing=True)
        self.measure = tf.function(self._measure, reduce_retracing=True)
        self.outputs = tf.function(lambda features: self._forward(features, False), reduce_retracing=True)

    def _forward(self, values: Any, training: bool) -> Any:
        blocks = zip(self.net.blocks[self.structure.prefix :], self.structure.moving, strict=True)
        for block, moving in blocks:
            # Each layer is told its mode itself: a nested BatchNorm would otherwise take it from the model around it.
            for layer in block.layers:
                follows = self.structure.statistics or not isinstance(layer, keras.layers.BatchNormalization)
                values = layer(values, training=training and moving and follows)
        return self.net.task.head(values, training=training)

    def _sums(self, features: Any, labels: Any, training: bool) -> tuple[Any, Any]:
        """Mean loss of a batch, and the sums of loss and metrics over its examples."""
        outputs = self._forward(features, training)
        losses = self.net.task.loss(outputs, features, labels)
        values = [losses, *(metric(outputs, features, labels) for metric in self.net.task.metrics.values())]
        return tf.reduce_mean(losses), tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])

    def _step(self, features: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss, sums = self._sums(features, labels, True)
        self.net.optimizer.apply(tape.gradient(loss, self.variables), self.variables)
        return sums

    def _train(self, features: Any, labels: Any, seen: Any, known: Any, order: Any, batch: Any, first: Any, last: Any, carry: Any) -> Any:
        """Steps first..last of each epoch in ``order`` (epochs, n); validation on (seen, known) after a whole epoch.

        Returns (epochs, 2 * metrics) sums, train then validation, the sums of an unfinished epoch, and whether all was finite.
        """
        count = tf.shape(order)[1]
        rows = tf.TensorArray(tf.float64, size=tf.shape(order)[0], element_shape=(2 * len(self.names),))
        finite = tf.constant(True)
        for epoch in tf.range(tf.shape(order)[0]):
            if finite:
                for step in tf.range(first, last):
                    chosen = order[epoch, step * batch : tf.minimum((step + 1) * batch, count)]
                    carry += self._step(tf.gather(features, chosen), tf.gather(labels, chosen))
                    finite = tf.reduce_all(tf.math.is_finite(carry))
                    if not finite:
                        break
                if finite and last * batch >= count:
                    rows = rows.write(epoch, tf.concat([carry, self._measure(seen, known)], 0))
                    carry = tf.zeros_like(carry)
                else:
                    rows = rows.write(epoch, tf.fill([2 * len(self.names)], tf.constant(float("nan"), tf.float64)))
        return rows.stack(), carry, finite

    def _measure(self, features: Any, labels: Any) -> Any:
        """Sums of loss and metrics over all examples, in inference mode."""
        total = tf.zeros([len(self.names)], tf.float64)
        for start in tf.range(0, tf.shape(features)[0], MEASURE):
            _, sums = self._sums(features[start : start + MEASURE], labels[start : start + MEASURE], False)
            total += sums
        return total


def loop(net: Network, structure: Structure) -> Loop:
    """The loop of a structure, kept with its network."""
    if structure not in net.graphs:
        net.graphs[structure] = Loop(net, structure)
    return net.graphs[structure]


def order(count: int, seed: int, epochs: range) -> np.ndarray:
    """The order of the examples in each epoch, (epochs, count) int32; it depends on seed and epoch alone."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(count) for epoch in epochs]).astype("int32")
