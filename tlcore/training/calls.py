"""The calls of the graph loop: which data they get, and how many steps each makes, so that a wish is heard within a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset
from tlcore.schedules import SCHEDULES
from tlcore.spec import Place, RunSpec
from tlcore.training.answers import answers
from tlcore.training.features import features
from tlcore.training.loop import Loop, Memory, Structure, cuts, loop, order, steps
from tlcore.training.network import Network

ENOUGH = 0.3  # seconds of work in a call: then what it measured is recorded, and what was asked for meanwhile is heard
BRISK = 0.1  # the same while somebody steers, so that what is asked for next is heard sooner
STEERED = 20.0  # seconds after a change in which somebody still does
FIRST = 4  # steps in the first call, when nobody knows yet how long one takes
Done = tuple[int, np.ndarray, float]  # the first epoch that is done, sums and seconds of each done


class Calls:
    """Epochs of one run, in calls of about 0.3 seconds, shorter ones after a change.

    alive: asked now and then; what it raises ends the run. heard: asked before each call, with the moment that what was asked for
    meanwhile would count from and the one that the run has come to; returns whether its course has changed. leash: how many epochs
    a call may make. source: weights of the source, for those that it teaches.
    """

    def __init__(
        self,
        spec: RunSpec,
        net: Network,
        data: Dataset,
        alive: Callable[[], object],
        heard: Callable[[Place, Place], bool] = lambda place, now: False,
        leash: Callable[[int], int] = lambda epoch: 1 << 20,
        source: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.spec, self.net, self.data, self.alive, self.heard, self.leash = spec, net, data, alive, heard, leash
        self.chosen = data.draw(spec.labels_per_class, spec.seed)
        self.answers = answers(spec, data, source, alive)
        self.labels = net.answers(self.answers(data.train, self.chosen))
        self.known = net.answers(self.answers(data.validation))
        self.allowance = FIRST
        self.memory: Memory | None = None
        self.place = Place(0)
        self._carry: np.ndarray | None = None  # sums of the epoch that is not done yet
        self._spent = 0.0
        self._paced: Structure | None = None  # what the allowance was learned with
        self._changed = -STEERED  # when the course of the run was changed last
        self.cut(spec.batch_size)

    def cut(self, batch_size: int) -> None:
        """From now on an epoch has batches of at most that size; the schedule goes on from where it is."""
        self.cuts = cuts(len(self.chosen), batch_size)
        batches = len(self.cuts) - 1
        pace = SCHEDULES[self.spec.schedule](self.spec.epochs * batches, **self.spec.settings("schedule"))
        self.pace = np.asarray(pace, "float32").reshape(self.spec.epochs, batches)

    def learned(self, prefix: int) -> tf.Tensor:
        """Features of the training examples behind a prefix."""
        name = f"{self.data.id}/train/{self.spec.labels_per_class}/{self.spec.seed}"
        return features(self.net, np.asarray(self.data.train.images)[self.chosen], name, prefix, self.alive)

    def seen(self, prefix: int) -> tf.Tensor:
        """Features of the validation part behind a prefix."""
        return features(self.net, self.data.validation.images, f"{self.data.id}/validation", prefix, self.alive)

    def measure(self, structure: Structure) -> np.ndarray:
        """Sums of the validation part as the net is now, (width,); nothing is learned."""
        graph, data = self._graph(structure)
        step, total = len(self.cuts) - 1, steps(len(self.cuts) - 1, len(self.known), self.net)
        carry: np.ndarray = np.zeros(graph.width)
        while step < total:
            self.alive()
            until = min(total, step + self.allowance)
            begun = tick()
            carry = graph.train(data, order(len(self.chosen), self.spec.seed, range(1)), self.cuts, step, until, carry).numpy()[-1]
            self._adapt(tick() - begun, until - step)
            step = until
        return carry

    def epochs(self, structure: Structure, end: Place, single: bool = False) -> Iterator[Done]:
        """Train from where the run is until ``end``, or until its course has changed; yields what epochs are done.

        Sums (epochs, width) that are not all finite are those of an epoch that ended there. single: an epoch at a time.
        """
        graph, data = self._graph(structure)
        total = steps(len(self.cuts) - 1, len(self.known), self.net)
        while self.place < end:
            if self.heard(self._next(), self.place):
                self._changed = tick()
                return
            (epoch, step), begun = self.place, tick()
            whole, until = self._size(end, total, single)
            shuffled = order(len(self.chosen), self.spec.seed, range(epoch, epoch + whole))
            carry = np.zeros(graph.width) if self._carry is None else self._carry
            pace = self.pace[epoch : epoch + whole]
            sums = graph.train(data, shuffled, self.cuts, step, until, carry, pace, self.memory).numpy()
            self._spent += self._adapt(tick() - begun, (whole - 1) * total + until - step)
            if until < total and np.isfinite(sums[-1]).all():
                self.place, self._carry = Place(epoch, until), sums[-1]
                continue
            seconds, self.place, self._carry, self._spent = self._spent / whole, Place(epoch + whole), None, 0.0
            yield epoch, sums, seconds

    def _graph(self, structure: Structure) -> tuple[Loop, tuple[tf.Tensor, ...]]:
        data = (self.learned(structure.prefix), self.labels, self.seen(structure.prefix), self.known)
        if structure != self._paced:  # its steps may take a hundred times as long
            self._paced, self.allowance = structure, FIRST
        return loop(self.net, structure, data[0].shape[1:]), data

    def _next(self) -> Place:
        """The moment that a change would count from: behind the last batch that is the next epoch."""
        epoch, step = self.place
        return self.place if step < len(self.cuts) - 1 else Place(epoch + 1)

    def _size(self, end: Place, total: int, single: bool) -> tuple[int, int]:
        """How many epochs the next call makes, and up to which step of the last."""
        epoch, step = self.place
        whole = max(1, min(end.epoch - epoch, self.allowance // total, self.leash(epoch))) if step == 0 and not single else 1
        until = min(total, step + self.allowance)
        return whole, min(until, end.step) if epoch == end.epoch and step < end.step else until

    def _adapt(self, seconds: float, done: int) -> float:
        """Let the next call do more or less than one that took so long for so many steps; one that was kept short proves no more."""
        wanted = min(ENOUGH, BRISK) if tick() - self._changed < STEERED else ENOUGH
        fits = done * wanted / max(seconds, 1e-9)
        most = 8 * self.allowance if 2 * done > self.allowance else self.allowance
        self.allowance = int(min(max(1, self.allowance // 2, fits), most, 1 << 20))
        return seconds
