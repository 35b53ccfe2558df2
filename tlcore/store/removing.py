"""Deleting runs and studies, and what no run names any more."""

from __future__ import annotations

import shutil

from sqlalchemy import Connection, delete, exists, select, update

from tlcore import clock
from tlcore.registry import InputError
from tlcore.store import tables
from tlcore.store.reading import is_id
from tlcore.store.writing import Writing, abandon, unused

runs, studies, members = tables.runs, tables.studies, tables.members

GARBAGE = 600.0  # seconds after which a file that the store does not name is removed


class Removing(Writing):
    """Deletion: rows first, in one transaction, then the folder; a crash between the two leaves garbage, never a hole."""

    def delete(self, run_id: str, force: bool = False) -> None:
        """Delete a run that does not train. A source from which runs came needs ``force``; those keep their results."""
        if not is_id(run_id):
            return
        with self.write() as connection:
            self._check(connection, run_id, force)
            abandon(connection, run_id, "deleted")
            remove(connection, run_id)
        shutil.rmtree(self.folder_of(run_id), ignore_errors=True)

    def delete_study(self, study_id: str) -> None:
        """Delete a study with the runs and sources that nothing else uses."""
        if not is_id(study_id):
            return
        mine = select(members.c.run).where(members.c.study == study_id)
        with self.write() as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.id.in_(mine), runs.c.state == "running")):
                raise InputError("This study is training: stop it first, then delete it.")
            sources = set(connection.scalars(select(runs.c.parent).where(runs.c.id.in_(mine), runs.c.parent.is_not(None))))
            gone = list(connection.scalars(select(runs.c.id).where(runs.c.id.in_(mine), unused(study_id))))
            connection.execute(delete(members).where(members.c.study == study_id))
            connection.execute(delete(studies).where(studies.c.id == study_id))
            for run_id in gone:
                remove(connection, run_id)
            child = runs.alias()
            lonely = (unused(study_id), runs.c.state != "running", ~exists().where(child.c.parent == runs.c.id))
            orphans = list(connection.scalars(select(runs.c.id).where(runs.c.id.in_(sources), *lonely)))
            for run_id in orphans:
                remove(connection, run_id)
        for run_id in (*gone, *orphans):
            shutil.rmtree(self.folder_of(run_id), ignore_errors=True)

    def sweep(self) -> int:
        """Remove files under ``runs`` that no run names and nobody wrote for ten minutes; returns how many."""
        with self.read() as connection:
            named = set(connection.scalars(select(tables.artifacts.c.file)))
            known = set(connection.scalars(select(runs.c.id)))
            busy = set(connection.scalars(select(runs.c.id).where(runs.c.state == "running")))
        removed = 0
        for path in self.home.glob("runs/**/*"):
            parts = path.relative_to(self.home).parts
            kept = parts[1] in busy or "/".join(parts) in named or (parts[1] in known and parts[-1] == "log.txt")
            if path.is_file() and not kept and clock.now().timestamp() - path.stat().st_mtime > GARBAGE:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _check(self, connection: Connection, run_id: str, force: bool) -> None:
        row = connection.execute(select(runs.c.number, runs.c.state).where(runs.c.id == run_id)).first()
        if row is not None and row.state == "running":
            raise InputError(f"Run {row.number} is training: stop it first, then delete it.")
        if force:
            return
        numbers = [
            str(number) for number in connection.scalars(select(runs.c.number).where(runs.c.parent == run_id).order_by(runs.c.number))
        ]
        if numbers:
            came = f"Run {numbers[0]} came" if len(numbers) == 1 else f"Runs {', '.join(numbers[:-1])} and {numbers[-1]} came"
            raise InputError(f"{came} from this source: they keep their results if you delete it all the same.")


def remove(connection: Connection, run_id: str) -> None:
    """All rows of a run; a study that loses a member no longer answers its question."""
    poorer = select(members.c.study).where(members.c.run == run_id)
    connection.execute(update(studies).where(studies.c.id.in_(poorer)).values(key=None, summary=None))
    for column in (members.c.run, tables.epochs.c.run, tables.artifacts.c.run, tables.commands.c.run, runs.c.id):
        connection.execute(delete(column.table).where(column == run_id))
