"""What pages, API and command line call: rows in the store, and an engine that is woken to look at them."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore import archive, folder
from tlcore.engine import errands, exchange, local, previews
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import Command, Run, Store, StudyRecord
from tlcore.store.faults import told
from tlcore.studies import Study

if TYPE_CHECKING:
    import numpy as np

    from tlcore.datasets import Dataset

FOREIGN = "Only who holds the private link of this run can steer it: look at it, replay it, or fork it."
CLOSED = "This lab is open to strangers, so it takes no files in: install it on your own machine, and import the source there."
FOREIGN_STUDY = "Only who asked for this study can stop, change or delete it: look at its answer, or ask the question yourself."

_opening = threading.Lock()


def store() -> Store:
    """The store of this process, opened once."""
    with _opening:
        return _store(str(folder.home()), os.environ.get("TLCORE_STORE"))


@cache
def _store(home: str, url: str | None) -> Store:
    return Store(url)


def submit(spec: RunSpec, visitor: str = "", hold: bool = False) -> Run:
    """Queue a run, or open the one that is already the answer; wakes the engine. hold: a new run waits for play."""
    run = store().submit(spec, visitor, hold)
    if run.live:
        wake()
    return run


def command(run_id: str, name: str, value: Any = None, key: str = "", hand: str = "", token: str | None = None) -> Command:
    """Ask play, pause, step or speed of a run, or a change of a setting; it counts once under one key. See ``Store.command``."""
    guard(run_id, token)
    done = store().command(run_id, name, value, key, hand)
    if name in ("play", "step"):
        wake()
    return done


def fork(run_id: str, epoch: int, visitor: str = "") -> Run:
    """A run on hold where another one was after an epoch; anybody may."""
    return store().fork(run_id, epoch, visitor)


def reset(run_id: str, token: str | None = None, visitor: str = "") -> Run:
    """Back to the beginning: a live run stops and is kept; a fork of its epoch 0 stands on hold, as it was before anybody changed it."""
    guard(run_id, token)
    fresh = fork(run_id, 0, visitor)
    store().stop(run_id)
    return fresh


def hosted() -> bool:
    """Whether strangers can see this lab: then only who holds a run's private link may steer it."""
    return os.environ.get("TLCORE_HOSTED", "off") == "on"


def may_steer(run_id: str, token: str | None) -> bool:
    """Whether somebody with this token may steer a run: everybody at the machine, and hosted who holds its private link."""
    return not hosted() or store().holds(run_id, token)


def guard(run_id: str, token: str | None) -> None:
    """Refuse who may not; a run that is not there is refused with the same words as one of somebody else."""
    if not may_steer(run_id, token):
        raise InputError(FOREIGN)


def submit_study(study: Study, visitor: str = "") -> StudyRecord:
    """Queue a study, or open the one that is already the answer; wakes the engine."""
    record = store().submit_study(study, visitor)
    if record.live or record.summary is None:
        wake()
    return record


def extend_study(study_id: str, visitor: str = "", /, **more: Any) -> StudyRecord:
    """Let a study grow in place: more seeds, controls, another end of the budget; InputError if that would take something away."""
    guard_study(study_id, visitor)
    record = store().study(study_id)
    if record is None:
        raise InputError("This study was deleted: start it anew, what was measured is taken from the store.")
    grown = Study.from_plain({"study": record.question, **record.settings, **more})
    found = store().extend_study(study_id, grown)
    wake()
    return found


def guard_study(study_id: str, visitor: str) -> None:
    """The same for a study: hosted, it belongs to the session that asked for it."""
    if hosted() and not store().asked_by(study_id, visitor):
        raise InputError(FOREIGN_STUDY)


def stop(run_id: str, token: str | None = None) -> Run | None:
    """Ask a run to stop; a waiting one stops at once, a training one within a second."""
    guard(run_id, token)
    return store().stop(run_id)


def stop_study(study_id: str, visitor: str = "") -> StudyRecord | None:
    """Stop what is left of a study."""
    guard_study(study_id, visitor)
    return store().stop_study(study_id)


def resume(run_id: str, token: str | None = None) -> Run | None:
    """Let a stopped or interrupted run go on from its last checkpoint; wakes the engine."""
    guard(run_id, token)
    run = store().resume(run_id)
    wake()
    return run


def resume_study(study_id: str, visitor: str = "") -> StudyRecord | None:
    """Let all stopped and interrupted runs of a study go on; wakes the engine."""
    guard_study(study_id, visitor)
    record = store().resume_study(study_id)
    wake()
    return record


def delete(run_id: str, force: bool = False, token: str | None = None) -> None:
    """Delete a run; InputError names the runs that came from it, unless ``force``."""
    guard(run_id, token)
    store().delete(run_id, force)


def delete_study(study_id: str, visitor: str = "") -> None:
    """Delete a study with the runs that nothing else uses."""
    guard_study(study_id, visitor)
    store().delete_study(study_id)


def rename(run_id: str, name: str, token: str | None = None) -> Run:
    """Call a run by a name of one's own."""
    guard(run_id, token)
    return store().rename(run_id, name)


def stock(again: bool = False) -> None:
    """Put the sources that come with the lab into the store, once; those that were deleted come back only if asked for ``again``."""
    if again and hosted():
        raise InputError(CLOSED)
    if again:
        exchange.stock(store(), True)
    elif os.environ.get("TLCORE_READY", "on") != "off":
        _stocked(str(folder.home()), os.environ.get("TLCORE_STORE"))


@cache
def _stocked(home: str, url: str | None) -> None:
    exchange.stock(store())


def export(run_id: str) -> None:
    """Have a source written as a file; ``exported`` says how far it is. Anybody may: it changes nothing."""
    errands.send(f"export {run_id}", "export", run_id, str(_exported(run_id)))


def exported(run_id: str) -> tuple[str, str, Path | None]:
    """(state, what is to be said, the file): none, running, failed or done. A file is kept for some minutes, then it is made anew."""
    path = _exported(run_id)
    if path.exists():
        return "done", "", path
    found = errands.state(f"export {run_id}")
    return ("none", "", None) if found is None or found[0] == "done" else (*found, None)


def _exported(run_id: str) -> Path:
    return store().folder_of(run_id) / f"export{archive.SUFFIX}"


def bring(content: bytes) -> str:
    """Have the file of a source taken in; the key that its run will have. InputError: it is no such file, or this lab takes none."""
    if hosted():
        raise InputError(CLOSED)
    given = archive.open_archive(content)
    key = replace(given.spec, origin=given.digest).key
    if not store().finished([key]):
        path = folder.home() / "runs" / "imports" / f"{key}{archive.SUFFIX}"  # the store does not know it: it is swept in some minutes
        with told():
            folder.write(path, lambda file: file.write(content))
        errands.send(f"import {key}", "import", str(path))
    return key


def brought(key: str) -> tuple[str, str, Run | None]:
    """(state, what is to be said, the run) of a file that was taken in: running, failed or done."""
    run = store().answering(key)
    if run is not None and run.state == "finished":
        errands.forget(f"import {key}")
        return "done", "", run
    found = errands.state(f"import {key}")
    return ("failed", "The file was not read to its end: import it again.", None) if found is None or found[0] == "done" else (*found, None)


def prepare_dataset(name: str, knobs: dict[str, Any] | None = None) -> None:
    """Ask the engine to prepare a data set; ``datasets.find`` sees it when it is there, ``preparation`` how it goes."""
    _ask(name, knobs or {})


def preparation(name: str, knobs: dict[str, Any] | None = None) -> tuple[str, str | None] | None:
    """(state, error) of a data set that was asked for: queued, running, done, failed; None if nobody asked."""
    return store().data_request(name, knobs or {})


def waits() -> bool:
    """Whether a data set or a preview was asked for that nobody has begun yet."""
    return store().waiting_requests()


def _ask(name: str, knobs: dict[str, Any]) -> None:
    store().request_data(name, knobs)
    wake()


def preview(spec: RunSpec, data: Dataset | None) -> np.ndarray | None:
    """What a run would give its net of the first images of its first batch, if the engine has drawn it. See ``engine.previews``."""
    return None if data is None else previews.find(spec, data)


def draw_preview(spec: RunSpec) -> None:
    """Ask the engine for it."""
    _ask(previews.REQUEST, previews.wish(spec))


def drawing(spec: RunSpec) -> tuple[str, str | None] | None:
    """(state, error) of a preview that was asked for, as ``preparation`` of a data set."""
    return store().data_request(previews.REQUEST, previews.wish(spec))


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
