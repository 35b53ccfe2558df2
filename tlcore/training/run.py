"""One run from its spec to its result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset, load
from tlcore.registry import InputError
from tlcore.spec import RunSpec, versions
from tlcore.strategies import Phase, spread
from tlcore.training import Checkpoint, Outcome, Recorder, audit, evaluate
from tlcore.training.calls import Calls
from tlcore.training.features import features, outputs
from tlcore.training.network import Network, network

tf.config.experimental.enable_op_determinism()

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
        self.weights = self._weights(source)
        self.net.load(self.weights)
        self.calls = Calls(spec, self.net, self.data, self._listen)
        self.before: dict[str, float] = {}

    def _weights(self, source: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
        """Start weights: every block from the source, the head new; all new without a source."""
        start = self.net.initial(self.spec.seed)
        if self.spec.source is None:
            return start
        if source is None:
            raise InputError("The weights of the source are missing: pretrain it again.")
        head, missing = len(self.net.parts) - 1, np.empty(0)  # what is missing fits no variable: loading says which
        return {path: source.get(path, missing) if self.net.owner[path] < head else start[path] for path in start}

    def _listen(self) -> None:
        if self.recorder.wish() == "stop":
            raise Stopped

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

    def _measure_start(self) -> None:
        """Measure before the first step: what was transferred, before anything was learned (epoch 0)."""
        sums = self.calls.start(self.spec.phases[0])
        if not np.isfinite(sums).all():
            raise Diverged("The loss is not a number before the first step: the weights of the source are damaged, pretrain it again.")
        self.before = self._means(sums[0])[1]
        self.recorder.epochs([{"epoch": 0, **self.before}])

    def _resume(self, checkpoint: Checkpoint) -> int:
        self.net.load(checkpoint.arrays)
        self.net.optimizer.restore(checkpoint.arrays)
        return checkpoint.epoch

    def _phase(self, phase: Phase, first: int, last: int, fresh: bool) -> None:
        if fresh:
            self.net.optimizer.reset()
        factors = (*phase.factors, phase.head)
        self.net.optimizer.steer(self.spec.learning_rate, {path: factors[place] for path, place in self.net.owner.items()})
        for epoch, sums, seconds in self.calls.epochs(phase, range(first, last)):
            good = int(np.isfinite(sums).all(axis=1).cumprod().sum())
            self.recorder.epochs([self._row(epoch + place, row, seconds) for place, row in enumerate(sums[:good])])
            if good < len(sums):
                self._refuse_nonsense(epoch + good)
            if epoch + good < self.spec.epochs:
                self.recorder.checkpoint(epoch + good, {**self.net.weights(), **self.net.optimizer.state()})

    def _refuse_nonsense(self, good: int) -> None:
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
            {name: float(total) / len(self.calls.labels) for name, total in zip(names, learned, strict=True)},
            {f"val_{name}": float(total) / len(self.calls.known) for name, total in zip(names, seen, strict=True)},
        )

    def _finish(self) -> Outcome:
        scores, arrays = self._scores()
        result = {**self._audited(), **scores}
        if not result["seal"]:
            told = "A frozen variable has moved, so this run does not count: please report it."
            return Outcome("failed", result, self.net.weights(), arrays, told)
        return Outcome("finished", result, self.net.weights(), arrays)

    def _audited(self) -> dict[str, Any]:
        """What moved, and whether all that was promised to stay has stayed."""
        changed = audit.moved(self.weights, self.net.weights())
        promised = audit.frozen(self.net, self.spec.phases)
        *blocks, head = self.net.parameters()
        return {
            "start": self.before,
            "moved": changed,
            "seal": not any(changed[path] for path in promised),
            "promised": sorted(promised),
            "parameters": {"blocks": blocks, "head": head, "trainable": self._trainable(promised)},
            "classes": list(self.data.classes),
            "train_size": len(self.calls.labels),
            "validation_size": len(self.calls.known),
            "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
            "versions": versions(),
            "seconds": tick() - self.begun,
        }

    def _trainable(self, promised: set[str]) -> int:
        return sum(int(np.prod(each.shape)) for path, each in self.net.variables.items() if each.trainable and path not in promised)

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
        scores = evaluate.reconstruction(np.asarray(seen), np.asarray(self.calls.learned(0)).mean(0))
        pictures = np.stack([np.asarray(each[:PICTURES]) for each in (seen, given)])
        return {**measured, **scores}, {"pictures": (pictures * 255).round().astype("uint8")}
