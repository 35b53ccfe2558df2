"""The recorder of a leased run: what training measures goes into the store, and what people ask of the run comes back from it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from tlcore import clock
from tlcore.engine.aside import Aside
from tlcore.registry import InputError
from tlcore.spec import Place, RunSpec, course
from tlcore.store import MEASURES, PACES, Command, Lease, Orders, Store, StoreBusy, StoreError, StoreFull

if TYPE_CHECKING:
    from tlcore.training import Arrays, Outcome

Answer = TypeVar("Answer")

CHECKPOINT = 0.5  # seconds from one checkpoint to the next, at least
SHARE = 60  # one that took a second is followed by none for so many
BEAT = 2.0  # seconds between two beats without anything to record
CALM = 10.0  # the same while the run is on hold
LOOK = 0.05  # seconds between two looks while it is; those at a server cost more
LOOK_AT_SERVER = 0.2
AGAIN = 0.3  # seconds after a change of the file in which it looks once more: it changes a moment before it can be read
PARK = 60.0  # seconds on hold after which a worker gives its place back, TLCORE_PARK
WANTED = 3.0  # the same where another run waits
BUDGET = 32 * 2**20  # bytes of checkpoints that a run keeps
PATIENCE = 600.0  # seconds for which a busy store is asked again
ROOM = 64 * 2**20  # bytes that must be free before a run goes on after a full disk
WEIGHTS, ADAPTERS, ARRAYS = "weights.npz", "adapters.npz", "arrays.npz"
COLUMNS = {"epoch", "gradients", "confusion", *MEASURES}  # of the table of epochs
UNLIKE = "repeated epochs came out differently, so this run is not bit-identical to one without a break"


class Recording:
    """Writes for one attempt at one run. Raises Fenced when the run has become another worker's."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self.store, self.lease = store, lease
        self._beaten = self._kept = clock.tick()
        self._pause = CHECKPOINT
        run = store.run(lease.run)
        self._known = run.epoch if run is not None else 0  # until there it only repeats what was recorded: nothing new counts earlier
        self._budget = BUDGET if store.keeps(lease.run) else 0
        self._last: tuple[int, Arrays] | None = None
        self._saved = -1
        self._aside = Aside()
        self._seen: tuple[int, Arrays, Arrays] | None = None  # a glimpse that is not kept yet
        self._beside = Aside()  # a glimpse waits for no checkpoint, and no checkpoint for a glimpse
        self._orders, self._stamp, self._looked, self._sure = Orders(False, None, None), object(), 0.0, False
        self._due = 0.0  # when the next epoch may begin
        self._parked = False
        self._rested = 0.0  # seconds on hold, or slower than it could: no work

    def epochs(self, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of finished epochs; they are durable when this returns."""
        before, given = self.store.stamp(), [_parted(row) for row in rows]
        if not self._write(lambda: self.store.record_epochs(self.lease, given)):
            self._write(lambda: self.store.annotate(self.lease, UNLIKE))
        if before == self._stamp:  # nobody else wrote before; who wrote in between is seen at the next look, which is not put off
            self._stamp, self._sure = self.store.stamp(), False
        self._beaten = clock.tick()

    def checkpoint(self, epoch: int, arrays: Arrays) -> None:
        """Keep the state after an epoch while the training goes on, unless the last one is so young that it would cost more than it saves.

        The rows of its epochs are durable already. What goes wrong is raised when the next one is due, or at the end.
        """
        self._last = epoch, arrays
        if self._is_due():
            self._aside.settle()  # there is something to wait for only where the disk is slower than a call: then the pause has grown
        if self._is_due():
            self._kept = clock.tick()
            self._aside.begin(lambda: self._save_checkpoint(epoch, arrays))

    def glimpse(self, epoch: int, arrays: Arrays, once: Arrays) -> None:
        """Keep what the run shows after an epoch while the training goes on; where the one before is still on its way, it waits for the
        next one, which takes its place."""
        self._seen = epoch, arrays, dict(once)
        if not self._beside.busy:
            self._show()

    def _show(self) -> None:
        """Begin to keep the newest glimpse, if it is not kept yet."""
        if self._seen is not None:
            (epoch, arrays, once), self._seen = self._seen, None
            self._beside.begin(lambda: self._write(lambda: self.store.save_glimpse(self.lease, epoch, arrays, once)))

    def _is_due(self) -> bool:
        return clock.tick() - self._kept >= self._pause

    def _save_checkpoint(self, epoch: int, arrays: Arrays) -> None:
        begun = clock.tick()
        self._write(lambda: self.store.save_checkpoint(self.lease, epoch, arrays, self._budget))
        self._saved, self._pause = epoch, max(CHECKPOINT, SHARE * (clock.tick() - begun))

    def _keep_last(self) -> None:
        """Keep the state that was given last, if it is not kept yet."""
        if self._last is not None and self._last[0] != self._saved:
            self._save_checkpoint(*self._last)

    def wish(self) -> str | None:
        """Say now and then that the run is alive; return "stop" when somebody wants that, "park" when it was held for too long."""
        self._beat(BEAT)
        if self._parked:
            return "park"
        if self._is_known(self.store.stamp()):
            return "stop" if self._orders.stop else None
        return self._write(lambda: self.store.wish(self.lease))

    def _beat(self, pause: float) -> None:
        if clock.tick() - self._beaten > pause:
            self._write(lambda: self.store.beat(self.lease))
            self._beaten = clock.tick()

    def leash(self, epoch: int) -> int:
        """How many epochs may follow before it is asked again: one where somebody set the speed, and none beyond the goal."""
        goal = self._orders.goal
        return 1 if self._orders.speed and epoch >= self._known else max(1, goal - epoch) if goal else 1 << 20

    def hear(self, spec: RunSpec, place: Place, now: Place) -> RunSpec:
        """Obey what was asked for since the last time; wait while the run is on hold, or goes slower than it could."""
        since = asked = clock.tick()
        while True:
            spec = self._obey(spec, place)
            tick, held = clock.tick(), self._held(now)
            early = self._due - tick if self._paced(now) else 0.0
            if held and tick - asked > 1.0:
                asked, self._parked = tick, self._should_park(tick - since)
            if self._parked or self._orders.stop or (not held and early <= 0):
                self._pace(tick, now)
                self._rested += tick - since
                return spec
            self._beat(CALM)
            look = LOOK if self.store.file else LOOK_AT_SERVER
            time.sleep(look if held else min(look, early))

    def _paced(self, now: Place) -> bool:
        """Whether an epoch begins that should wait for its time; what is only repeated goes as fast as it can."""
        return bool(self._orders.speed) and now.step == 0 and now.epoch >= self._known

    def _pace(self, tick: float, now: Place) -> None:
        """An epoch begins: the next one may when it is due, counted from when this one was, unless the run is slower anyway."""
        if self._orders.speed and self._paced(now):
            each = 1 / self._orders.speed
            self._due = (self._due if tick - self._due < each else tick) + each

    def _held(self, now: Place) -> bool:
        """Whether the goal is reached: epochs count once they are recorded, else a step would hold before its own epoch is."""
        goal = self._orders.goal
        return goal is not None and goal <= now.epoch

    def _should_park(self, waited: float) -> bool:
        """Whether to give the place back: after a minute, or sooner where another run waits for it."""
        return waited > float(os.environ.get("TLCORE_PARK", PARK)) or (waited > WANTED and self.store.pending())

    def _is_known(self, stamp: object) -> bool:
        """Whether nobody has written since the orders were read."""
        return stamp == self._stamp and (self._sure or clock.tick() - self._looked < AGAIN)

    def _obey(self, spec: RunSpec, place: Place) -> RunSpec:
        """Look, if anybody has written since; answer what was asked, and return the run with what was changed."""
        stamp = self.store.stamp()
        if self._is_known(stamp):
            return spec
        self._looked, self._stamp, self._sure = clock.tick(), stamp, stamp == self._stamp
        self._orders = self._write(lambda: self.store.orders(self.lease))
        early = place < Place(self._known)
        asked = [each for each in self._orders.asked if not (early and each.name not in PACES)]
        if len(asked) < len(self._orders.asked):
            self._stamp = object()  # look again soon: what was asked for still waits
        if not asked:
            return spec
        changed, answers = spec, []
        for each in asked:
            changed, answer = _answered(changed, place, each)
            answers.append(answer)
        if self._write(lambda: self.store.answer(self.lease, answers, None if changed is spec else changed)):
            return changed
        self._write(lambda: self.store.answer(self.lease, [_refused(each, TOO_LATE) for each in asked]))
        return spec

    def finish(self, outcome: Outcome) -> None:
        """Keep weights and arrays of a finished run, and its result; the end of any other is its last checkpoint."""
        for each in (self._aside, self._beside):
            each.settle()
        self._show()
        self._beside.settle()
        if self._rested:
            self._write(lambda: self.store.rest(self.lease, self._rested))
        if outcome.state in ("stopped", "parked"):
            self._keep_last()
        if outcome.state == "failed":
            with suppress(StoreError):  # what went wrong may be the disk, and why the run failed must still be said
                self._keep_last()
        if outcome.state == "parked":
            self._write(lambda: self.store.park(self.lease))
            return
        if outcome.state == "finished":
            for name, arrays in ((WEIGHTS, outcome.weights), (ADAPTERS, outcome.adapters), (ARRAYS, outcome.arrays)):
                if arrays:
                    self._save(name, arrays)
            if not self._budget:
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


def _parted(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what has no column of its own among its extras."""
    own = {name: value for name, value in row.items() if name in COLUMNS}
    return {**own, "extras": {name: value for name, value in row.items() if name not in COLUMNS}}


TOO_LATE = "Others have come to need this run as it is: fork it, and change the fork."


def _answered(spec: RunSpec, place: Place, asked: Command) -> tuple[RunSpec, Command]:
    """The run as it is after a command, and the command with its answer."""
    if asked.name in PACES:
        return spec, replace(asked, epoch=place.epoch, step=place.step)
    try:
        changed = course.changed(spec, place, asked.name, asked.value)
    except InputError as refusal:
        return spec, _refused(asked, str(refusal))
    begun = changed.changes[-1].place if changed is not spec else place
    return changed, replace(asked, epoch=begun.epoch, step=begun.step)


def _refused(asked: Command, why: str) -> Command:
    return replace(asked, refused=why)
