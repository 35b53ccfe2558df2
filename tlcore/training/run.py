"""One run from its spec to its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset, load
from tlcore.spec import RunSpec
from tlcore.strategies import Phase, Relative, Renew, spread
from tlcore.training import Checkpoint, Outcome, Recorder, branches, report, start
from tlcore.training.best import Best
from tlcore.training.calls import Calls
from tlcore.training.network import Network, network
from tlcore.training.rates import Rates
from tlcore.training.relative import factors as relative
from tlcore.training.renewal import renew
from tlcore.training.watch import Watch

tf.config.experimental.enable_op_determinism()
# Searching a graph for what could be computed faster takes longer here than it ever saves: a graph of a step is small.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


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
        self.source = source
        self.weights = start.weights(spec, self.net, source)
        self.net.load(self.weights)
        self.calls = Calls(spec, self.net, self.data, self._listen)
        self.watch = Watch(spec, source, self._listen) if spec.watch_source and source is not None else None
        self.best = Best(spec.patience)
        self.before: dict[str, float] = {}
        self.end: dict[str, float] = {}
        self.rates = Rates(spec)

    def _listen(self) -> None:
        if self.recorder.wish() == "stop":
            raise Stopped

    def go(self, checkpoint: Checkpoint | None) -> Outcome:
        """Train every phase, then evaluate; a checkpoint skips what it has behind it."""
        try:
            self._prepare(self.spec.phases[0])
            self._measure_start()
            done = self._resume(checkpoint) if checkpoint else 0
            for phase, first, last in spread(self.spec.phases, self.spec.epochs):
                if done < last and not self.rates.over:
                    self._phase(phase, first, last, done)
                    done = last
            self._take_best()
            return self._finish()
        except Stopped:
            return Outcome("stopped", self._audited(), self.net.weights())
        except Diverged as error:
            return Outcome("failed", error=str(error))

    def _prepare(self, phase: Phase) -> None:
        """What comes before the first step: memory of the source, statistics of the new images, a head that fits them."""
        self.calls.memory = start.memory(phase, self.net, self.calls, self.source)
        if phase.find(Renew):
            renew(self.net, self.calls.learned(0), self._listen)
        made = start.head(self.spec, self.net, self.calls)
        self.weights |= made
        for path, values in made.items():
            self.net.variables[path].assign(values)

    def _measure_start(self) -> None:
        """Measure before the first step: what was transferred, before anything was learned (epoch 0)."""
        sums = self.calls.start(self.spec.phases[0])
        if not np.isfinite(sums).all():
            raise Diverged("The loss is not a number before the first step: the weights of the source are damaged, pretrain it again.")
        self.before = self.end = self._means(sums[0])[1]
        self.recorder.epochs([{"epoch": 0, **self.before, **self._watched()}])
        self._remember(0)

    def _remember(self, epoch: int) -> None:
        """Keep a copy of the weights where the best of them will be wanted."""
        if self.spec.patience:
            self.best.look(epoch, self.end["val_loss"], self.net.weights())

    def _watched(self) -> dict[str, float]:
        return {"source_accuracy": self.watch.score(self.net)} if self.watch else {}

    def _resume(self, checkpoint: Checkpoint) -> int:
        self.net.load(checkpoint.arrays)
        self.net.optimizer.restore(checkpoint.arrays)
        self.best.restore(checkpoint.arrays)
        return checkpoint.epoch

    def _phase(self, phase: Phase, first: int, last: int, done: int) -> None:
        """Train a phase from its first epoch on, or from where a checkpoint left it, until its last or until patience is over."""
        if done <= first:
            self.net.optimizer.reset()
        start.hold(phase, self.net, self.weights)
        single = bool(self.spec.patience or self.watch)
        for epochs in self._pieces(phase, max(first, done), last):
            if self._waited(phase, epochs.start, first):
                return
            for epoch, sums, seconds in self.calls.epochs(phase, epochs, single=single):
                self._record(epoch, sums, seconds)
                if self.rates.over or self._waited(phase, epoch + len(sums), first):
                    return

    def _waited(self, phase: Phase, epoch: int, first: int) -> bool:
        """Whether patience is over; it waits for the last phase, which began after epoch ``first``, however often the run was broken."""
        return phase is self.spec.phases[-1] and self.best.waited(epoch, first)

    def _pieces(self, phase: Phase, first: int, last: int) -> Iterator[range]:
        """The epochs of a phase, with the optimizer steered; one by one where the factors depend on the gradients."""
        if phase.find(Relative) is None:
            self.net.optimizer.steer(self.spec.learning_rate, self.net.trained(phase), self.spec.weight_decay)
            yield range(first, last)
            return
        for epoch in range(first, last):
            self.net.optimizer.steer(self.spec.learning_rate, relative(self.net, self.calls, phase, epoch), self.spec.weight_decay)
            yield range(epoch, epoch + 1)

    def _record(self, epoch: int, sums: np.ndarray, seconds: float) -> None:
        """Keep the rows of some epochs, and the state after them."""
        good = int(np.isfinite(sums).all(axis=1).cumprod().sum())
        rows = [self._row(epoch + place, row, seconds) for place, row in enumerate(sums[:good])]
        if rows:
            rows[-1] |= self._watched()
        self.recorder.epochs(rows)
        self.rates.look(rows)
        if good < len(sums):
            self._refuse_nonsense(epoch + good)
            return
        self.end = {name: rows[-1][name] for name in self.before}
        self._remember(epoch + good)
        if epoch + good < self.spec.epochs:
            self.recorder.checkpoint(epoch + good, {**self.net.weights(), **self.net.optimizer.state(), **self.best.state()})

    def _refuse_nonsense(self, good: int) -> None:
        """A loss that is no number ends a run, and is what the finder of a rate was looking for."""
        if self.rates.finds and good:
            self.rates.over = True
            return
        rate = f"choose a learning rate below {self.spec.learning_rate:g}"
        kept = f"the curves up to epoch {good} are kept"
        raise Diverged(f"The loss was no longer a number in epoch {good + 1}: {rate}; {kept}.")

    def _row(self, epoch: int, sums: np.ndarray, seconds: float) -> dict[str, Any]:
        learned, seen = self._means(sums)
        norms = sums[2 * len(self.net.measures) :] / (len(self.calls.cuts) - 1)
        rate = self.spec.learning_rate * float(self.calls.pace[epoch].mean())
        return {"epoch": epoch + 1, **learned, **seen, "seconds": seconds, "rate": rate, "gradients": norms.tolist()}

    def _means(self, sums: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
        """Means of the training half and of the validation half of an epoch's sums, by name."""
        names = self.net.measures
        learned, seen = np.split(sums[: 2 * len(names)], 2)
        return (
            {name: float(total) / len(self.calls.labels) for name, total in zip(names, learned, strict=True)},
            {f"val_{name}": float(total) / len(self.calls.known) for name, total in zip(names, seen, strict=True)},
        )

    def _take_best(self) -> None:
        """With patience the run ends as it was at its best, measured once more; the finder of a rate leaves the net as it was."""
        kept = self.weights if self.rates.finds else self.best.weights
        if kept:
            self.net.load(kept)
            self.end = self._means(self.calls.start(self.spec.phases[-1])[0])[1]

    def _finish(self) -> Outcome:
        scores, arrays = report.scores(self.spec, self.net, self.calls)
        result = {**self._audited(), **scores}
        if not result["seal"]:
            told = "A frozen variable has moved, so this run does not count: please report it."
            return Outcome("failed", result, self.net.weights(), arrays, told)
        weights, adapters = branches.apart(self.net.weights())
        return Outcome("finished", result, weights, arrays, adapters=adapters)

    def _audited(self) -> dict[str, Any]:
        best: dict[str, Any] = {"best_epoch": self.best.epoch} if self.best.weights else {}
        best |= {"suggested_rate": self.rates.suggested()} if self.rates.finds else {}
        measured = {"start": self.before, "end": self.end, **best, "seconds": tick() - self.begun}
        return {**report.audited(self.spec, self.net, self.calls, self.weights), **measured}
