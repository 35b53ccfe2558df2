"""The one graph loop: batches, steps and validation run inside one call, on data that is in memory.

A step is a batch to learn from or, after those, a piece of the validation part to measure. A call makes some steps of one
epoch or whole epochs; what an epoch has summed up so far goes into the next call, so that the numbers do not depend on
where the calls were cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tlcore.objectives.task import SETTLED
from tlcore.strategies import Branch, Keep, Only, Phase, Pull
from tlcore.training.network import Network

MEASURE = 256  # examples validated in one step
TOGETHER = 128  # the same at most, where they are compared with each other: as many as a batch has unless it is told otherwise


@dataclass(frozen=True)
class Structure:
    """What a graph is made for.

    prefix: blocks that are frozen without a gap from the input on: the graph starts at their output.
    moving: places of the parts (blocks, then head) that are trained. statistics: whether BatchNorm follows the batches there.
    only: paths of the trained variables where they are not all of those parts'. keep: what a second loss holds on to.
    decays, pulls: what the optimizer does beside its step. melts: whether some variables are younger than others to it.
    """

    prefix: int
    moving: tuple[int, ...]
    statistics: bool
    only: tuple[str, ...] | None = None
    keep: str = ""
    decays: bool = False
    pulls: bool = False
    melts: bool = False

    @classmethod
    def of(cls, net: Network, phase: Phase, decay: float = 0.0, prefix: int | None = None) -> Structure:
        """The structure that a phase needs. prefix: fewer blocks than the phase freezes without a gap, where more would not pay."""
        moving = tuple(place for place, factor in enumerate((*phase.factors, phase.head)) if factor)
        some = phase.find(Only) or phase.find(Branch)
        keep = phase.find(Keep)
        only = tuple(net.trained(phase)) if some else None
        blocks = phase.prefix if prefix is None else min(prefix, phase.prefix)
        blocks = 0 if net.task.whole else blocks
        pulls, melts = phase.find(Pull) is not None, net.optimizer.melted
        return cls(blocks, moving, phase.statistics, only, keep.what if keep else "", decay > 0, pulls, melts)


@dataclass(frozen=True)
class Memory:
    """What a second loss compares with. features: (n, d) of the source for the training examples, d = 0 where there is none.

    kernel, bias: of the source's head, (d, m) and (m,). weight, temperature: of the loss.
    """

    features: Any
    kernel: Any
    bias: Any
    weight: float
    temperature: float

    @classmethod
    def none(cls, count: int) -> Memory:
        """Nothing to hold on to."""
        return cls(tf.zeros((count, 0)), tf.zeros((0, 0)), tf.zeros(0), 0.0, 1.0)


class Loop:
    """The graph of one network for one structure, traced when it is made."""

    def __init__(self, net: Network, structure: Structure, shape: tuple[int, ...]) -> None:
        self.net = net
        self.structure = structure
        self.parts = range(structure.prefix, len(net.parts))
        self.variables = self._variables()
        data = [tf.TensorSpec([None, *shape]), net.known]
        held = [tf.TensorSpec([None, None]), tf.TensorSpec([None, None]), tf.TensorSpec([None]), tf.TensorSpec([]), tf.TensorSpec([])]
        whole, sums = tf.TensorSpec([], tf.int32), tf.TensorSpec([self.width], tf.float64)
        lists = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, None])]
        self.graph = tf.function(self._train, input_signature=[*data, *data, *held, *lists, whole, whole, sums])
        self.graph.get_concrete_function()

    @property
    def width(self) -> int:
        """How many sums an epoch has: each measure of training and of validation, the gradient norm of each part, the confusion."""
        return 2 * len(self.net.measures) + len(self.net.parts) + self.net.confused**2

    def _variables(self) -> list[Any]:
        parts = [variable for place in self.structure.moving for variable in self.net.held(place) if variable.trainable]
        only = self.structure.only
        return parts if only is None else [variable for variable in parts if variable.path in only]

    def train(
        self,
        data: tuple[Any, ...],
        order: Any,
        cuts: Any,
        first: Any,
        last: Any,
        carry: Any,
        pace: Any = None,
        memory: Memory | None = None,
    ) -> Any:
        """Make steps first..last (not counted) of each epoch in ``order`` (epochs, n); batch i is order[cuts[i] : cuts[i + 1]].

        data: features and labels to learn from, then of the validation part. carry: sums of the steps before ``first``.
        pace: factor of the learning rate in each batch, (epochs, batches); None is 1. memory: for a structure with ``keep``.
        Returns the sums up to ``last`` of each epoch, (epochs, width); nothing is learned after a sum that is not finite.
        """
        pace = np.ones((len(order), len(cuts) - 1), "float32") if pace is None else pace
        memory = memory or Memory.none(len(data[1]))
        held = (memory.features, memory.kernel, memory.bias, memory.weight, memory.temperature)
        return self.graph(*data, *held, order, cuts, pace, first, last, carry)

    def _train(
        self, features: Any, labels: Any, seen: Any, known: Any, old: Any, kernel: Any, bias: Any, weight: Any, temperature: Any,
        order: Any, cuts: Any, pace: Any, first: Any, last: Any, carry: Any,
    ) -> Any:  # fmt: skip
        batches = tf.size(cuts) - 1
        complete = last == steps(batches, tf.shape(known)[0], self.net)
        rows = tf.TensorArray(tf.float64, size=tf.shape(order)[0], element_shape=carry.shape)
        learned, nothing = tf.minimum(last, batches), tf.zeros(len(self.net.parts), tf.float64)
        unseen = tf.zeros(self.net.confused**2, tf.float64)
        for epoch in tf.range(tf.shape(order)[0]):
            step = first
            while tf.logical_and(step < learned, tf.reduce_all(tf.math.is_finite(carry))):
                chosen = order[epoch, cuts[step] : cuts[step + 1]]
                self.net.optimizer.pace(pace[epoch, step])
                batch = Memory(tf.gather(old, chosen), kernel, bias, weight, temperature) if self.structure.keep else None
                sums, norms = self._learn(tf.gather(features, chosen), tf.gather(labels, chosen), batch)
                carry += tf.concat([sums, tf.zeros_like(sums), norms, unseen], 0)
                step += 1
            for piece in tf.range(tf.maximum(first - batches, 0), last - batches):
                part = piece_of(piece, tf.shape(known)[0], self.net)
                sums, confusion = self._measure(seen[part], known[part], piece)
                carry += tf.concat([tf.zeros_like(sums), sums, nothing, confusion], 0)
            rows = rows.write(epoch, carry)
            carry = tf.where(complete & tf.math.is_finite(carry), tf.zeros_like(carry), carry)
        return rows.stack()

    @tf.autograph.experimental.do_not_convert  # nothing in it depends on a tensor: tracing takes less
    def _measure(self, features: Any, labels: Any, piece: Any) -> tuple[Any, Any]:
        """The sums of a piece of the validation part, and what was taken for what. The same is drawn in each epoch, so that curves compare."""
        outputs, values = self.net.judged(features, labels, settled(piece), self.parts[:-1])
        return self._summed(values, features), self._confusion(outputs, labels)

    @tf.autograph.experimental.do_not_convert
    def _learn(self, features: Any, labels: Any, memory: Memory | None) -> tuple[Any, Any]:
        """One step; the sums of its batch, and the gradient norm of each part (0 of a frozen one)."""
        optimizer = self.net.optimizer
        optimizer.decays, optimizer.pulls, optimizer.melts = self.structure.decays, self.structure.pulls, self.structure.melts
        with tf.GradientTape() as tape:
            loss, sums = self._sums(features, labels, self.structure.moving, memory)
        gradients = tape.gradient(loss, self.variables)
        optimizer.apply(gradients, self.variables)
        return sums, self._norms(gradients)

    def _norms(self, gradients: list[Any]) -> Any:
        """Gradient norm of each part, (parts,)."""
        places = [self.net.owner[variable.path] for variable in self.variables]
        halves = tf.stack([tf.nn.l2_loss(gradient) for gradient in gradients])  # half the sum of squares
        return tf.sqrt(2.0 * tf.cast(tf.math.unsorted_segment_sum(halves, places, len(self.net.parts)), tf.float64))

    def _confusion(self, outputs: Any, labels: Any) -> Any:
        """How often each class was taken for each, rows true, flat; nothing where there are too many classes to look at."""
        count = self.net.confused
        if not count:
            return tf.zeros(0, tf.float64)
        named = tf.cast(labels[:, 0], tf.int32) if self.net.task.real else labels
        true, taken = tf.one_hot(named, count), tf.one_hot(tf.argmax(outputs, -1), count)
        return tf.cast(tf.reshape(tf.matmul(true, taken, transpose_a=True), [-1]), tf.float64)

    def _sums(self, features: Any, labels: Any, moving: tuple[int, ...], memory: Memory | None = None) -> tuple[Any, Any]:
        """What is minimised on a batch, and the sums of loss and metrics over its examples."""
        *body, head = self.parts
        chance = tf.stack([self.net.seed, tf.cast(self.net.optimizer.iterations, tf.int32)])
        batch = self.net.task.batch(features, labels, chance)
        inside = self.net.forward(batch.inputs, body, moving, self.structure.statistics)
        outputs = self.net.finish(inside, batch.labels, chance, head in moving, self.structure.statistics)
        values = self.net.measured(outputs, batch)
        loss = tf.reduce_mean(values[0])
        sums = self._summed(values, features)
        return (loss + apart(inside, memory, self.structure.keep) if memory and self.structure.keep else loss), sums

    def _summed(self, values: list[Any], features: Any) -> Any:
        """Sums over the examples; of several views of each, the mean counts."""
        sums = tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])
        if self.net.task.make is None:
            return sums
        counts = tf.stack([tf.shape(value)[0] for value in values])
        return sums * tf.cast(tf.shape(features)[0] / counts, tf.float64)


def apart(features: Any, memory: Memory, what: str) -> Any:
    """How far a batch has come from the source's view of it, times the weight; 0 where nothing has changed.

    features: squared distance of the features over their number (Li 2019). outputs: T^2 KL(source || now) of the source's own
    head at temperature T (Li & Hoiem 2016); that head is not trained.
    """
    if what == "features":
        return memory.weight * tf.reduce_mean((features - memory.features) ** 2)
    before, now = (keras.ops.log_softmax((each @ memory.kernel + memory.bias) / memory.temperature) for each in (memory.features, features))
    divergence = tf.reduce_sum(tf.exp(before) * (before - now), axis=-1)
    return memory.weight * memory.temperature**2 * tf.reduce_mean(divergence)


def loop(net: Network, structure: Structure, shape: tuple[int, ...]) -> Loop:
    """The loop of a structure, kept with its network. shape: that of one example behind the prefix."""
    if structure not in net.graphs:
        net.graphs[structure] = Loop(net, structure, shape)
    return net.graphs[structure]


def steps(batches: Any, known: Any, net: Network) -> Any:
    """How many steps an epoch has, those of the validation part included."""
    size = TOGETHER if net.task.together else MEASURE
    return batches + (known + size - 1) // size


def piece_of(piece: Any, count: Any, net: Network) -> slice:
    """Which of so many examples are measured in one step; where they are compared with each other, all pieces are of one size."""
    if not net.task.together:
        return slice(piece * MEASURE, (piece + 1) * MEASURE)
    pieces = steps(0, count, net)
    return slice(piece * count // pieces, (piece + 1) * count // pieces)


def settled(piece: Any) -> Any:
    """What a piece is measured with is drawn from this: the same each time, so that measures compare."""
    return tf.stack([0, SETTLED + piece])


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
