"""Runs that were trained elsewhere and come in whole, and the names that people give to runs."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from tlcore import clock
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import tables
from tlcore.store.curves import is_id
from tlcore.store.leases import epoch_row, kept_result
from tlcore.store.records import Lease, Run
from tlcore.store.steering import NO_RUN, Steering
from tlcore.store.writing import add_run

runs = tables.runs
LONGEST = 60  # characters of a name


class Bringing(Steering):
    """What enters the store without a worker."""

    def bring(
        self, spec: RunSpec, result: Mapping[str, Any], history: Iterable[Mapping[str, Any]], files: Mapping[str, Any], note: str
    ) -> Run:
        """Add a finished run at once, or open the one that answers its key already; ``files`` are arrays by the name of an artifact.

        The files are whole on the disk before a row names them: a full disk leaves the store as it was. Of work nothing is counted,
        for none was done on this machine.
        """
        known = self.answering(spec.key)
        if known is not None:
            return known
        guest = Lease(secrets.token_hex(16), 0, "brought")
        try:
            rows = [self._written(guest, name, arrays) for name, arrays in files.items() if arrays]
            with self.write() as connection:
                known_id = connection.scalar(_answer_of(spec.key))
                run_id = known_id or _enter(connection, guest.run, spec, result, list(history), note)
                if rows and not known_id:
                    connection.execute(insert(tables.artifacts), rows)
        except BaseException:
            shutil.rmtree(self.folder_of(guest.run), ignore_errors=True)
            raise
        if run_id != guest.run:
            shutil.rmtree(self.folder_of(guest.run), ignore_errors=True)
        return self._known(str(run_id))

    def rename(self, run_id: str, name: str) -> Run:
        """Call a run by a name of one's own; an empty one takes the name away. InputError: no such run, or no such name."""
        said = " ".join(name.split())
        if len(said) > LONGEST or not said.isprintable():
            raise InputError(f"A name has at most {LONGEST} characters, all of them visible: choose a shorter one.")
        with self.write() as connection:
            there = is_id(run_id) and connection.execute(update(runs).where(runs.c.id == run_id).values(name=said or None)).rowcount
            if not there:
                raise InputError(NO_RUN)
        return self._known(run_id)

    def finished_sources(self, limit: int = 200) -> list[Run]:
        """The sources that lie ready, newest first."""
        return self.runs(limit=limit, kind="pretrain", state="finished")

    def answering(self, key: str) -> Run | None:
        """The run that waits, trains or has finished under a key."""
        with self.read() as connection:
            found = connection.scalar(_answer_of(key))
        return self.run(found) if found else None


def _answer_of(key: str) -> Any:
    return select(runs.c.id).where(runs.c.key == key, tables.IS_ANSWER)


def _enter(
    connection: Connection, run_id: str, spec: RunSpec, result: Mapping[str, Any], history: list[Mapping[str, Any]], note: str
) -> str:
    """The rows of a run that has finished; it counts as asked for, so that no study takes it along when it is deleted."""
    now = clock.now()
    done = {"state": "finished", "epoch": int(history[-1]["epoch"]), "started": now, "finished": now, "note": note, "asked": True}
    add_run(connection, spec, "", **done, **kept_result(result), id=run_id)
    connection.execute(insert(tables.epochs), [{"run": run_id, **epoch_row(row)} for row in history])
    return run_id
