"""The calls of the graph loop: which data they get, and how many steps each makes, so that a wish is heard within a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset
from tlcore.schedules import SCHEDULES
from tlcore.spec import RunSpec
from tlcore.strategies import Phase
from tlcore.training.features import features
from tlcore.training.loop import Memory, Structure, cuts, loop, order, steps
from tlcore.training.network import Network

ENOUGH = 0.25  # seconds of work in a call before what it measured is recorded
FIRST = 4  # steps in the first call, when nobody knows yet how long one takes


class Calls:
    """Epochs of one run, in calls of a quarter to half a second. listen: asked before each; what it raises ends the run."""

    def __init__(self, spec: RunSpec, net: Network, data: Dataset, listen: Callable[[], None]) -> None:
        self.spec, self.net, self.data, self.listen = spec, net, data, listen
        self.chosen = data.draw(spec.labels_per_class, spec.seed)
        self.labels = tf.constant(np.asarray(data.train.labels)[self.chosen], tf.int32)
        self.known = tf.constant(np.asarray(data.validation.labels), tf.int32)
        self.cuts = cuts(len(self.chosen), spec.batch_size)
        self.allowance = FIRST
        self.memory: Memory | None = None
        batches = len(self.cuts) - 1
        pace = SCHEDULES[spec.schedule](spec.epochs * batches, **spec.settings("schedule"))
        self.pace = np.asarray(pace, "float32").reshape(spec.epochs, batches)

    def learned(self, prefix: int) -> tf.Tensor:
        """Features of the training examples behind a prefix."""
        name = f"{self.data.id}/train/{self.spec.labels_per_class}/{self.spec.seed}"
        return features(self.net, np.asarray(self.data.train.images)[self.chosen], name, prefix, self.listen)

    def seen(self, prefix: int) -> tf.Tensor:
        """Features of the validation part behind a prefix."""
        return features(self.net, self.data.validation.images, f"{self.data.id}/validation", prefix, self.listen)

    def start(self, phase: Phase) -> np.ndarray:
        """Sums of the validation part before the first step, as one epoch in which nothing is learned."""
        return next(self.epochs(phase, range(1), step=len(self.cuts) - 1))[1]

    def epochs(self, phase: Phase, epochs: range, step: int = 0, single: bool = False) -> Iterator[tuple[int, np.ndarray, float]]:
        """Train some epochs, the first from ``step`` on; yields the first epoch that is done, and sums and seconds of each done.

        Sums (epochs, width) that are not all finite are those of an epoch that ended there. single: an epoch at a time.
        """
        data = (self.learned(phase.prefix), self.labels, self.seen(phase.prefix), self.known)
        graph = loop(self.net, Structure.of(self.net, phase, self.spec.weight_decay), data[0].shape[1:])
        total, nothing = steps(len(self.cuts) - 1, len(self.known)), np.zeros(graph.width)
        epoch, spent, carry = epochs.start, 0.0, nothing
        while epoch < epochs.stop:
            self.listen()
            begun = tick()
            whole = max(1, min(epochs.stop - epoch, self.allowance // total)) if step == 0 and not single else 1
            until = min(total, step + self.allowance)
            shuffled = order(len(self.chosen), self.spec.seed, range(epoch, epoch + whole))
            pace = self.pace[epoch : epoch + whole]
            sums = graph.train(data, shuffled, self.cuts, step, until, carry, pace, self.memory).numpy()
            spent += self._adapt(tick() - begun)
            step, carry = until, sums[-1]
            if until == total or not np.isfinite(carry).all():
                yield epoch, sums, spent / whole
                epoch, step, spent, carry = epoch + whole, 0, 0.0, nothing

    def _adapt(self, seconds: float) -> float:
        """Let the next call do more or less than one that took so long."""
        if seconds < ENOUGH:
            self.allowance = min(self.allowance * (8 if seconds < ENOUGH / 16 else 2), 1 << 20)
        elif seconds > 2 * ENOUGH:
            self.allowance = max(1, self.allowance // 2)
        return seconds
