"""What it costs that a run can be steered, and how soon it obeys: a real store, a real engine with one worker."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
import psutil

from benchmarks import cost, viewers
from benchmarks.start import until
from benchmarks.table import Figure
from benchmarks.witness import Engine, engine
from tlcore import jobs
from tlcore.clock import tick
from tlcore.spec import RunSpec

COMMANDS = 30
FORKS = 5
CALM = 12.0  # seconds after which the next worker stands by, and has rehearsed
PAUSED = 8.0  # seconds of pause in which the worker's CPU is measured
PARK = 12  # seconds on hold after which it gives its place back here
ASKED = (("learning_rate", 1e-3), ("block1", 0.0), ("pause", None), ("play", None), ("learning_rate", 2e-3), ("block1", 1.0))
SOURCE = RunSpec.make("pretrain", dataset="glyphs", per_class=20, epochs=1)


def tuned(**given: Any) -> RunSpec:
    """A full fine-tuning."""
    return RunSpec.make(
        "finetune", source=SOURCE, **{"dataset": "mnist", "strategy": "full", "labels_per_class": 20, "epochs": 60, **given}
    )


def figures() -> Iterator[Figure]:
    """The rows of the table, each as soon as it is measured."""
    yield cost.figure(SOURCE, tuned(batch_size=16))
    with engine(TLCORE_PARK=str(PARK)) as warm:
        run = jobs.submit(tuned(batch_size=16))
        until(lambda: (found := warm.store.run(run.id)) and found.state == "finished")
        yield fork(warm, run.id)
        yield obeyed(warm, "50 ms", 0.6, labels_per_class=5, batch_size=8, epochs=2000)
        yield obeyed(warm, "5 s", 1.2, labels_per_class=300, batch_size=4, epochs=2000)
        yield paused(warm)
        yield from viewers.figures(warm, tuned(labels_per_class=100, batch_size=16, epochs=2000, seed=7))


def obeyed(warm: Engine, name: str, bar: float, **given: Any) -> Figure:
    """From the call of ``jobs.command`` until the worker has obeyed, at random moments of a run that trains."""
    run, rng = jobs.submit(tuned(**given)), random.Random(0)
    warm.trains(run.id, 1)
    took: dict[str, list[float]] = {}
    for asked, value in islice(cycle(ASKED), COMMANDS):
        time.sleep(rng.uniform(0.2, 1.4))
        took.setdefault(asked, []).append(_obeyed(warm, run.id, asked, value))
    epoch = statistics.median(row["seconds"] for row in warm.store.epochs(run.id)[1:])
    warm.stop(run.id)
    every = [seconds for each in took.values() for seconds in each]
    slowest = ", ".join(f"{asked} {max(each):.2f}" for asked, each in took.items())
    counted = "until it is answered and, but for pause, the next call of the graph has begun: tracing a new structure counts"
    middle = f"median {statistics.median(every):.2f} s, slowest {slowest}; epochs of {1000 * epoch:.0f} ms"
    how = f"{len(every)} commands at random moments, {counted}; {middle}"
    return Figure(f"command to effect, p95, epochs of {name}, s", float(np.percentile(every, 95)), f"<= {bar}", -bar, how)


def _obeyed(warm: Engine, run_id: str, name: str, value: float | None) -> float:
    """Seconds until a command is in effect: a pause when it is answered, all else when the first call after the answer begins."""
    begun = tick()
    number = jobs.command(run_id, name, value).number
    open_until = begun

    def answered() -> bool:
        nonlocal open_until
        looked = tick()
        command = next(each for each in warm.store.commands(run_id) if each.number == number)
        assert command.refused is None, command.refused
        open_until = looked if command.epoch is None else open_until
        return command.epoch is not None

    until(answered, 0.01)
    if name == "pause":
        return tick() - begun
    return float(until(lambda: warm.begun(open_until), 0.01)) - begun


def fork(warm: Engine, run_id: str) -> Figure:
    """From the fork of a finished run, changed and let go, to its first epoch of its own."""
    took = []
    for place in range(FORKS):
        time.sleep(CALM)
        epoch = 11 + 9 * place
        begun = tick()
        made = jobs.fork(run_id, epoch)
        jobs.command(made.id, "learning_rate", 1e-3)
        jobs.command(made.id, "play")
        warm.trains(made.id, epoch + 1)
        took.append(tick() - begun)
        warm.stop(made.id)
    how = f"median of {FORKS} forks at other epochs, slowest {max(took):.2f} s; the nearest checkpoint is the epoch's or up to three older"
    return Figure("fork to first new epoch, warm engine, s", statistics.median(took), "<= 1.5", -1.5, how)


def paused(warm: Engine) -> Figure:
    """CPU of a worker whose run is on hold, and when it gives its place back."""
    run = jobs.submit(tuned(batch_size=16, epochs=2000, seed=1))
    warm.trains(run.id, 1)
    begun = tick()
    _obeyed(warm, run.id, "pause", None)
    process = psutil.Process(next(held.owner.pid for held in warm.store.held()))
    since, used = tick(), sum(process.cpu_times()[:2])
    time.sleep(PAUSED)
    share = 100 * (sum(process.cpu_times()[:2]) - used) / (tick() - since)
    until(lambda: (found := warm.store.run(run.id)) and found.state == "queued")
    parked = tick() - begun
    jobs.command(run.id, "play")
    warm.trains(run.id, 2)
    begun = tick()
    _obeyed(warm, run.id, "pause", None)
    other = jobs.submit(tuned(labels_per_class=5, epochs=2, seed=2))
    until(lambda: (found := warm.store.run(other.id)) and found.state == "finished")
    asked = tick() - begun
    jobs.stop(run.id)
    back = f"the slot was given back after {parked:.1f} s with TLCORE_PARK={PARK} (60 if not set)"
    how = f"{PAUSED:g} s of pause; {back}, and another run that waited was finished {asked:.1f} s after the pause"
    return Figure("paused run: CPU of its worker, % of a core", share, "< 1", -1, how)
