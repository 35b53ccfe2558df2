"""What workers do: claim, beat, record, finish. Every write names its attempt and is refused once a later one began."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, or_, select, update

from tlcore import clock
from tlcore.store import tables
from tlcore.store.curves import is_id
from tlcore.store.faults import Fenced
from tlcore.store.owners import Owner
from tlcore.store.records import Job, Lease
from tlcore.store.removing import Removing
from tlcore.store.writing import abandon

runs = tables.runs
_parent = runs.alias()
_ready = and_(runs.c.state == "queued", tables.GOES, or_(runs.c.parent.is_(None), _parent.c.state == "finished"))
# seed by seed, each with its source first: so the arms of the first seed are seen while the next source is still to come
_in_turn = (func.coalesce(runs.c.shard, -1), case((runs.c.kind == "pretrain", 0), else_=1), runs.c.number)


class Leases(Removing):
    """The workers' side of the store."""

    def pending(self) -> bool:
        """Whether any run could start now; cheap enough to ask many times a second."""
        query = select(runs.c.id).outerjoin(_parent, runs.c.parent == _parent.c.id).where(_ready).limit(1)
        with self.read() as connection:
            return connection.scalar(query) is not None

    def claim(self, owner: Owner) -> Job | None:
        """The next run for a fresh worker, and its group: the study that it belongs to.

        Fair: the visitor with the fewest running runs comes first, then who was served longest ago, then who came first. Of a
        study that others work at, a seed that nobody is at comes first.
        """
        with self.write() as connection:
            ready = _ready_runs(connection)
            taken = _taken(connection)
            ready = [row for row in ready if (row.study, row.shard) not in taken] or ready
            visitor = _turn(connection, ready)
            if visitor is None:
                return None
            first = min((row for row in ready if row.visitor == visitor), key=lambda row: row.number)
            return _begin(connection, next(row for row in ready if row.study == first.study) if first.study else first, owner)

    def follow(self, job: Job, owner: Owner) -> Job | None:
        """The next run of the same group; None at its end, or when it is another visitor's turn.

        First of the same seed, then of one that nobody is at; at the end workers share the last one, for they are warm.
        """
        if job.study is None:
            return None
        with self.write() as connection:
            ready = _ready_runs(connection)
            mine = [row for row in ready if row.study == job.study]
            if not mine or _turn(connection, ready) != job.visitor:
                return None
            taken = _taken(connection)
            chosen = min(mine, key=lambda row: (row.shard != job.shard, (row.study, row.shard) in taken))
            return _begin(connection, chosen, owner, job.id)

    def take(self, run_id: str, owner: Owner) -> Lease | None:
        """Claim exactly this run; None if it does not wait, or waits for its source."""
        query = select(runs.c.id).outerjoin(_parent, runs.c.parent == _parent.c.id).where(_ready, runs.c.id == run_id)
        if not is_id(run_id):
            return None
        with self.write() as connection:
            return _lease(connection, run_id, owner) if connection.scalar(query) else None

    def beat(self, lease: Lease) -> None:
        """Say that the worker lives; raises Fenced if the run is no longer its own."""
        with self.write() as connection:
            fenced(connection, lease, beat=clock.tick())

    def wish(self, lease: Lease) -> str | None:
        """``"stop"`` if somebody asked for it; raises Fenced if the run is no longer the worker's."""
        with self.read() as connection:
            return wished(connection, lease)[0]

    def record_epochs(self, lease: Lease, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Keep measured epochs, durable on return. An epoch that is there already stays as it was.

        Returns whether repeated epochs came out the same. Raises ValueError for a gap, Fenced for a stale worker.
        """
        given = [epoch_row(row) for row in rows]
        table = tables.epochs
        with self.write() as connection:
            last = connection.scalar(select(func.max(table.c.epoch)).where(table.c.run == lease.run))
            kept = 0 if last is None else int(last) + 1
            known = [row for row in given if row["epoch"] < kept]
            fresh = [row for row in given if row["epoch"] >= kept]
            fenced(connection, lease, beat=clock.tick(), **({"epoch": fresh[-1]["epoch"]} if fresh else {}))
            if [row["epoch"] for row in fresh] != list(range(kept, kept + len(fresh))):
                raise ValueError(f"Epochs follow each other from 0 on: after {kept} of them came {[row['epoch'] for row in fresh]}.")
            if fresh:
                connection.execute(insert(table), [{"run": lease.run, **row} for row in fresh])
            return all(_same(connection, lease.run, row) for row in known)

    def annotate(self, lease: Lease, note: str) -> None:
        """Add a sentence to the run's note."""
        with self.write() as connection:
            old = connection.scalar(select(runs.c.note).where(runs.c.id == lease.run))
            if note not in (old or ""):
                fenced(connection, lease, note=f"{old}; {note}" if old else note)

    def finish(self, lease: Lease, state: str, result: Mapping[str, Any] | None = None, error: str | None = None) -> None:
        """End a run: finished, stopped, failed or interrupted; what waits for it follows."""
        if state not in tables.ENDED:
            raise ValueError(f"A run cannot end as {state!r}.")
        measured = kept_result(result)
        with self.write() as connection:
            worked = func.coalesce(runs.c.seconds, 0.0) + clock.tick() - runs.c.begun
            fenced(connection, lease, state=state, error=error, finished=tables.hour(), seconds=worked, goal=None, **measured)
            if state != "finished":
                abandon(connection, lease.run, state)

    def summarize(self, study_id: str, summary: Mapping[str, Any]) -> None:
        """Keep what a study has measured so far."""
        text = json.dumps(_plain(summary), allow_nan=False)
        with self.write() as connection:
            connection.execute(update(tables.studies).where(tables.studies.c.id == study_id).values(summary=text))


def epoch_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured after an epoch, as the store keeps it; a number that is none becomes null."""
    return {
        "epoch": int(row["epoch"]),
        "gradients": _list(row.get("gradients")),
        "extras": _extras(row.get("extras")),
        "confusion": json.dumps(row["confusion"]) if row.get("confusion") else None,
        **{name: _finite(row.get(name)) for name in tables.MEASURES},
    }


def kept_result(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """A result as the store keeps it: whole as JSON, and its headline numbers for lists."""
    plain = None if result is None else _plain(result)
    headline = {name: _finite(plain.get(name)) for name in ("accuracy", "loss")} if plain else {}
    return {"result": None if plain is None else json.dumps(plain, allow_nan=False), **headline}


_OVERTAKEN = "Another worker has this run now: this one ends."


def fenced(connection: Connection, lease: Lease, **values: Any) -> None:
    """Change a run only as its present owner."""
    if connection.execute(update(runs).where(*_held(lease)).values(**values)).rowcount != 1:
        raise Fenced(_OVERTAKEN)


def wished(connection: Connection, lease: Lease) -> tuple[str | None, int | None, float | None]:
    """``"stop"`` if somebody asked for it, until when and how fast the run is to go; raises Fenced if it is no longer the worker's."""
    command = and_(tables.commands.c.run == runs.c.id, tables.commands.c.key == f"{lease.run}-{lease.attempt}-stop")
    query = select(tables.commands.c.name, runs.c.goal, runs.c.speed).select_from(runs.outerjoin(tables.commands, command))
    row = connection.execute(query.where(*_held(lease))).first()
    if row is None:
        raise Fenced(_OVERTAKEN)
    return row[0], row[1], row[2]


def _held(lease: Lease) -> tuple[Any, ...]:
    return runs.c.id == lease.run, runs.c.attempt == lease.attempt, runs.c.worker == lease.worker, runs.c.state == "running"


def _ready_runs(connection: Connection) -> list[Row[Any]]:
    """Runs that could start now, seed by seed, sources before the runs that come from them."""
    query = select(runs.c.id, runs.c.number, runs.c.study, runs.c.shard, runs.c.visitor).outerjoin(_parent, runs.c.parent == _parent.c.id)
    return list(connection.execute(query.where(_ready).order_by(*_in_turn)))


def _taken(connection: Connection) -> set[tuple[str, int]]:
    """Seeds of studies that a worker is at."""
    query = select(runs.c.study, runs.c.shard).where(runs.c.state == "running", runs.c.study.is_not(None))
    return {(row.study, row.shard) for row in connection.execute(query)}


def _turn(connection: Connection, ready: list[Row[Any]]) -> str | None:
    """Whose turn it is: the fewest running runs first, then who was served longest ago, then who came first."""
    first: dict[str, int] = {}
    for row in ready:
        first[row.visitor] = min(row.number, first.get(row.visitor, row.number))
    if len(first) < 2:
        return next(iter(first), None)
    running: dict[str, int] = dict(connection.execute(_RUNNING).tuples().all())
    served: dict[str, float] = dict(
        connection.execute(_SERVED.where(runs.c.visitor.in_(first), runs.c.boot == clock.boot())).tuples().all()
    )
    return min(first, key=lambda visitor: (running.get(visitor, 0), served.get(visitor, -math.inf), first[visitor]))


_RUNNING = select(runs.c.visitor, func.count()).where(runs.c.state == "running").group_by(runs.c.visitor)
_SERVED = select(runs.c.visitor, func.max(runs.c.begun)).group_by(runs.c.visitor)


def _begin(connection: Connection, row: Row[Any], owner: Owner, job: str | None = None) -> Job:
    lease = _lease(connection, row.id, owner)
    waiting = select(runs.c.id).where(runs.c.state == "queued", runs.c.study == row.study).order_by(*_in_turn)
    later = connection.scalars(waiting) if row.study else ()
    return Job(job or secrets.token_hex(8), lease, row.visitor, row.study, row.shard, (lease.run, *later))


def _lease(connection: Connection, run_id: str, owner: Owner) -> Lease:
    tick = clock.tick()
    who = {"worker": owner.worker, "pid": owner.pid, "birth": owner.birth, "boot": owner.boot, "beat": tick, "begun": tick}
    since = func.coalesce(runs.c.started, tables.hour())
    changed = (
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == "queued")
        .values(state="running", attempt=runs.c.attempt + 1, started=since, **who)
    )
    attempt = connection.scalar(changed.returning(runs.c.attempt))
    assert attempt is not None  # the caller has seen it queued in this transaction
    return Lease(run_id, int(attempt), owner.worker)


def _same(connection: Connection, run_id: str, row: Mapping[str, Any]) -> bool:
    table = tables.epochs
    old = connection.execute(select(table).where(table.c.run == run_id, table.c.epoch == row["epoch"])).first()
    return old is not None and all(getattr(old, name) == row[name] for name in tables.MEASURES if name != "seconds")


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _extras(values: Mapping[str, Any] | None) -> str | None:
    return json.dumps({name: _finite(value) for name, value in values.items()}) if values else None


def _list(values: Iterable[Any] | None) -> str | None:
    return None if values is None else json.dumps([_finite(value) for value in values])


def _plain(value: Any) -> Any:
    """JSON without NaN: a number that is none becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool | str | int | None):
        return value
    return _plain(value.tolist()) if hasattr(value, "tolist") else _finite(value)
