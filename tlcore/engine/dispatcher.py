"""The dispatcher: one process a data folder that gives waiting runs to workers and looks after what they leave.

Everything it knows is in the store, so that it can be killed at any time: workers go on, and the next one takes over.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from filelock import FileLock, Timeout

from tlcore import clock, folder
from tlcore.datasets import DATASETS, find
from tlcore.engine import local
from tlcore.engine.exchange import stock
from tlcore.engine.pool import Pool
from tlcore.engine.preparing import Preparation, begin
from tlcore.registry import InputError
from tlcore.store import Owner, Store, StoreDamaged, StoreError

PAUSE = 0.05  # seconds between two looks at the store
LOOK = 0.5  # seconds between two looks after the workers
BEAT = 5.0
HUNG = 60.0  # seconds without a beat after which a worker is killed
GRACE = 15.0  # seconds after a store that could not be written in which nobody counts as hung
KEEP = 600.0  # seconds of work between two backups, and between two sweeps
REST = 30.0  # the same when the work is done, so that the end of a study is in a copy
CHECKPOINTS = 2 * 2**30  # bytes of checkpoints of all finished runs; a fork of one whose went trains again up to its epoch
IDLE = 900  # seconds without work after which the engine rests
READY = "The engine is ready."


def dispatch() -> None:
    """Be the dispatcher of this data folder until there is nothing to do for a while; return at once if there is one."""
    os.environ.update(local.environment())
    lock = FileLock(folder.home() / "engine.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    with lock:
        dispatcher = Dispatcher(Store(), _setting("TLCORE_SLOTS", 1, 64), _setting("TLCORE_IDLE", IDLE, 10**9))
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: dispatcher.end())
        dispatcher.run()


def _setting(name: str, default: int, most: int) -> int:
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
        raise InputError(f"{name} is {text!r}: set it to a whole number from 1 to {most}, or leave it out.")
    return int(text)


class Dispatcher:
    """One for a data folder; ``slots`` runs train at once, and after ``idle`` seconds without work it ends."""

    def __init__(self, store: Store, slots: int = 1, idle: float = IDLE) -> None:
        self.store, self.pool, self.idle = store, Pool(slots), idle
        self.owner = Owner.me("dispatcher")
        self._preparation: Preparation | None = None
        self._busy = self._looked = self._kept = clock.tick()
        self._beaten = self._troubled = -HUNG
        self._worked = self._ending = self._unanswered = False
        self._said = ""
        self._stamp: object = None

    def end(self) -> None:
        """Stop after this round; workers finish what they train."""
        self._ending = True

    def run(self) -> None:
        """Rounds until the end."""
        try:
            self._begin()
            while not self._ending and clock.tick() - self._busy < self.idle:
                self._round()
                time.sleep(PAUSE)
        finally:
            self.pool.dismiss()
            self.store.withdraw(self.owner)

    def _begin(self) -> None:
        self._announce()
        self.store.reopen_requests()
        self.store.hold_ballast()
        if os.environ.get("TLCORE_READY", "on") != "off":
            stock(self.store)
        if os.environ.get("TLCORE_WARM") != "off":
            for entry in DATASETS:
                if "download" not in entry.facts and find(entry.name) is None:  # what must be downloaded waits until somebody asks
                    self.store.request_data(entry.name, {})

    def _round(self) -> None:
        """One look at everything. A store that cannot be written just now is no reason to end; a damaged one is."""
        try:
            self.pool.tend()
            now, stamp = clock.tick(), self.store.stamp()
            due = now - self._looked > LOOK
            if due:
                self._looked = now
                self._look_after(now)
            if due or stamp != self._stamp:
                self._stamp = stamp
                self._hand_out(now)
                self._prepare()
            if now - self._kept > (REST if self._worked and not self.pool.working else KEEP):
                self._kept = now
                self._keep()
            if self._state() != self._said or now - self._beaten > BEAT:
                self._announce()
        except StoreDamaged:
            raise
        except StoreError as trouble:
            self._troubled = clock.tick()
            print(f"{clock.now():%Y-%m-%d %H:%M:%S} UTC: {trouble}", file=sys.stderr, flush=True)
            time.sleep(1.0)

    def _hand_out(self, now: float) -> None:
        """Give the word to a worker that stands by when a run waits and a slot is free, or when a study waits for its answer."""
        spare = self.pool.spare
        if spare is None:
            return
        pending = self.store.pending()
        if pending and self._taken() < self.pool.slots:
            spare.go()
            self._busy, self._worked = now, True
        elif self._unanswered and not pending and not self.pool.working:
            self._unanswered = False
            spare.go()

    def _taken(self) -> int:
        """Slots in use: our workers at work, and those that an earlier dispatcher left at work."""
        return self.pool.working + sum(1 for held in self.store.held() if held.owner.alive and not self.pool.has(held.owner))

    def _look_after(self, now: float) -> None:
        """Bury dead workers' leases and kill the hung; while the store could not be written, nobody could beat."""
        held = self.store.held()
        self._unanswered = bool(self.store.unanswered())
        if held or self._preparation or self.store.pending():
            self._busy = now
        if any(not each.owner.alive for each in held):
            self.store.reap(self.pool.cause)
        for each in held:
            quiet = each.quiet if now - self._troubled > GRACE else None
            if quiet is not None and quiet > HUNG and each.owner.alive:
                os.kill(each.owner.pid, signal.SIGKILL)

    def _prepare(self) -> None:
        """One data set or preview at a time, in a process of its own."""
        if self._preparation is not None:
            if (told := self._preparation.end()) is not None:
                self.store.finish_request(self._preparation.key, told or None)
                self._preparation = None
        elif self.store.waiting_requests() and (wanted := self.store.next_request()):
            self._preparation = begin(self.pool, *wanted)

    def _keep(self) -> None:
        """A copy of the store after work, no garbage, and some space held back."""
        if self._worked or self.store.held():
            self._worked = False
            self.store.backup()
        self.store.sweep()
        self.store.thin_checkpoints(CHECKPOINTS)
        self.store.hold_ballast()

    def _state(self) -> str:
        return "ready" if self.pool.ready else "warming"

    def _announce(self) -> None:
        self._said, self._beaten = self._state(), clock.tick()
        self.store.announce(self.owner, self._said, READY if self._said == "ready" else local.SOON, self.pool.slots)
