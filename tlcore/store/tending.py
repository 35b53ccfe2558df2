"""What the dispatcher does: bury dead workers' leases, say how it is, take and hand out data requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tlcore import clock
from tlcore.spec import digest
from tlcore.store import owners, tables
from tlcore.store.bringing import Bringing
from tlcore.store.owners import Owner
from tlcore.store.writing import SOURCE_GONE, abandon

runs = tables.runs
PATIENCE = 60.0  # seconds without a beat after which a worker counts as hung


class Held(NamedTuple):
    """A run that somebody trains, with the seconds since the last beat (None on another start of the machine)."""

    run: str
    attempt: int
    owner: Owner
    quiet: float | None


class Store(Bringing):
    """Runs, studies, epochs, commands and artifacts: written once, read often."""

    def held(self) -> list[Held]:
        """All runs that count as running."""
        columns = (runs.c.id, runs.c.attempt, runs.c.worker, runs.c.pid, runs.c.birth, runs.c.boot, runs.c.beat)
        with self.read() as connection:
            rows = connection.execute(select(*columns).where(runs.c.state == "running")).all()
        tick, here = clock.tick(), clock.boot()
        return [
            Held(row.id, row.attempt, Owner(row.worker, row.pid, row.birth, row.boot), tick - row.beat if row.boot == here else None)
            for row in rows
        ]

    def reap(self, cause: Callable[[Owner], str] = lambda owner: "the worker was killed") -> list[str]:
        """Give the runs of dead workers back: once they go on by themselves, then they are interrupted. Returns their ids."""
        dead = [held for held in self.held() if not held.owner.alive]
        if not dead:
            return []
        with self.write() as connection:
            for held in dead:
                _bury(connection, held, cause(held.owner))
        return [held.run for held in dead]

    def announce(self, owner: Owner, state: str, message: str, slots: int) -> None:
        """Say how the dispatcher is; also its beat."""
        table = tables.dispatchers
        who = {"pid": owner.pid, "birth": owner.birth, "boot": owner.boot, "slots": slots}
        with self.write() as connection:
            old = connection.execute(select(table)).first()
            since = old.since if old and (old.pid, old.birth, old.state) == (owner.pid, owner.birth, state) else clock.now()
            connection.execute(delete(table))
            values = {"name": "local", "state": state, "message": message, "beat": clock.tick(), "since": since}
            connection.execute(insert(table).values(**who, **values))

    def withdraw(self, owner: Owner) -> None:
        """Say that the dispatcher has ended."""
        with self.write() as connection:
            table = tables.dispatchers
            connection.execute(delete(table).where(table.c.pid == owner.pid, table.c.birth == owner.birth))

    def request_data(self, name: str, knobs: dict[str, Any]) -> None:
        """Ask the engine to prepare a data set."""
        table = tables.requests
        plain = json.dumps(knobs, sort_keys=True)
        key = digest([name, plain])
        with self.write() as connection:
            found = connection.scalar(select(table.c.state).where(table.c.key == key))
            if found in ("done", "failed"):
                connection.execute(update(table).where(table.c.key == key).values(state="queued", error=None))
            elif found is None:
                connection.execute(insert(table).values(key=key, dataset=name, knobs=plain, state="queued"))

    def data_request(self, name: str, knobs: dict[str, Any]) -> tuple[str, str | None] | None:
        """(state, error) of a data set that was asked for: queued, running, done or failed."""
        table = tables.requests
        with self.read() as connection:
            key = digest([name, json.dumps(knobs, sort_keys=True)])
            row = connection.execute(select(table.c.state, table.c.error).where(table.c.key == key)).first()
        return None if row is None else (row.state, row.error)

    def next_request(self) -> tuple[str, str, dict[str, Any]] | None:
        """(key, data set, knobs) of a data set to prepare."""
        table = tables.requests
        with self.write() as connection:
            row = connection.execute(select(table).where(table.c.state == "queued").order_by(table.c.number).limit(1)).first()
            if row is None:
                return None
            connection.execute(update(table).where(table.c.key == row.key).values(state="running"))
        return row.key, row.dataset, json.loads(row.knobs)

    def waiting_requests(self) -> bool:
        """Whether a data set was asked for."""
        with self.read() as connection:
            return connection.scalar(select(tables.requests.c.key).where(tables.requests.c.state == "queued").limit(1)) is not None

    def finish_request(self, key: str, error: str | None = None) -> None:
        """A data set is prepared, or cannot be."""
        with self.write() as connection:
            values = {"state": "failed" if error else "done", "error": error}
            connection.execute(update(tables.requests).where(tables.requests.c.key == key).values(**values))

    def reopen_requests(self) -> None:
        """Queue the requests that a dead dispatcher had begun."""
        with self.write() as connection:
            connection.execute(update(tables.requests).where(tables.requests.c.state == "running").values(state="queued"))


def _bury(connection: Connection, held: Held, cause: str) -> None:
    row = connection.execute(select(runs).where(runs.c.id == held.run)).first()
    if row is None or (row.state, row.attempt, row.worker) != ("running", held.attempt, held.owner.worker):
        return  # deleted, finished or claimed anew in the meantime
    stop = connection.scalar(select(tables.commands.c.key).where(tables.commands.c.key == f"{row.id}-{row.attempt}-stop"))
    if stop:
        values: dict[str, Any] = {"state": "stopped", "finished": tables.hour()}
    elif row.parent and not connection.scalar(select(runs.c.id).where(runs.c.id == row.parent)):
        values = {"state": "failed", "finished": tables.hour(), "error": SOURCE_GONE}
    else:
        values = _interrupted(connection, row, cause) if row.deaths else _again(connection, row, cause)
    worked = func.coalesce(runs.c.seconds, 0.0) + runs.c.beat - runs.c.begun
    connection.execute(update(runs).where(runs.c.id == row.id).values(**values, worker=None, deaths=row.deaths + 1, seconds=worked))
    if values["state"] != "queued":
        abandon(connection, row.id, values["state"])


def _again(connection: Connection, row: Row[Any], cause: str) -> dict[str, Any]:
    return {"state": "queued", "note": _joined(row.note, f"{_place(connection, row.id)} after {cause}")}


def _interrupted(connection: Connection, row: Row[Any], cause: str) -> dict[str, Any]:
    kept = _checkpoint(connection, row.id)
    keep = f"; resume it to go on from epoch {kept}." if kept else "; resume it to start over."
    return {"state": "interrupted", "finished": tables.hour(), "error": f"Interrupted, for {cause} a second time{keep}"}


def _place(connection: Connection, run_id: str) -> str:
    kept = _checkpoint(connection, run_id)
    return f"went on from epoch {kept}" if kept else "started over"


def _checkpoint(connection: Connection, run_id: str) -> int:
    """The epoch of the newest checkpoint, 0 without one."""
    table = tables.artifacts
    name = connection.scalar(select(func.max(table.c.name)).where(table.c.run == run_id, table.c.name.like("checkpoint-%")))
    return int(name[11:17]) if name else 0


def _joined(note: str | None, more: str) -> str:
    return f"{note}; {more}" if note else more


__all__ = ["Held", "Store", "owners"]
