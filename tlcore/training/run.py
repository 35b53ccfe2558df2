"""One run from its spec to its result."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.datasets import Dataset, load
from tlcore.spec import RunSpec, versions
from tlcore.strategies import Phase, spread
from tlcore.training import Checkpoint, Outcome, Recorder, audit, evaluate
from tlcore.training.features import features
from tlcore.training.loop import Loop, Structure, loop, order
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
        self.spec, self.recorder, self.begun = spec, recorder, time.monotonic()
        self.data: Dataset = load(spec.dataset, spec.settings("dataset"))
        self.net: Network = network(spec, len(self.data.classes))
        self.start = self._start(source)
        self.net.load(self.start)
        self.chosen = self.data.draw(spec.labels_per_class, spec.seed)
        self.labels = tf.constant(np.asarray(self.data.train.labels)[self.chosen], tf.int32)
        self.known = tf.constant(np.asarray(self.data.validation.labels), tf.int32)
        self.allowance = 4  # steps in the next call

    def _start(self, source: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
        start = self.net.initial(self.spec.seed)
        if self.spec.source is not None:
            if source is None:
                raise ValueError("A run with a source needs its weights.")
            blocks = {path for path in start if not path.startswith("head/")}
            start |= {path: source[path] for path in blocks if path in source}
        return start

    def go(self, checkpoint: Checkpoint | None) -> Outcome:
        """Train every phase, then evaluate; a checkpoint skips what it has behind it."""
        try:
            self.before = self._measure_start()
            done = self._resume(checkpoint) if checkpoint else 0
            for phase, first, last in spread(self.spec.phases, self.spec.epochs):
                if done < last:
                    self._phase(phase, max(first, done), last, fresh=done <= first)
                    done = last
        except Stopped:
            return Outcome("stopped", self._audited(), self.net.weights())
        except Diverged as error:
            return Outcome("failed", error=str(error))
        return self._finish()

    def _resume(self, checkpoint: Checkpoint) -> int:
        self.net.load(checkpoint.arrays)
        self.net.optimizer.restore(checkpoint.arrays)
        return checkpoint.epoch

    def _measure_start(self) -> dict[str, float]:
        """Measure before the first step: what was transferred, before anything was learned (epoch 0)."""
        phase = self.spec.phases[0]
        sums = self._loop(phase).measure(self._seen(phase.prefix), self.known)
        before = self._means(np.asarray(sums), len(self.known), "val_")
        self.recorder.epochs([{"epoch": 0, **before}])
        return before

    def _phase(self, phase: Phase, first: int, last: int, fresh: bool) -> None:
        if fresh:
            self.net.optimizer.reset()
        factors = (*phase.factors, phase.head)
        self.net.optimizer.steer(self.spec.learning_rate, {path: factors[place] for path, place in self.net.owner.items()})
        for rows in self._chunks(phase, first, last):
            self.recorder.epochs(rows)
            if rows[-1]["epoch"] < self.spec.epochs:
                self.recorder.checkpoint(rows[-1]["epoch"], {**self.net.weights(), **self.net.optimizer.state()})

    def _chunks(self, phase: Phase, first: int, last: int) -> Iterator[list[dict[str, Any]]]:
        """Train epochs first..last, call by call; yields the rows of the epochs that each call has finished."""
        graph = self._loop(phase)
        data = (self._learned(phase.prefix), self.labels, self._seen(phase.prefix), self.known)
        steps = -(-len(self.chosen) // self.spec.batch_size)
        epoch, step, spent, carry = first, 0, 0.0, tf.zeros([len(graph.names)], tf.float64)
        while epoch < last:
            if self.recorder.wish() == "stop":
                raise Stopped
            begun = time.monotonic()
            whole = max(1, min(last - epoch, self.allowance // steps)) if step == 0 else 1
            until = min(steps, step + max(1, self.allowance))
            shuffled = tf.constant(order(len(self.chosen), self.spec.seed, range(epoch, epoch + whole)))
            sums, carry, finite = graph.train(*data, shuffled, *_numbers(self.spec.batch_size, step, until), carry)
            self._refuse_nonsense(bool(finite), np.asarray(sums), epoch, until == steps)
            seconds = time.monotonic() - begun
            self._adapt(seconds)
            spent += seconds
            step = until % steps
            if step == 0:
                yield [self._row(epoch + place, row, spent / whole) for place, row in enumerate(np.asarray(sums))]
                epoch, spent = epoch + whole, 0.0

    def _adapt(self, seconds: float) -> None:
        if seconds < ENOUGH:
            self.allowance = min(self.allowance * 2, 1 << 20)
        elif seconds > 2 * ENOUGH:
            self.allowance = max(1, self.allowance // 2)

    def _refuse_nonsense(self, finite: bool, sums: np.ndarray, epoch: int, complete: bool) -> None:
        if not finite or (complete and not np.isfinite(sums).all()):
            good = epoch + int(np.isfinite(sums).all(axis=1).cumprod().sum()) if complete else epoch
            raise Diverged(
                f"The loss was no longer a number in epoch {good + 1}: choose a learning rate below {self.spec.learning_rate:g}; "
                f"the curves up to epoch {epoch} are kept."
            )

    def _row(self, epoch: int, sums: np.ndarray, seconds: float) -> dict[str, Any]:
        half = len(sums) // 2
        train = self._means(sums[:half], len(self.chosen), "")
        return {"epoch": epoch + 1, **train, **self._means(sums[half:], len(self.known), "val_"), "seconds": seconds}

    def _means(self, sums: np.ndarray, count: int, prefix: str) -> dict[str, float]:
        names = ("loss", *self.net.task.metrics)
        return {f"{prefix}{name}": float(total) / count for name, total in zip(names, sums, strict=True)}

    def _loop(self, phase: Phase) -> Loop:
        moving = tuple(bool(factor) for factor in phase.factors[phase.prefix :])
        return loop(self.net, Structure(phase.prefix, moving, phase.statistics))

    def _learned(self, prefix: int) -> tf.Tensor:
        name = f"{self.data.id}/train/{self.spec.labels_per_class}/{self.spec.seed}"
        return features(self.net, np.asarray(self.data.train.images)[self.chosen], name, prefix)

    def _seen(self, prefix: int) -> tf.Tensor:
        return features(self.net, self.data.validation.images, f"{self.data.id}/validation", prefix)

    def _audited(self) -> dict[str, Any]:
        """What moved, and whether all that was promised to stay has stayed."""
        changed = audit.moved(self.start, self.net.weights())
        promised = audit.frozen(self.net, self.spec.phases)
        return {
            "start": self.before,
            "moved": changed,
            "seal": not any(changed[path] for path in promised),
            "promised": sorted(promised),
            "parameters": {**self.net.parameters(), "trainable": self._trainable(promised)},
            "classes": list(self.data.classes),
            "train_size": len(self.chosen),
            "validation_size": len(self.known),
            "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
            "versions": versions(),
            "seconds": time.monotonic() - self.begun,
        }

    def _trainable(self, promised: set[str]) -> int:
        return sum(int(np.prod(each.shape)) for path, each in self.net.variables.items() if each.trainable and path not in promised)

    def _finish(self) -> Outcome:
        prefix = min(phase.prefix for phase in self.spec.phases)
        test = self.data.open_test()
        seen, labels = features(self.net, test.images, f"{self.data.id}/test", prefix), np.asarray(test.labels)
        graph = loop(self.net, Structure(prefix, (False,) * (len(self.net.blocks) - prefix), False))
        measured = self._means(np.asarray(graph.measure(seen, tf.constant(labels, tf.int32))), len(labels), "")
        result, arrays = self._scores(graph, seen, labels)
        result = {**self._audited(), **result, "loss": measured["loss"], "test_size": len(labels)}
        if not result["seal"]:
            return Outcome(
                "failed", result, self.net.weights(), arrays, "A frozen variable has moved, so this run does not count: please report it."
            )
        return Outcome("finished", result, self.net.weights(), arrays)

    def _scores(self, graph: Loop, seen: tf.Tensor, labels: np.ndarray) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if "accuracy" in self.net.task.metrics:
            logits = np.concatenate([np.asarray(graph.outputs(seen[at : at + 256])) for at in range(0, len(labels), 256)])
            return evaluate.classification(labels, logits, self.data.classes), {"predictions": logits.argmax(1).astype("int32")}
        mean = np.asarray(tf.reduce_mean(self._learned(0), 0))
        pictures = np.stack([np.asarray(seen[:PICTURES]), np.asarray(graph.outputs(seen[:PICTURES]))])
        return evaluate.reconstruction(np.asarray(seen), mean), {"pictures": (pictures * 255).round().astype("uint8")}


def _numbers(*values: int) -> list[tf.Tensor]:
    return [tf.constant(value) for value in values]
