"""The worker: a fresh process that has Keras imported, waits for its turn, then trains one job from the store."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from tlcore import clock
from tlcore.engine.answers import conclude
from tlcore.engine.recorder import WEIGHTS, Recording
from tlcore.engine.rehearsal import rehearse
from tlcore.registry import InputError
from tlcore.store import Fenced, Lease, Owner, Run, Store
from tlcore.training import Checkpoint, Outcome, train

if TYPE_CHECKING:
    from tlcore.training import Arrays

NICE = 10  # the screen comes first
PAUSE = 0.5  # seconds before a rehearsal begins: whoever waits for a worker comes first
READY, GO = "ready", "go"


def stand_by(connection: Connection, slots: int, scratch: str) -> None:
    """The life of a worker process: import, say so, wait for the word, work, end. It ends at once when nobody is there to give the word.

    scratch: a folder for what TensorFlow writes while it traces, and would leave behind, for a worker ends without a farewell.
    """
    tempfile.tempdir = scratch
    try:
        _live(connection, slots)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _live(connection: Connection, slots: int) -> None:
    settle(slots)
    store = Store(check=False)
    try:
        connection.send(READY)
        rehearsed = False
        while not connection.poll(PAUSE):
            rehearsed = rehearsed or rehearse(store, connection)
        connection.recv()
    except (EOFError, OSError):
        return
    try:
        work(store)
    except Fenced:
        sys.stdout.flush()
        os._exit(0)  # the run is another's now: nothing of this process may reach the store


def work(store: Store) -> None:
    """Claim a job and train its runs, one after the other, in this process; then answer the studies that are complete."""
    owner = Owner.me()
    job = store.claim(owner)
    while job is not None:
        with _logged(store, job.lease.run):
            _note(f"attempt {job.lease.attempt}")
            outcome = train_leased(store, job.lease)
            _note(f"{outcome.state} {outcome.error or ''}")
        conclude(store)
        job = store.follow(job, owner)
    conclude(store)


def train_leased(store: Store, lease: Lease) -> Outcome:
    """Train a run that is ours, from its last checkpoint if there is one, and keep what came of it. Raises Fenced."""
    run = store.run(lease.run)
    if run is None:
        raise Fenced("The run was deleted: this worker ends.")
    recording = Recording(store, lease)
    outcome = _outcome(store, run, recording)
    recording.finish(outcome)
    return outcome


def _outcome(store: Store, run: Run, recording: Recording) -> Outcome:
    """What came of the training; a failure in one sentence, its trace in the log."""
    try:
        return train(run.spec, recording, source=source_of(store, run), checkpoint=_checkpoint(store, run))
    except Fenced:
        raise
    except InputError as refusal:
        return Outcome("failed", error=str(refusal))
    except Exception as error:  # noqa: BLE001 - whatever a run does, it must end with a sentence
        traceback.print_exc()
        return Outcome("failed", error=_told(error))


def source_of(store: Store, run: Run) -> Arrays | None:
    """The weights that a run starts from; InputError if they are gone."""
    if run.parent is None:
        return None
    arrays = store.load_arrays(run.parent, WEIGHTS)
    if arrays is None:
        parent = store.run(run.parent)
        which = f"run {parent.number}" if parent else "which was deleted"
        raise InputError(f"The weights of its source, {which}, are missing or damaged: delete that run and start this one again.")
    return arrays


def _checkpoint(store: Store, run: Run) -> Checkpoint | None:
    kept = store.load_checkpoint(run.id) if run.attempt > 1 or run.forked else None
    return None if kept is None else Checkpoint(*kept)


def _told(error: Exception) -> str:
    name = type(error).__name__
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError":
        return "The run needs more memory than there is: choose a smaller batch size, fewer labels or smaller images."
    return f"The run broke on an error that the lab did not expect ({name}): its log says where, please report it."


def settle(slots: int) -> None:
    """Behind the screen in the queue for the processor, before it in that for the axe; threads shared among the slots."""
    with suppress(OSError, AttributeError):
        os.nice(NICE)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
    from tlcore.engine import preload

    preload.warm(max(1, (os.cpu_count() or 1) // slots))


def _note(text: str) -> None:
    print(f"{clock.now():%Y-%m-%d %H:%M:%S} UTC: {text}", flush=True)


@contextmanager
def _logged(store: Store, run_id: str) -> Iterator[None]:
    """What is written meanwhile, by Python or below it, goes to the run's own log."""
    path = store.folder_of(run_id) / "log.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    with path.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for kept, stream in zip(before, (1, 2), strict=True):
            os.dup2(kept, stream)
            os.close(kept)
