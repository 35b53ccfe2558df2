"""What pages, API and command line call: rows in the store, and an engine that is woken to look at them."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from tlcore import folder
from tlcore.engine import local
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import Run, Store, StudyRecord
from tlcore.studies import Study

_opening = threading.Lock()


def store() -> Store:
    """The store of this process, opened once."""
    with _opening:
        return _store(str(folder.home()), os.environ.get("TLCORE_STORE"))


@cache
def _store(home: str, url: str | None) -> Store:
    return Store(url)


def submit(spec: RunSpec, visitor: str = "") -> Run:
    """Queue a run, or open the one that is already the answer; wakes the engine."""
    run = store().submit(spec, visitor)
    if run.live:
        wake()
    return run


def submit_study(study: Study, visitor: str = "") -> StudyRecord:
    """Queue a study, or open the one that is already the answer; wakes the engine."""
    record = store().submit_study(study, visitor)
    if record.live or record.summary is None:
        wake()
    return record


def extend_study(study_id: str, **more: Any) -> StudyRecord:
    """Let a study grow in place: more seeds, controls, another end of the budget; InputError if that would take something away."""
    record = store().study(study_id)
    if record is None:
        raise InputError("This study was deleted: start it anew, what was measured is taken from the store.")
    grown = Study.from_plain({"study": record.question, **record.settings, **more})
    found = store().extend_study(study_id, grown)
    wake()
    return found


def stop(run_id: str) -> Run | None:
    """Ask a run to stop; a waiting one stops at once, a training one within a second."""
    return store().stop(run_id)


def stop_study(study_id: str) -> StudyRecord | None:
    """Stop what is left of a study."""
    return store().stop_study(study_id)


def resume(run_id: str) -> Run | None:
    """Let a stopped or interrupted run go on from its last checkpoint; wakes the engine."""
    run = store().resume(run_id)
    wake()
    return run


def resume_study(study_id: str) -> StudyRecord | None:
    """Let all stopped and interrupted runs of a study go on; wakes the engine."""
    record = store().resume_study(study_id)
    wake()
    return record


def delete(run_id: str, force: bool = False) -> None:
    """Delete a run; InputError names the runs that came from it, unless ``force``."""
    store().delete(run_id, force)


def delete_study(study_id: str) -> None:
    """Delete a study with the runs that nothing else uses."""
    store().delete_study(study_id)


def prepare_dataset(name: str, knobs: dict[str, Any] | None = None) -> None:
    """Ask the engine to prepare a data set; ``datasets.find`` sees it when it is there, ``preparation`` how it goes."""
    store().request_data(name, knobs or {})
    wake()


def preparation(name: str, knobs: dict[str, Any] | None = None) -> tuple[str, str | None] | None:
    """(state, error) of a data set that was asked for: queued, running, done, failed; None if nobody asked."""
    return store().data_request(name, knobs or {})


def wake() -> dict[str, str]:
    """Start the dispatcher if none is alive and that is allowed; returns how the engine is."""
    if os.environ.get("TLCORE_ENGINE") != "off" and store().engine()["state"] == "absent":
        local.start()
    return engine_state()


def engine_state() -> dict[str, str]:
    """How the engine is: ``state`` off, starting, warming, ready or failed, and ``message``, a sentence."""
    row = store().engine()
    if row["state"] != "absent":
        return {"state": row["state"], "message": row["message"]}
    return local.state()
