"""One run from its spec to its result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset, load
from tlcore.registry import InputError
from tlcore.spec import RunSpec, versions
from tlcore.strategies import Phase, spread
from tlcore.training import Checkpoint, Outcome, Recorder, audit, evaluate
from tlcore.training.features import features, outputs
from tlcore.training.loop import Loop, Structure, cuts, loop, order, steps
from tlcore.training.network import Network, network

tf.config.experimental.enable_op_determinism()

ENOUGH = 0.25  # seconds of work in a call before what it measured is recorded
PICTURES = 12  # images shown with their reconstructions


class Stopped(Exception):
    """Somebody wished the run to stop."""


class Diverged(Exception):
    """The loss is no longer a number; the message says since which epoch."""


def train(spec: RunSpec, recorder: Recorder, source: Mapping[str, np.ndarray] | None, checkpoint: Checkpoint | None) -> Outcome:
    """See ``tlcore.training.train``."""
    return _Run(spec, recorder, source).go(checkpoint)


class _Run:
    """The state of one run: its data, its net with its start weights, and where it writes."""

    def __init__(self, spec: RunSpec, recorder: Recorder, source: Mapping[str, np.ndarray] | None) -> None:
        self.spec, self.recorder, self.begun = spec, recorder, tick()
        self.data: Dataset = load(spec.dataset, spec.settings("dataset"))
        self.net: Network = network(spec, len(self.data.classes))
        self.start = self._start(source)
        self.net.load(self.start)
        self.chosen = self.data.draw(spec.labels_per_class, spec.seed)
        self.labels = tf.constant(np.asarray(self.data.train.labels)[self.chosen], tf.int32)
        self.known = tf.constant(np.asarray(self.data.validation.labels), tf.int32)
        self.cuts = cuts(len(self.chosen), spec.batch_size)
        self.before: dict[str, float] = {}
        self.allowance = 4  # steps in the next call

    def _start(self, source: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
        """Every block from the source, the head new; all new without a source."""
        start = self.net.initial(self.spec.seed)
        if self.spec.source is None:
            return start
        if source is None:
            raise InputError("The weights of the source are missing: pretrain it again.")
        head = len(self.net.parts) - 1
        missing = np.empty(0)  # fits no variable, so that loading says which one
        return {path: source.get(path, missing) if self.net.owner[path] < head else start[path] for path in start}

    def go(self, checkpoint: Checkpoint | None) -> Outcome:
        """Train every phase, then evaluate; a checkpoint skips what it has behind it."""
        try:
            self._measure_start()
            done = self._resume(checkpoint) if checkpoint else 0
            for phase, first, last in spread(self.spec.phases, self.spec.epochs):
                if done < last:
                    self._phase(phase, max(first, done), last, fresh=done <= first)
                    done = last
            return self._finish()
        except Stopped:
            return Outcome("stopped", self._audited(), self.net.weights())
        except Diverged as error:
            return Outcome("failed", error=str(error))

    def _resume(self, checkpoint: Checkpoint) -> int:
        self.net.load(checkpoint.arrays)
        self.net.optimizer.restore(checkpoint.arrays)
        return checkpoint.epoch

    def _measure_start(self) -> None:
        """Measure before the first step: what was transferred, before anything was learned (epoch 0)."""
        for _, rows, _ in self._passes(self.spec.phases[0], range(1), step=len(self.cuts) - 1):
            self._refuse_nonsense(rows, -1)
            self.before = self._means(rows[0])[1]
            self.recorder.epochs([{"epoch": 0, **self.before}])

    def _phase(self, phase: Phase, first: int, last: int, fresh: bool) -> None:
        if fresh:
            self.net.optimizer.reset()
        factors = (*phase.factors, phase.head)
        self.net.optimizer.steer(self.spec.learning_rate, {path: factors[place] for path, place in self.net.owner.items()})
        for epoch, sums, seconds in self._passes(phase, range(first, last)):
            good = np.isfinite(sums).all(axis=1)
            self.recorder.epochs([self._row(epoch + place, row, seconds) for place, row in enumerate(sums[good])])
            self._refuse_nonsense(sums, epoch)
            if epoch + len(sums) < self.spec.epochs:
                self.recorder.checkpoint(epoch + len(sums), {**self.net.weights(), **self.net.optimizer.state()})

    def _passes(self, phase: Phase, epochs: range, step: int = 0) -> Iterator[tuple[int, np.ndarray, float]]:
        """Train some epochs call by call, the first from ``step`` on; yields the first epoch that is done, sums and seconds of each."""
        data = (self._learned(phase.prefix), self.labels, self._seen(phase.prefix), self.known)
        graph = self._loop(phase, data[0].shape[1:])
        total = steps(len(self.cuts) - 1, len(self.known))
        nothing = np.zeros(2 * len(self.net.measures))
        epoch, spent, carry = epochs.start, 0.0, nothing
        while epoch < epochs.stop:
            self._listen()
            begun = tick()
            whole = max(1, min(epochs.stop - epoch, self.allowance // total)) if step == 0 else 1
            until = min(total, step + self.allowance)
            shuffled = order(len(self.chosen), self.spec.seed, range(epoch, epoch + whole))
            sums = graph.train(*data, shuffled, self.cuts, step, until, carry).numpy()
            spent += self._adapt(tick() - begun)
            step, carry = until, sums[-1]
            if until == total or not np.isfinite(carry).all():
                yield epoch, sums, spent / whole
                epoch, step, spent, carry = epoch + whole, 0, 0.0, nothing

    def _listen(self) -> None:
        if self.recorder.wish() == "stop":
            raise Stopped

    def _adapt(self, seconds: float) -> float:
        """Make calls of about a quarter to half a second of work."""
        if seconds < ENOUGH:
            self.allowance = min(self.allowance * 2, 1 << 20)
        elif seconds > 2 * ENOUGH:
            self.allowance = max(1, self.allowance // 2)
        return seconds

    def _refuse_nonsense(self, sums: np.ndarray, epoch: int) -> None:
        """Raise Diverged if the sums of epochs from ``epoch`` (counted from 0; -1 is the start) on are not all finite."""
        good = epoch + int(np.isfinite(sums).all(axis=1).argmin())
        if np.isfinite(sums).all():
            return
        if good < 0:
            raise Diverged("The loss is not a number before the first step: the weights of the source are damaged, pretrain it again.")
        rate = f"choose a learning rate below {self.spec.learning_rate:g}"
        kept = f"the curves up to epoch {good} are kept"
        raise Diverged(f"The loss was no longer a number in epoch {good + 1}: {rate}; {kept}.")

    def _row(self, epoch: int, sums: np.ndarray, seconds: float) -> dict[str, Any]:
        learned, seen = self._means(sums)
        return {"epoch": epoch + 1, **learned, **seen, "seconds": seconds}

    def _means(self, sums: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
        """Means of the training half and of the validation half of an epoch's sums, by name."""
        learned, seen = np.split(sums, 2)
        names = self.net.measures
        return (
            {name: float(total) / len(self.chosen) for name, total in zip(names, learned, strict=True)},
            {f"val_{name}": float(total) / len(self.known) for name, total in zip(names, seen, strict=True)},
        )

    def _loop(self, phase: Phase, shape: tuple[int, ...]) -> Loop:
        moving = tuple(place for place, factor in enumerate((*phase.factors, phase.head)) if factor)
        return loop(self.net, Structure(phase.prefix, moving, phase.statistics), shape)

    def _learned(self, prefix: int) -> tf.Tensor:
        name = f"{self.data.id}/train/{self.spec.labels_per_class}/{self.spec.seed}"
        return features(self.net, np.asarray(self.data.train.images)[self.chosen], name, prefix, self._listen)

    def _seen(self, prefix: int) -> tf.Tensor:
        return features(self.net, self.data.validation.images, f"{self.data.id}/validation", prefix, self._listen)

    def _audited(self) -> dict[str, Any]:
        """What moved, and whether all that was promised to stay has stayed."""
        changed = audit.moved(self.start, self.net.weights())
        promised = audit.frozen(self.net, self.spec.phases)
        *blocks, head = self.net.parameters()
        return {
            "start": self.before,
            "moved": changed,
            "seal": not any(changed[path] for path in promised),
            "promised": sorted(promised),
            "parameters": {"blocks": blocks, "head": head, "trainable": self._trainable(promised)},
            "classes": list(self.data.classes),
            "train_size": len(self.chosen),
            "validation_size": len(self.known),
            "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
            "versions": versions(),
            "seconds": tick() - self.begun,
        }

    def _trainable(self, promised: set[str]) -> int:
        return sum(int(np.prod(each.shape)) for path, each in self.net.variables.items() if each.trainable and path not in promised)

    def _finish(self) -> Outcome:
        scores, arrays = self._scores()
        result = {**self._audited(), **scores}
        if not result["seal"]:
            told = "A frozen variable has moved, so this run does not count: please report it."
            return Outcome("failed", result, self.net.weights(), arrays, told)
        return Outcome("finished", result, self.net.weights(), arrays)

    def _scores(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Open the test part and measure it."""
        test, prefix = self.data.open_test(), min(phase.prefix for phase in self.spec.phases)
        labels = np.asarray(test.labels)
        seen = features(self.net, test.images, f"{self.data.id}/test", prefix, self._listen)
        given = outputs(self.net, seen, prefix, self._listen)
        losses = np.asarray(self.net.measures["loss"](given, seen, tf.constant(labels, tf.int32)), "float64")
        measured = {"loss": float(losses.mean()), "test_size": len(labels)}
        if "accuracy" in self.net.measures:
            logits = np.asarray(given)
            scores = evaluate.classification(labels, logits, self.data.classes)
            return {**measured, **scores}, {"predictions": logits.argmax(1).astype("int32")}
        scores = evaluate.reconstruction(np.asarray(seen), np.asarray(self._learned(0)).mean(0))
        pictures = np.stack([np.asarray(each[:PICTURES]) for each in (seen, given)])
        return {**measured, **scores}, {"pictures": (pictures * 255).round().astype("uint8")}
