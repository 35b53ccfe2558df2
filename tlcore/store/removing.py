"""Deleting runs and studies, and what no run names any more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from tlcore import clock
from tlcore.registry import InputError
from tlcore.store import tables
from tlcore.store.curves import is_id
from tlcore.store.writing import Writing, abandon

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
        with self.write() as connection:
            gone = _only_for(connection, study_id)
            if connection.scalar(select(runs.c.id).where(runs.c.id.in_(gone), runs.c.state == "running").limit(1)):
                raise InputError("This study is training: stop it first, then delete it.")
            connection.execute(delete(members).where(members.c.study == study_id))
            connection.execute(delete(studies).where(studies.c.id == study_id))
            for run_id in gone:
                remove(connection, run_id)
        for run_id in gone:
            shutil.rmtree(self.folder_of(run_id), ignore_errors=True)

    def sweep(self) -> int:
        """Remove files of runs that the store does not name, and half-written files, after ten minutes; returns how many."""
        with self.read() as connection:
            named = set(connection.scalars(select(tables.artifacts.c.file)))
            known = set(connection.scalars(select(runs.c.id)))
            busy = set(connection.scalars(select(runs.c.id).where(runs.c.state == "running")))
        removed = 0
        for path in (*self.home.glob("runs/*/*"), *self.home.glob("backups/*.part")):
            place, owner = path.relative_to(self.home).as_posix(), path.parent.name
            kept = place in named or owner in busy or (owner in known and path.name == "log.txt")
            if not kept and _age(path) > GARBAGE:
                with suppress(OSError):  # in use on some systems: the next sweep tries again
                    path.unlink()
                    removed += 1
        for emptied in self.home.glob("runs/*/"):
            if emptied.name not in known:
                with suppress(OSError):  # not empty yet
                    emptied.rmdir()
        return removed

    def _check(self, connection: Connection, run_id: str, force: bool) -> None:
        number = connection.scalar(select(runs.c.number).where(runs.c.id == run_id, runs.c.state == "running"))
        if number is not None:
            raise InputError(f"Run {number} is training: stop it first, then delete it.")
        numbers = connection.scalars(select(runs.c.number).where(runs.c.parent == run_id).order_by(runs.c.number)).all()
        if numbers and not force:
            came = "Run {} came" if len(numbers) == 1 else "Runs {} came"
            raise InputError(f"{came.format(_listed(numbers))} from this source: they keep their results if you delete it all the same.")


def _listed(numbers: Sequence[int]) -> str:
    """Numbers as a sentence has them; many are counted.

    >>> _listed([1]), _listed([1, 2, 5]), _listed(range(1, 100))
    ('1', '1, 2 and 5', '1, 2, 3, 4, 5 and 94 more')
    """
    words = [str(number) for number in numbers]
    if len(words) > 6:
        words[5:] = [f"{len(words) - 5} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _age(path: Path) -> float:
    """Seconds since a file was written; none for one that is gone."""
    try:
        return clock.now().timestamp() - path.stat().st_mtime
    except OSError:
        return 0.0


def _only_for(connection: Connection, study_id: str) -> list[str]:
    """The runs that nothing but this study uses, and the sources that nothing but these runs came from."""
    members_of = select(members.c.run).where(members.c.study == study_id)
    gone = list(connection.scalars(select(runs.c.id).where(runs.c.id.in_(members_of), _unused(study_id))))
    child = runs.alias()
    sources = select(child.c.parent).where(child.c.id.in_(gone))
    others = exists().where(child.c.parent == runs.c.id, child.c.id.not_in(gone))
    return gone + list(connection.scalars(select(runs.c.id).where(runs.c.id.in_(sources), _unused(study_id), ~others)))


def remove(connection: Connection, run_id: str) -> None:
    """All rows of a run; a study that loses a member no longer answers its question."""
    poorer = select(members.c.study).where(members.c.run == run_id)
    connection.execute(update(studies).where(studies.c.id.in_(poorer)).values(key=None, summary=None))
    for column in (members.c.run, tables.epochs.c.run, tables.artifacts.c.run, tables.commands.c.run, runs.c.id):
        connection.execute(delete(column.table).where(column == run_id))


def _unused(study_id: str) -> Any:
    """The condition for a run that only this study asked for."""
    elsewhere = members.alias()
    return ~or_(runs.c.asked, exists().where(elsewhere.c.run == runs.c.id, elsewhere.c.study != study_id))
