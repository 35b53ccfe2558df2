"""From an older store to this one, a step a version."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from tlcore.store import tables
from tlcore.store.faults import StoreError


def _watched(connection: Connection) -> None:
    """Epochs also tell the learning rate, the accuracy of the source task, and gradient norms."""
    for column in ("rate FLOAT", "source_accuracy FLOAT", "gradients TEXT"):
        connection.exec_driver_sql(f"ALTER TABLE epochs ADD COLUMN {column}")


def _steered(connection: Connection) -> None:
    """Runs are held, stepped, changed and forked; epochs tell what was taken for what."""
    given = {
        "runs": ("goal INTEGER", "speed FLOAT", "forked VARCHAR(32)", "forked_at INTEGER", "token VARCHAR(32)"),
        "epochs": ("confusion TEXT",),
        "commands": ("number INTEGER", "value FLOAT", "hand VARCHAR(80)", "epoch INTEGER", "step INTEGER", "refused TEXT"),
    }
    for table, columns in given.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    connection.exec_driver_sql("CREATE INDEX runs_forked ON runs (forked, number)")


def _named(connection: Connection) -> None:
    """Runs are called by a name of their own; epochs tell what an objective measures besides loss and accuracy."""
    connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN name VARCHAR(80)")
    connection.exec_driver_sql("ALTER TABLE epochs ADD COLUMN extras TEXT")


STEPS: dict[int, Callable[[Connection], None]] = {1: _watched, 2: _steered, 3: _named}  # from this version to the next


def migrate(connection: Connection, known: int) -> None:
    """Take a store of version ``known`` to ours, inside the caller's transaction."""
    refuse_newer(known)
    for version in range(known, tables.SCHEMA):
        STEPS[version](connection)


def refuse_newer(known: int | None) -> None:
    """A store that a newer lab has written may hold what this one would misread."""
    if known is not None and known > tables.SCHEMA:
        raise StoreError(
            f"This store was written by a newer version of the lab (schema {known}, this one knows {tables.SCHEMA}): "
            "update the lab, or set TLCORE_HOME to another folder."
        )
