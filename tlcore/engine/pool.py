"""The pool: for each slot one worker, which stands by with Keras imported or is at work."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tlcore.engine import worker
from tlcore.registry import InputError
from tlcore.store import Owner

HASTY = 3  # workers that may break outside of a run, one after the other


@dataclass
class Worker:
    """A process that stands by, or has been given the word."""

    process: Any
    connection: Connection
    scratch: str
    ready: bool = False
    working: bool = False

    def look(self) -> None:
        """Hear whether it is ready."""
        if not self.ready and self.connection.poll():
            try:
                self.ready = self.connection.recv() == worker.READY
            except (EOFError, OSError):
                self.process.join(1)

    def go(self) -> None:
        """Give it the word; one that died in the meantime is found at the next look."""
        self.working = True
        try:
            self.connection.send(worker.GO)
        except OSError:
            self.process.join(1)


class Pool:
    """Worker processes. ``TLCORE_START`` is forkserver (Linux: a fresh process in a blink) or spawn (everywhere: some seconds)."""

    def __init__(self, slots: int) -> None:
        method = os.environ.get("TLCORE_START", "forkserver" if sys.platform.startswith("linux") else "spawn")
        if method not in multiprocessing.get_all_start_methods() or method == "fork":
            raise InputError(f"TLCORE_START is {method!r}: set it to spawn or forkserver, or leave it out.")
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(["tlcore.engine.preload"])
        self.slots, self._hasty = slots, 0
        self._workers: list[Worker] = []
        self._ends: dict[int, int] = {}  # pid -> exit code of workers that are gone

    @property
    def ready(self) -> bool:
        """Whether any worker has been ready and still lives."""
        return any(each.ready for each in self._workers)

    @property
    def working(self) -> int:
        """How many are at work."""
        return sum(each.working for each in self._workers)

    @property
    def spare(self) -> Worker | None:
        """One that stands by, ready."""
        return next((each for each in self._workers if each.ready and not each.working), None)

    def tend(self) -> None:
        """Hear from the workers, forget those that are gone, bear new ones so that each slot has one."""
        for each in self._workers:
            each.look()
        for each in [each for each in self._workers if not each.process.is_alive()]:
            self._forget(each)
        while len(self._workers) < self.slots:
            self._workers.append(self._bear())

    def has(self, owner: Owner) -> bool:
        """Whether a lease belongs to one of these processes."""
        return any(each.process.pid == owner.pid for each in self._workers)

    def cause(self, owner: Owner) -> str:
        """Why a worker is gone, as a clause."""
        code = self._ends.get(owner.pid)
        if code is None or code == -signal.SIGKILL:
            return "the worker was killed"
        return "the worker ended too early" if code >= 0 else f"the worker crashed ({signal.Signals(-code).name})"

    def errand(self, target: Callable[..., None], *given: Any) -> Any:
        """A process beside the slots for something short, with Keras imported as a worker's has."""
        process = self._context.Process(target=target, args=(*given, self.slots), daemon=True)
        process.start()
        return process

    def dismiss(self) -> None:
        """Let go: those that stand by end at once, those at work when their job is done."""
        for each in self._workers:
            each.connection.close()

    def _bear(self) -> Worker:
        ours, theirs = self._context.Pipe()
        scratch = tempfile.mkdtemp(prefix="tlcore-worker-")
        process = self._context.Process(target=worker.stand_by, args=(theirs, self.slots, scratch), daemon=False)
        process.start()
        theirs.close()
        return Worker(process, ours, scratch)

    def _forget(self, each: Worker) -> None:
        self._ends[each.process.pid] = each.process.exitcode
        each.connection.close()
        shutil.rmtree(each.scratch, ignore_errors=True)  # one that was killed could not do it
        self._workers.remove(each)
        broke = not each.ready or each.process.exitcode > 0
        self._hasty = self._hasty + 1 if broke else 0
        if self._hasty >= HASTY:
            raise InputError("one worker process after the other breaks: the lines above in engine.log say why.")
