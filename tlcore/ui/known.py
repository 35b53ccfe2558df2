"""What lies in the store already: finished runs, and studies that are the answer, by the key of their settings."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from tlcore.store import StudyRecord, tables
from tlcore.ui import frame

AT_ONCE = 500  # keys in one question


def finished(keys: Iterable[str]) -> frozenset[str]:
    """Those of the keys whose run has finished."""
    wanted, found = list(keys), set()
    with frame.store().read() as connection:
        for start in range(0, len(wanted), AT_ONCE):
            some = tables.runs.c.key.in_(wanted[start : start + AT_ONCE])
            found |= set(connection.scalars(select(tables.runs.c.key).where(some, tables.runs.c.state == "finished")))
    return frozenset(found)


def study(key: str) -> StudyRecord | None:
    """The newest finished study of these settings."""
    query = select(tables.studies.c.id).where(tables.studies.c.key == key).order_by(tables.studies.c.number.desc())
    with frame.store().read() as connection:
        ids = list(connection.scalars(query))
    return next((found for each in ids if (found := frame.store().study(each)) and found.state == "finished"), None)
