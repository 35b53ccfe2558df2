"""One run from its spec to its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.clock import tick
from tlcore.datasets import Dataset, load
from tlcore.registry import InputError
from tlcore.spec import Place, RunSpec, Stretch, course
from tlcore.strategies import Keep, Phase, Relative, Renew
from tlcore.training import Checkpoint, Outcome, Recorder, Silent, audit, branches, report, start, tally
from tlcore.training.best import Best
from tlcore.training.calls import Calls
from tlcore.training.collapse import Alarm
from tlcore.training.ends import Collapsed, Diverged, Halted, heed
from tlcore.training.glimpse import Glimpses
from tlcore.training.loop import Structure
from tlcore.training.network import Network, network
from tlcore.training.probe import probed
from tlcore.training.rates import Rates
from tlcore.training.relative import factors as relative
from tlcore.training.renewal import renew
from tlcore.training.watch import Watch

tf.config.experimental.enable_op_determinism()
# Searching a graph for what could be computed faster takes longer here than it ever saves: a graph of a step is small.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


PAYS = 2  # epochs that must follow for a longer prefix to be worth the pass over the images that it needs


def train(spec: RunSpec, recorder: Recorder, source: Mapping[str, np.ndarray] | None, checkpoint: Checkpoint | None) -> Outcome:
    """See ``tlcore.training.train``."""
    try:
        return _Run(spec, recorder, source).go(checkpoint)
    except Halted as halt:  # before there was a net: its data was still being fetched
        return Outcome(str(halt))


def judge(spec: RunSpec, weights: Mapping[str, np.ndarray], probe: str) -> Outcome:
    """See ``tlcore.training.judge``."""
    return _Run(spec, Silent(), None).judged(weights, probe)


class _Run:
    """The state of one run: its data, its net with its start weights, and where it writes."""

    def __init__(self, spec: RunSpec, recorder: Recorder, source: Mapping[str, np.ndarray] | None) -> None:
        self.spec, self.recorder, self.begun = spec, recorder, tick()
        self.data: Dataset = load(spec.dataset, spec.settings("dataset"), self._alive)
        if spec.probe:
            load(spec.probe, alive=self._alive)  # what cannot be had is said before the work, not after it
        self.net: Network = network(spec, len(self.data.classes))
        self.source = source
        self.weights = start.weights(spec, self.net, source)
        self.net.load(self.weights)
        self.net.seed.assign(spec.seed)
        self.net.turn(spec.knobs)
        self.calls = Calls(spec, self.net, self.data, self._alive, self._heard, recorder.leash, source)
        self.watch = Watch(spec, source, self._alive) if spec.watch_source and source is not None else None
        self.best, self.vigil = Best(spec.patience), audit.Vigil(self.net)
        self.before: dict[str, float] = {}
        self.end: dict[str, float] = {}
        self.rates = Rates(spec)
        self.glimpses = Glimpses(spec, self.net, self.calls) if spec.kind == "pretrain" else None
        self.alarm = Alarm(spec, self.net, len(self.calls.labels), len(self.calls.known)) if self.glimpses else None
        self.over = False  # nothing more is to be learned: patience is over, or a rate was found
        self.within: Stretch | None = None

    def _alive(self) -> None:
        heed(self.recorder)

    def _heard(self, place: Place, now: Place) -> bool:
        """Take what was asked for; whether that changes what comes."""
        before = self.spec
        self.spec = self.recorder.hear(before, place, now)
        self._alive()
        return self.spec is not before

    def go(self, checkpoint: Checkpoint | None) -> Outcome:
        """Train every stretch, then evaluate; a checkpoint skips what it has behind it."""
        try:
            self._prepare(self.spec.phases[0])
            self._measure_start(glimpsed=checkpoint is None)
            self.calls.place = Place(self._resume(checkpoint) if checkpoint else 0)
            while self.calls.place.epoch < self.spec.epochs and not self.over and not self._waited(self.calls.place.epoch):
                self._stretch()
            self.vigil.end()
            self._take_best()
            return self._finish()
        except Halted as halt:
            self.vigil.end()
            return Outcome(str(halt), self._audited(), self.net.weights())
        except Diverged as error:
            return Outcome("failed", error=str(error))
        except Collapsed as error:
            self.vigil.end()
            return Outcome("failed", self._audited(), self.net.weights(), error=str(error))

    def judged(self, weights: Mapping[str, np.ndarray], probe: str) -> Outcome:
        """What the run says of itself where these weights are what it came to."""
        self.spec = replace(self.spec, probe=probe)
        self._measure_start()
        if strange := set(weights) - set(self.net.variables):
            raise InputError(f"The weights have {min(strange)[:80]!r}, which this net has not: they belong to another one.")
        self.net.load(weights)
        sums = self.calls.measure(Structure.of(self.net, self.spec.phases[0], self.spec.weight_decay))
        if not np.isfinite(sums).all():
            raise InputError("With these weights the loss is not a number: they are damaged, export the source again.")
        self.end = tally.means(self.net, self.calls, sums)[1]
        return self._finish()

    def _prepare(self, phase: Phase) -> None:
        """What comes before the first step: memory of the source, statistics of the new images, a head that fits them."""
        self.net.optimizer.reset()
        self.calls.memory = start.memory(phase, self.net, self.calls, self.source)
        if phase.find(Renew):
            renew(self.net, self.calls.learned(0), self._alive)
        made = start.head(self.spec, self.net, self.calls)
        self.weights |= made
        for path, values in made.items():
            self.net.variables[path].assign(values)

    def _measure_start(self, glimpsed: bool = True) -> None:
        """Measure before the first step: what was transferred, before anything was learned (epoch 0)."""
        sums = self.calls.measure(Structure.of(self.net, self.spec.phases[0], self.spec.weight_decay))
        if not np.isfinite(sums).all():
            raise Diverged("The loss is not a number before the first step: the weights of the source are damaged, pretrain it again.")
        self.before = self.end = tally.means(self.net, self.calls, sums)[1]
        seen = self._glimpsed(0, must=True) if glimpsed else {}
        self.recorder.epochs([{"epoch": 0, **self.before, **tally.confusion(self.net, sums), **self._watched(), **seen}])
        self._remember(0)

    def _remember(self, epoch: int) -> None:
        """Keep a copy of the weights where the best of them will be wanted."""
        if self.spec.patience:
            self.best.look(epoch, self.end["val_loss"], self.net.weights())

    def _glimpsed(self, epoch: int, must: bool = False) -> dict[str, float]:
        """What a glimpse of the net tells for the curves; what it shows is kept beside them. must: however young the last one is."""
        if self.glimpses is None or not (must or self.glimpses.due()):
            return {}
        numbers, arrays = self.glimpses.take(must)
        self.recorder.glimpse(epoch, arrays, self.glimpses.once)
        return numbers

    def _watched(self) -> dict[str, float]:
        return {"source_accuracy": self.watch.score(self.net)} if self.watch else {}

    def _resume(self, checkpoint: Checkpoint) -> int:
        self.net.load(checkpoint.arrays)
        self.net.optimizer.restore(checkpoint.arrays)
        self.best.restore(checkpoint.arrays)
        if self.glimpses and self.alarm:
            self.glimpses.restore(checkpoint.arrays)
            self.alarm.restore(checkpoint.arrays)
        return checkpoint.epoch

    def _stretch(self) -> None:
        """Train from where the run is to the end of the stretch, until its course is changed, or until patience is over."""
        ways, place = self.spec.course, self.calls.place
        number = course.at(ways, place)
        now = ways[number]
        end = ways[number + 1].begin if number + 1 < len(ways) else Place(self.spec.epochs)
        if place == now.begin or (self.within is not None and self.within.begin != now.begin):
            self._enter(ways, number)
        if now != self.within:
            self._steer(now)
        if now.phase.find(Relative):  # its factors depend on the gradients, so each epoch has its own
            self.net.optimizer.steer(now.learning_rate, relative(self.net, self.calls, now.phase, place.epoch), self.spec.weight_decay)
            end = min(end, Place(place.epoch + 1))
        structure = Structure.of(self.net, now.phase, self.spec.weight_decay, self._prefix(ways, number))
        for epoch, sums, seconds in self.calls.epochs(structure, end, single=bool(self.spec.patience or self.watch)):
            self._record(epoch, sums, seconds)
            if self.over or self._waited(epoch + len(sums)):
                return

    def _enter(self, ways: tuple[Stretch, ...], number: int) -> None:
        """A phase of the plan forgets all moments; what is melted by hand starts afresh, and all else goes on as it was."""
        now, before = ways[number], ways[max(number - 1, 0)]
        if now.planned != before.planned:
            self.net.optimizer.reset()
        elif number:
            self.net.optimizer.melt(set(self.net.trained(now.phase)) - set(self.net.trained(before.phase)))

    def _steer(self, now: Stretch) -> None:
        """Set everything that a stretch has of its own."""
        start.hold(now.phase, self.net, self.weights)
        self.net.optimizer.steer(now.learning_rate, self.net.trained(now.phase), self.spec.weight_decay)
        self.calls.cut(now.batch_size)
        self.net.turn(now.dials)
        keep = now.phase.find(Keep)
        if keep is not None and self.calls.memory is not None:
            self.calls.memory = replace(self.calls.memory, weight=keep.weight)
        self.vigil.begin(now.phase)
        self.within = now

    def _prefix(self, ways: tuple[Stretch, ...], number: int) -> int:
        """Frozen blocks whose output is computed once: all that are frozen without a gap, unless more than before would not pay any more.

        It depends on the course alone, so that a run repeated gives the same numbers.
        """
        now = ways[number]
        by_hand = number > 0 and now.planned == ways[number - 1].planned
        if not by_hand or self.spec.epochs - now.begin.epoch >= PAYS:
            return now.phase.prefix
        return min(now.phase.prefix, self._prefix(ways, number - 1))

    def _waited(self, epoch: int) -> bool:
        """Whether patience is over; it waits for the last phase, however often the run was broken."""
        last = len(self.spec.phases) - 1
        since = next((each.begin.epoch for each in self.spec.course if each.planned == last), self.spec.epochs)
        return self.best.waited(epoch, since)

    def _record(self, epoch: int, sums: np.ndarray, seconds: float) -> None:
        """Keep the rows of some epochs, and the state after them."""
        good = int(np.isfinite(sums).all(axis=1).cumprod().sum())
        rows = [self._row(epoch + place, row, seconds) for place, row in enumerate(sums[:good])]
        if rows:
            rows[-1] |= self._watched()
        if good < len(sums):
            self._keep(rows)
            self._refuse_nonsense(epoch + good)
            return
        self.end = {name: rows[-1][name] for name in self.before}
        self._remember(epoch + good)
        rows[-1] |= self._glimpsed(epoch + good, must=epoch + good == self.spec.epochs or self._waited(epoch + good))
        self._keep(rows)
        if epoch + good < self.spec.epochs:
            self.recorder.checkpoint(epoch + good, self._state())

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        """Record epochs, and end the run where they show that it learns nothing any more."""
        self.recorder.epochs(rows)
        self.rates.look(rows)
        if self.alarm and not self.rates.finds and (said := self.alarm.look(rows, self.spec.batch_size)):
            raise Collapsed(said)

    def _state(self) -> dict[str, np.ndarray]:
        """Everything that a run needs to go on from here."""
        seen = self.glimpses.state() | self.alarm.state() if self.glimpses and self.alarm else {}
        return {**self.net.weights(), **self.net.optimizer.state(), **self.best.state(), **seen}

    def _refuse_nonsense(self, good: int) -> None:
        """A loss that is no number ends a run, and is what the finder of a rate was looking for."""
        if self.rates.finds and good:
            self.over = True
            return
        rate = f"choose a learning rate below {self._rate():g}"
        kept = f"the curves up to epoch {good} are kept{', and it can be forked there' if good else ''}"
        raise Diverged(f"The loss was no longer a number in epoch {good + 1}: {rate}; {kept}.")

    def _row(self, epoch: int, sums: np.ndarray, seconds: float) -> dict[str, Any]:
        learned, seen = tally.means(self.net, self.calls, sums)
        first = 2 * len(self.net.measures)
        norms = sums[first : first + len(self.net.parts)] / (len(self.calls.cuts) - 1)
        rate = self._rate() * float(self.calls.pace[epoch].mean())
        told = {"seconds": seconds, "rate": rate, "gradients": norms.tolist(), **tally.confusion(self.net, sums)}
        return {"epoch": epoch + 1, **learned, **seen, **told}

    def _rate(self) -> float:
        return self.within.learning_rate if self.within else self.spec.learning_rate

    def _take_best(self) -> None:
        """With patience the run ends as it was at its best, measured once more; the finder of a rate leaves the net as it was."""
        kept = self.weights if self.rates.finds else self.best.weights
        if kept:
            self.net.load(kept)
            last = Structure.of(self.net, self.spec.course[-1].phase, self.spec.weight_decay)
            self.end = tally.means(self.net, self.calls, self.calls.measure(last))[1]

    def _finish(self) -> Outcome:
        scores, arrays = report.scores(self.spec, self.net, self.calls)
        found = {"probe": probed(self.net, self.spec.probe, self.spec.seed, self._alive)} if self.spec.probe else {}
        result = {**self._audited(), **scores, **found}
        if not result["seal"]:
            told = "A frozen variable has moved, so this run does not count: please report it."
            return Outcome("failed", result, self.net.weights(), arrays, told)
        weights, adapters = branches.apart(self.net.weights())
        return Outcome("finished", result, weights, arrays, adapters=adapters)

    def _audited(self) -> dict[str, Any]:
        best: dict[str, Any] = {"best_epoch": self.best.epoch} if self.best.weights else {}
        best |= {"suggested_rate": self.rates.suggested()} if self.rates.finds else {}
        measured = {"start": self.before, "end": self.end, **best, "seconds": tick() - self.begun}
        return {**report.audited(self.spec, self.net, self.calls, self.weights, self.vigil.broken), **measured}
