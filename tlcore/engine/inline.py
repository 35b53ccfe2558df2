"""The inline engine: trains in the caller's process, through the same store and by the same function as a worker."""

from __future__ import annotations

import time
from collections.abc import Callable

from tlcore.engine.answers import conclude
from tlcore.engine.worker import train_leased
from tlcore.registry import InputError
from tlcore.store import Owner, Run, Store, StudyRecord

PAUSE = 0.1  # seconds between two looks at a run that somebody else trains


def complete(store: Store, run_id: str, owner: Owner | None = None) -> Run:
    """Bring a run to its end: its source first, then itself; what another process trains is waited for.

    InputError with the run's own sentence if it failed, was stopped or is interrupted.
    """
    owner = owner or Owner.me("inline")
    found = store.run(run_id)
    if found is not None and found.held:
        store.command(run_id, "play")
    while True:
        run = store.run(run_id)
        if run is None:
            raise InputError("The run was deleted while it was waited for: start it again.")
        if run.state == "finished":
            return run
        if not run.live:
            raise InputError(run.error or f"Run {run.number} was {run.state}: resume it, or start it again.")
        if run.parent:
            complete(store, run.parent, owner)
        _train_or_wait(store, run, owner)


def complete_study(store: Store, study_id: str, told: Callable[[Run], None] = lambda run: None) -> StudyRecord:
    """Bring all runs of a study to their end, seed by seed as they stand, and answer it."""
    owner = Owner.me("inline")
    for member in store.members(study_id):
        told(complete(store, member.run.id, owner))
    conclude(store)
    record = store.study(study_id)
    if record is None:
        raise InputError("The study was deleted while it was waited for: start it again.")
    return record


def _train_or_wait(store: Store, run: Run, owner: Owner) -> None:
    lease = store.take(run.id, owner)
    if lease is None:
        store.reap()
        time.sleep(PAUSE)
        return
    try:
        train_leased(store, lease)
    except KeyboardInterrupt:
        store.finish(lease, "stopped")
        raise
