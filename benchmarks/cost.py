"""What it costs that a run can be steered: a run with everything that is kept of it, against the loop that keeps nothing.

A machine that others share speeds up and slows down by a tenth within a minute, far more than what is asked for. So the two
runs are trained in turns of a few epochs, in one process: whatever comes over the machine comes over both.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any

import numpy as np

from benchmarks.table import Figure
from tlcore import datasets
from tlcore.clock import tick
from tlcore.engine import worker
from tlcore.engine.recorder import WEIGHTS, Recording
from tlcore.spec import RunSpec
from tlcore.store import Owner, Store
from tlcore.training import Silent, train

ROUNDS = 16  # pairs of runs, besides one to warm up
TURN = 5  # epochs after which it is the other run's turn


def figure(source: RunSpec, spec: RunSpec) -> Figure:
    """The row of the table, for a fine-tuning and its source."""
    with tempfile.TemporaryDirectory(prefix="tlcore-cost-", ignore_cleanup_errors=True) as home:
        os.environ["TLCORE_HOME"] = home
        store = Store()
        for name in ("glyphs", "mnist"):
            datasets.prepare(name)
        weights = store.load_arrays(_recorded(store, source), WEIGHTS)
        assert weights is not None
        rounds = [_round(store, spec, weights, place % 2) for place in range(ROUNDS + 1)][1:]
        store.close()
    costs = [100 * (recorded / bare - 1) for recorded, bare in rounds]
    low, median, high = statistics.quantiles(costs, n=4)
    epoch = 1000 * statistics.median(bare for _, bare in rounds) / spec.epochs
    how = f"{spec.epochs} epochs of {epoch:.0f} ms, 200 labels, batch {spec.batch_size}, SQLite; median of {ROUNDS} pairs of runs"
    how += f" that take turns of {TURN} epochs, quartiles {low:.1f} and {high:.1f}"
    return Figure("cost of steering, checkpoints and recording against the bare loop, %", median, "<= 3", -3, how)


class Turns:
    """Two pieces of work in one process, one of which always waits; ``seconds`` says how long each has worked."""

    def __init__(self, first: int) -> None:
        self.seconds = [0.0, 0.0]
        self._whose, self._since, self._left = first, tick(), {0, 1}
        self._changed = Condition()

    def wait(self, mine: int) -> None:
        """Return when it is the turn of this one."""
        with self._changed:
            self._changed.wait_for(lambda: self._whose == mine)
            self._since = tick()

    def give(self, mine: int, last: bool = False) -> None:
        """Let the other one work, if it is not done; after the last turn this one is."""
        with self._changed:
            self.seconds[mine] += tick() - self._since
            self._left -= {mine} if last else set()
            self._whose = 1 - mine if 1 - mine in self._left else mine
            self._changed.notify_all()


def _round(store: Store, spec: RunSpec, weights: Mapping[str, np.ndarray], first: int) -> tuple[float, float]:
    """Seconds of a recorded run and of a bare one."""
    turns, run = Turns(first), ""

    def recorded() -> None:
        nonlocal run
        with _turning(turns, 0):
            run = _recorded(store, spec)

    bare = Thread(target=_work, args=(turns, 1, lambda: train(spec, _Bare(turns), source=weights)))
    bare.start()
    _work(turns, 0, recorded)
    bare.join()
    store.delete(run)
    return turns.seconds[0], turns.seconds[1]


def _work(turns: Turns, mine: int, work: Callable[[], object]) -> None:
    turns.wait(mine)
    try:
        work()
    finally:
        turns.give(mine, last=True)


class _Bare(Silent):
    """Keeps nothing, and takes turns."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns

    def epochs(self, rows: list[dict[str, Any]]) -> None:
        _pass(self._turns, 1, rows)


@contextmanager
def _turning(turns: Turns, mine: int) -> Iterator[None]:
    """Recordings take turns: before they keep the rows of a call, so that a checkpoint begun in their turn is also written in it."""
    kept = Recording.epochs

    def epochs(self: Recording, rows: list[dict[str, Any]]) -> None:
        _pass(turns, mine, rows)
        kept(self, rows)

    Recording.epochs = epochs  # type: ignore[method-assign]
    try:
        yield
    finally:
        Recording.epochs = kept  # type: ignore[method-assign]


def _pass(turns: Turns, mine: int, rows: list[dict[str, Any]]) -> None:
    """After so many epochs it is the other one's turn."""
    if rows and rows[-1]["epoch"] // TURN > (rows[0]["epoch"] - 1) // TURN:
        turns.give(mine)
        turns.wait(mine)


def _recorded(store: Store, spec: RunSpec) -> str:
    """A run as a worker trains it."""
    lease = store.take(store.submit(spec).id, Owner.me())
    assert lease is not None
    outcome = worker.train_leased(store, lease)
    assert outcome.state == "finished", outcome.error
    return lease.run
