"""What people ask for: submit, stop, resume, delete. Each is one transaction, and asking twice is asking once."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from tlcore import clock
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import tables
from tlcore.store.curves import is_id
from tlcore.store.reading import Reading
from tlcore.store.records import Run, StudyRecord, state_of
from tlcore.studies import Study

runs, studies, members = tables.runs, tables.studies, tables.members


class Writing(Reading):
    """The asking side of the store."""

    def submit(self, spec: RunSpec, visitor: str = "", hold: bool = False) -> Run:
        """Queue a run and the source it needs, or open the run that is already the answer. hold: a new run waits to be let go."""
        with self.write() as connection:
            run_id = ensure(connection, spec, visitor, asked=True, hold=hold)
        return self._known(run_id)

    def submit_study(self, study: Study, visitor: str = "") -> StudyRecord:
        """Queue all runs of a study at once, sharing those that are there; or open the study that is already the answer."""
        with self.write() as connection:
            study_id = _answering(connection, study.key) or _add_study(connection, study, visitor)
        found = self.study(study_id)
        assert found is not None
        return found

    def extend_study(self, study_id: str, study: Study) -> StudyRecord:
        """Give a study more members, in place; those that are there stay, and its answer is drawn anew. Also while it runs.

        InputError if the study does not contain all that is there. If another study is already that answer, it is opened.
        """
        with self.write() as connection:
            found = _answering(connection, study.key) or _extend(connection, study_id, study)
        record = self.study(found)
        assert record is not None
        return record

    def stop(self, run_id: str) -> Run | None:
        """Stop a waiting run now, a training one at its next look, with a source that nobody else waits for; an ended one stays as it is."""
        if not is_id(run_id):
            return None
        with self.write() as connection:
            stop_all(connection, runs.c.id == run_id)
        return self.run(run_id)

    def stop_study(self, study_id: str) -> StudyRecord | None:
        """Stop what is left of a study, but for the runs that were asked for otherwise too, and the sources nobody else waits for."""
        if not is_id(study_id):
            return None
        mine = select(members.c.run).where(members.c.study == study_id)
        with self.write() as connection:
            connection.execute(update(studies).where(studies.c.id == study_id).values(stopped=True))
            stop_all(connection, runs.c.id.in_(mine), ~runs.c.asked, ~_wanted_by_others(study_id))
        return self.study(study_id)

    def resume(self, run_id: str) -> Run | None:
        """Queue a stopped or interrupted run again; it goes on from its last checkpoint, and so does its source."""
        if not is_id(run_id):
            return None
        with self.write() as connection:
            resume_one(connection, run_id)
            connection.execute(update(runs).where(runs.c.id == run_id).values(asked=True))
        return self.run(run_id)

    def resume_study(self, study_id: str) -> StudyRecord | None:
        """Queue all stopped and interrupted runs of a study again, or take those that were started anew in their place."""
        if not is_id(study_id):
            return None
        mine = select(members.c.run).where(members.c.study == study_id)
        with self.write() as connection:
            connection.execute(update(studies).where(studies.c.id == study_id).values(stopped=False))
            for run_id in _ids(connection, runs.c.id.in_(mine), runs.c.state.in_(("stopped", "interrupted"))):
                if not _taken_over(connection, study_id, run_id):
                    resume_one(connection, run_id)
        return self.study(study_id)

    def delete_everything(self) -> None:
        """Forget all runs, studies, copies and prepared data; refused while anything trains."""
        with self.write() as connection:
            training = connection.scalar(select(func.count()).where(runs.c.state == "running"))
            if training:
                raise InputError(f"{training} run{'s are' if training > 1 else ' is'} training: stop what runs, then delete everything.")
            for table in (runs, studies, members, tables.epochs, tables.commands, tables.artifacts, tables.requests):
                connection.execute(delete(table))
            connection.execute(delete(tables.meta).where(tables.meta.c.name == "restored"))
        for name in ("runs", "datasets", "downloads", "previews"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        self.forget_copies()

    def _known(self, run_id: str) -> Run:
        found = self.run(run_id)
        assert found is not None
        return found


def ensure(
    connection: Connection,
    spec: RunSpec,
    visitor: str,
    asked: bool = False,
    study: str | None = None,
    shard: int | None = None,
    hold: bool = False,
) -> str:
    """The id of the run that answers a spec; a new one is queued behind its source."""
    found = _answer(connection, spec.key)
    if found:
        if asked:
            connection.execute(update(runs).where(runs.c.id == found.id).values(asked=True))
        stops = (tables.commands.c.run == found.id, tables.commands.c.name == "stop")
        connection.execute(delete(tables.commands).where(*stops))  # wanted again: no stop any more
        return str(found.id)
    if spec.origin:
        raise InputError(IMPORT_GONE)
    parent = ensure(connection, spec.source, visitor, study=study, shard=shard) if spec.source else None
    return add_run(connection, spec, visitor, parent=parent, study=study, shard=shard, asked=asked, goal=0 if hold else None)


def add_run(connection: Connection, spec: RunSpec, visitor: str, **more: Any) -> str:
    """Queue a new run; its id."""
    names = {name: getattr(spec, name) for name in ("kind", "dataset", "backbone", "objective", "strategy", "epochs", "key")}
    run_id = str(more.pop("id", secrets.token_hex(16)))
    row = {"id": run_id, "state": "queued", "spec": spec.to_json(), "token": secrets.token_hex(16), "created": clock.now()}
    connection.execute(insert(runs).values(**{**names, **row, "visitor": visitor, **more}))
    return run_id


def stop_all(connection: Connection, *mine: Any) -> None:
    """Stop the live runs that meet these conditions, then their sources, if only they needed them."""
    other = runs.alias()
    needed = exists().where(other.c.parent == runs.c.id, other.c.state.in_(tables.LIVE))
    source = select(other.c.parent).where(other.c.id.in_(select(runs.c.id).where(*mine)))
    live = runs.c.state.in_(tables.LIVE)
    sources = _ids(connection, runs.c.id.in_(source), live)
    for run_id in _ids(connection, *mine, live):
        stop_one(connection, run_id)
    for run_id in _ids(connection, runs.c.id.in_(sources), live, ~runs.c.asked, ~needed):
        stop_all(connection, runs.c.id == run_id)  # and the teacher behind it


def stop_one(connection: Connection, run_id: str) -> None:
    """Stop a run; what waits for it as its source stops with it."""
    row = connection.execute(select(runs.c.state, runs.c.attempt).where(runs.c.id == run_id)).first()
    if row is None or row.state not in tables.LIVE:
        return
    if row.state == "queued":
        connection.execute(update(runs).where(runs.c.id == run_id).values(state="stopped", finished=tables.hour(), goal=None))
        abandon(connection, run_id, "stopped")
        return
    key = f"{run_id}-{row.attempt}-stop"
    if connection.scalar(select(tables.commands.c.key).where(tables.commands.c.key == key)) is None:
        connection.execute(insert(tables.commands).values(key=key, run=run_id, name="stop", created=clock.now()))


IMPORT_GONE = "The imported source is not here any more, and cannot be trained again: import its file once more, or choose another source."
SOURCE_GONE = "The source of this run was deleted: start this run anew, and the source is trained again."
ABANDONED = {
    "failed": "Its source, run {number}, failed: open that run to see why.",
    "stopped": "Its source, run {number}, was stopped: resume this run, and the source goes on too.",
    "interrupted": "Its source, run {number}, was interrupted: resume this run, and the source goes on too.",
    "deleted": "Its source, run {number}, was deleted: start this run anew, and the source is trained again.",
}


def abandon(connection: Connection, parent: str, state: str) -> None:
    """End the runs that wait for a source that ended in this state (or was deleted), each with a sentence."""
    number = connection.scalar(select(runs.c.number).where(runs.c.id == parent))
    ended = "failed" if state == "deleted" else state
    values = {"state": ended, "error": ABANDONED[state].format(number=number), "finished": tables.hour()}
    for waiting in _ids(connection, runs.c.parent == parent, runs.c.state == "queued"):
        connection.execute(update(runs).where(runs.c.id == waiting).values(**values))
        abandon(connection, waiting, ended)


def resume_one(connection: Connection, run_id: str) -> None:
    """Queue a run and, if need be, its source again; the runs that never began for want of this source come along."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
    if row is None or row.state in tables.LIVE:
        return
    if row.state not in ("stopped", "interrupted"):
        raise InputError(f"Run {row.number} is {row.state}: only a stopped or interrupted run can go on.")
    other = _answer(connection, row.key)
    if other:
        raise InputError(f"The same run was started anew as run {other.number}: open that one.")
    parent = _ready_parent(connection, row.parent) if row.parent else None
    connection.execute(
        update(runs).where(runs.c.id == run_id).values(state="queued", error=None, finished=None, worker=None, parent=parent, goal=None)
    )
    _bring_along(connection, run_id)


def _bring_along(connection: Connection, run_id: str) -> None:
    """Queue again what never began for want of a run, and what waits for that in turn."""
    waiting = (runs.c.parent == run_id, runs.c.state == "interrupted", runs.c.attempt == 0)
    for child in connection.execute(select(runs.c.id, runs.c.key).where(*waiting)).all():
        if _answer(connection, child.key) is None:
            connection.execute(update(runs).where(runs.c.id == child.id).values(state="queued", error=None, finished=None))
            _bring_along(connection, child.id)


def _ready_parent(connection: Connection, parent: str) -> str:
    """The source for a resumed run: the old one if it is there or can go on, else the run that took its place."""
    row = connection.execute(select(runs.c.id, runs.c.key, runs.c.state).where(runs.c.id == parent)).first()
    if row is None:
        raise InputError(SOURCE_GONE)
    if row.state in tables.ANSWERED:
        return parent
    other = _answer(connection, row.key)
    if other:
        return str(other.id)
    if row.state == "failed":
        raise InputError("The source of this run failed: start this run anew, and the source is trained again.")
    resume_one(connection, parent)
    return parent


def _answer(connection: Connection, key: str) -> Any:
    """The run that answers a key: it waits, trains or has finished."""
    return connection.execute(select(runs.c.id, runs.c.number).where(runs.c.key == key, tables.IS_ANSWER)).first()


def _taken_over(connection: Connection, study_id: str, run_id: str) -> bool:
    """Whether the run was started anew elsewhere; then that one takes its place in the study."""
    key = connection.scalar(select(runs.c.key).where(runs.c.id == run_id))
    other = _answer(connection, str(key))
    if other is None:
        return False
    connection.execute(update(members).where(members.c.study == study_id, members.c.run == run_id).values(run=other.id))
    return True


def _wanted_by_others(study_id: str) -> Any:
    """The condition for a run that a study which asks something else, and was not stopped itself, waits for."""
    elsewhere, other, this = members.alias(), studies.alias(), studies.alias()
    same = exists().where(this.c.id == study_id, this.c.key == other.c.key)
    held = (elsewhere.c.run == runs.c.id, elsewhere.c.study == other.c.id, other.c.id != study_id, ~other.c.stopped)
    return exists().where(*held, ~same)


def _ids(connection: Connection, *conditions: Any) -> list[str]:
    return list(connection.scalars(select(runs.c.id).where(*conditions).order_by(runs.c.number.desc())))


def _answering(connection: Connection, key: str) -> str | None:
    """The study of that key that has finished or still can."""
    for study_id in connection.scalars(select(studies.c.id).where(studies.c.key == key).order_by(studies.c.number.desc())):
        states = select(runs.c.state, func.count()).join(members, members.c.run == runs.c.id).where(members.c.study == study_id)
        counts: dict[str, int] = dict(connection.execute(states.group_by(runs.c.state)).tuples().all())
        if state_of(counts) in tables.ANSWERED and not any(counts.get(state) for state in ("failed", "stopped", "interrupted")):
            return str(study_id)
    return None


def _add_study(connection: Connection, study: Study, visitor: str) -> str:
    study_id = secrets.token_hex(16)
    names = {"key": study.key, "question": study.question, "title": study.title, "settings": json.dumps(study.settings)}
    connection.execute(insert(studies).values(id=study_id, **names, visitor=visitor, created=clock.now()))
    _fill(connection, study_id, study, visitor, {})
    return study_id


def _extend(connection: Connection, study_id: str, study: Study) -> str:
    row = connection.execute(select(studies.c.visitor, studies.c.key).where(studies.c.id == study_id)).first() if is_id(study_id) else None
    if row is None or row.key is None:
        raise InputError("This study was deleted, or lost some of its runs: start it anew, what was measured is taken from the store.")
    query = select(members.c.arm, members.c.frozen, members.c.seed, runs.c.key, members.c.run).join(runs, runs.c.id == members.c.run)
    there = {each[:4]: each[4] for each in connection.execute(query.where(members.c.study == study_id)).tuples()}
    if not set(there) <= {each.identity for each in study.members}:
        raise InputError("A study can only grow: keep its source, target and settings, and add seeds, depths or controls.")
    connection.execute(delete(members).where(members.c.study == study_id))
    _fill(connection, study_id, study, row.visitor, there)
    told = {"key": study.key, "title": study.title, "settings": json.dumps(study.settings), "summary": None, "stopped": False}
    connection.execute(update(studies).where(studies.c.id == study_id).values(**told))
    return study_id


def _fill(connection: Connection, study_id: str, study: Study, visitor: str, there: Mapping[tuple[Any, ...], str]) -> None:
    """Give each member its place and its run: one that is there, one that answers it already, or a new one."""
    for place, member in enumerate(study.members):
        run_id = there.get(member.identity) or ensure(connection, member.spec, visitor, study=study_id, shard=member.shard)
        row = {"study": study_id, "place": place, "run": run_id, "arm": member.arm, "frozen": member.frozen, "seed": member.seed}
        connection.execute(insert(members).values(**row))
