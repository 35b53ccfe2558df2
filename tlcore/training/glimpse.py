"""A glimpse of a pretraining while it goes: what it redraws, where its images lie, how many dimensions it fills, what it is worth.

It looks at the validation part with the net as it is, in inference mode: nothing is drawn from the run, and nothing is learned.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.science.embedding import plane, rank, turned
from tlcore.spec import RunSpec
from tlcore.training import pretext
from tlcore.training.calls import Calls
from tlcore.training.features import passed
from tlcore.training.loop import settled
from tlcore.training.network import Network
from tlcore.training.probe import Trial

SEEN = 256  # images of the validation part whose embedding is looked at: four for each of its dimensions, in one pass
VIEWED = 6  # images of which the views are shown
PAUSE = 2.0  # seconds from one glimpse to the next, at least
SHARE = 40  # one that took a second is followed by none for so many: it stays a small part of the time
MARK = "glimpse/places"  # in a checkpoint: where the dots were last, so that the picture goes on from there

Arrays = dict[str, np.ndarray]


class Pace:
    """When something that costs time is due again. The first time is no measure of the next: graphs are made in it."""

    def __init__(self) -> None:
        self._next, self._first = -np.inf, True

    def due(self) -> bool:
        """Whether it may be done again."""
        return tick() >= self._next

    def took(self, seconds: float) -> None:
        """Hear how long it took."""
        self._next = tick() + (PAUSE if self._first else max(PAUSE, SHARE * seconds))
        self._first = False


class Glimpses:
    """The glimpses of one run. once: arrays that are the same in all of them, known from the first one on.

    original, given: uint8 (n, h, w, c), images and what is shown of them where that is something else. views: (k, n, h, w, c) uint8 of k
    views of each. labels: (n,) classes of the dots. chance: how often the commonest class of the probe's target comes.
    """

    def __init__(self, spec: RunSpec, net: Network, calls: Calls) -> None:
        self.net, self.calls, self.once = net, calls, Arrays()
        count = len(calls.known)
        self._some = spread(count, SEEN)
        self._few = spread(count, pretext.PICTURES)
        self._pace, self._probing = Pace(), Pace()
        self._trial = Trial(spec.probe, spec.seed) if spec.probe else None
        self._before: np.ndarray | None = None

    def due(self) -> bool:
        """Whether the next one may be taken."""
        return self._pace.due()

    def take(self, must: bool = False) -> tuple[dict[str, float], Arrays]:
        """What the net is like now: numbers for the curves, and arrays.

        redrawn: uint8 (n, h, w, c). places: (n, 2) float32 in the plane; share: of all spread that it shows. confusion/<question>: what
        was taken for what, rows true. must: a probe is tried too, whatever it costs.
        """
        begun = tick()
        embedding = self._embedding()
        arrays = self._pictures() | self._dots(embedding) | self._confusions(embedding)
        self._pace.took(tick() - begun)
        return {"rank": rank(embedding), **self._tried(must)}, arrays

    def state(self) -> Arrays:
        """What a checkpoint keeps of it."""
        return {} if self._before is None else {MARK: self._before}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what ``state`` returned."""
        self._before = arrays.get(MARK)

    def _embedding(self) -> np.ndarray:
        images = tf.gather(self.calls.seen(0), self._some)
        return np.asarray(passed(self.net, images, range(len(self.net.parts) - 1), self.calls.alive), "float64")

    def _tried(self, must: bool) -> dict[str, float]:
        if self._trial is None or not (must or self._probing.due()):
            return {}
        begun = tick()
        found = self._trial.scores(self.net, self.calls.alive)
        self.once["chance"] = np.array(self._trial.chance)
        self._probing.took(tick() - begun)
        return found

    def _pictures(self) -> Arrays:
        """What is redrawn of a few images; the first time also these, and what is shown of them, or their views."""
        images, labels = tf.gather(self.calls.seen(0), self._few), tf.gather(self.calls.known, self._few)
        if self.net.task.redrawn is not None:
            original, *given, redrawn = pretext.pictures(self.net, images, labels)
            self.once |= {"original": original} | ({"given": given[0]} if given else {})
            return {"redrawn": redrawn}
        if self.net.task.make is not None and "views" not in self.once:
            made = self.net.task.batch(images[:VIEWED], labels[:VIEWED], settled(0)).inputs
            views = tf.reshape(made, (-1, min(VIEWED, len(images)), *made.shape[1:]))
            self.once["views"] = pretext.bytes_of(views)
        return {}

    def _dots(self, embedding: np.ndarray) -> Arrays:
        """Where some of the images lie in the plane in which they spread most."""
        points, share = plane(embedding)
        points = points if self._before is None else turned(points, self._before)
        self._before = points.astype("float32")
        self.once["labels"] = np.asarray(self.calls.data.validation.labels)[self._some].astype("int16")
        return {"places": self._before, "share": np.array(share, "float32")}

    def _confusions(self, embedding: np.ndarray) -> Arrays:
        """Of each question what was taken for what."""
        if not self.net.task.answers:
            return {}
        labels = tf.gather(self.calls.known, self._some)
        outputs = self.net.finish(tf.constant(embedding, tf.float32), labels, None)
        found = {}
        for place, (name, answer) in enumerate(self.net.task.answers.items()):
            said = np.asarray(answer(outputs))
            matrix = np.zeros((said.shape[1], said.shape[1]), "int32")
            np.add.at(matrix, (np.asarray(labels)[:, place], said.argmax(1)), 1)
            found[f"confusion/{name}"] = matrix
        return found


def spread(count: int, most: int) -> np.ndarray:
    """At most so many places, evenly over so many examples.

    >>> spread(10, 4).tolist(), spread(3, 8).tolist()
    ([0, 3, 6, 9], [0, 1, 2])
    """
    return np.linspace(0, count - 1, min(most, count)).astype(int)
