"""The recorder of a leased run: what training measures goes into the store, and wishes come back from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tlcore import clock
from tlcore.store import Lease, Store, StoreBusy, StoreFull

if TYPE_CHECKING:
    from tlcore.training import Arrays, Outcome

Answer = TypeVar("Answer")

CHECKPOINT = 0.25  # seconds of work between two checkpoints, at least
SHARE = 30  # a checkpoint that took a second is followed by none for so many
BEAT = 2.0  # seconds between two beats without anything to record
PATIENCE = 600.0  # seconds for which a busy store is asked again
ROOM = 64 * 2**20  # bytes that must be free before a run goes on after a full disk
WEIGHTS, ADAPTERS, ARRAYS = "weights.npz", "adapters.npz", "arrays.npz"
UNLIKE = "repeated epochs came out differently, so this run is not bit-identical to one without a break"


class Recording:
    """Writes for one attempt at one run. Raises Fenced when the run has become another worker's."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self.store, self.lease = store, lease
        self._beaten = self._kept = clock.tick()
        self._pause = CHECKPOINT

    def epochs(self, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of finished epochs; they are durable when this returns."""
        if not self._write(lambda: self.store.record_epochs(self.lease, rows)):
            self._write(lambda: self.store.annotate(self.lease, UNLIKE))
        self._beaten = clock.tick()

    def checkpoint(self, epoch: int, arrays: Arrays) -> None:
        """Keep the state after an epoch, unless the last one is so young that writing would cost more than it saves."""
        begun = clock.tick()
        if begun - self._kept < self._pause:
            return
        self._write(lambda: self.store.save_checkpoint(self.lease, epoch, arrays))
        self._kept = clock.tick()
        self._pause = max(CHECKPOINT, SHARE * (self._kept - begun))

    def wish(self) -> str | None:
        """Say now and then that the run is alive; return "stop" when somebody wants that."""
        if clock.tick() - self._beaten > BEAT:
            self._write(lambda: self.store.beat(self.lease))
            self._beaten = clock.tick()
        return self._write(lambda: self.store.wish(self.lease))

    def finish(self, outcome: Outcome) -> None:
        """Keep weights and arrays of a finished run, and its result; the end of a stopped one is its checkpoint."""
        if outcome.state == "finished":
            for name, arrays in ((WEIGHTS, outcome.weights), (ADAPTERS, outcome.adapters), (ARRAYS, outcome.arrays)):
                if arrays:
                    self._save(name, arrays)
            self._write(lambda: self.store.drop_checkpoints(self.lease))
        self._write(lambda: self.store.finish(self.lease, outcome.state, outcome.result, outcome.error))

    def _save(self, name: str, arrays: Arrays) -> None:
        self._write(lambda: self.store.save_arrays(self.lease, name, arrays))

    def _write(self, action: Callable[[], Answer]) -> Answer:
        """Do it; ask a busy store again, and wait for space on a full disk."""
        wait, until = 0.1, clock.tick() + PATIENCE
        while True:
            try:
                return action()
            except StoreFull:
                self._wait_for_room()
            except StoreBusy:
                if clock.tick() > until:
                    raise
                time.sleep(wait)
                wait = min(2 * wait, 5.0)

    def _wait_for_room(self) -> None:
        """Give the ballast back so that the store can say why the run stands still; go on when there is space, or at a stop."""
        self.store.drop_ballast()
        self._try(lambda: self.store.annotate(self.lease, "the disk was full, the run waited for space"))
        while self.store.free() < ROOM and self._try(lambda: self.store.wish(self.lease)) != "stop":
            self._try(lambda: self.store.beat(self.lease))
            time.sleep(1.0)
        if self.store.free() < ROOM:
            self._try(lambda: self.store.finish(self.lease, "stopped"))

    @staticmethod
    def _try(action: Callable[[], Answer]) -> Answer | None:
        try:
            return action()
        except (StoreFull, StoreBusy):
            return None
