"""Opening the database: SQLite by default, PostgreSQL by URL, the same code above both.

One writer at a time: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by a lock that a transaction holds. So a check and the
write that follows from it see one state.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, select, update
from sqlalchemy.pool import QueuePool

from tlcore import folder
from tlcore.store import migrations, tables
from tlcore.store.backup import Backups, sound
from tlcore.store.faults import StoreReadOnly, told

PATIENCE = 5.0  # seconds that a writer waits for another


class Database:
    """Connections to one store: ``read()`` and ``write()`` are transactions."""

    def __init__(self, url: str | None = None, check: bool = True) -> None:
        """``url``: an SQLAlchemy URL; ``check`` looks for damage first, which a worker leaves to others."""
        self.home = folder.home()
        self.url = url or os.environ.get("TLCORE_STORE") or f"sqlite:///{self.home / 'lab.db'}"
        parts = make_url(self.url)
        self.file = Path(parts.database or "lab.db") if parts.get_backend_name() == "sqlite" else None
        self.backups = Backups(self.home / "backups", self.file)
        self.readonly = False
        with told():
            self._engine = self._open_file(self.file, check) if self.file else self._open_server()
        self._writer = self._engine.execution_options(write=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything."""
        with told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that nobody else writes beside; it is durable when the block ends."""
        if self.readonly:
            raise StoreReadOnly("The data folder can only be read: make it writable, or set TLCORE_HOME to another folder.")
        with told(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        with self.write() as connection:
            _remember(connection, name, json.dumps(value))

    def remembered(self, name: str) -> Any:
        """The value kept under a name, or None."""
        with self.read() as connection:
            value = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == name))
        return None if value is None else json.loads(value)

    def _open_server(self) -> Engine:
        engine = create_engine(self.url, pool_pre_ping=True, pool_size=5)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get("write"):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE:.0f}s'; SELECT pg_advisory_xact_lock(20261124)")

        with engine.execution_options(write=True).begin() as connection:
            _prepare(connection)
        return engine

    def _open_file(self, file: Path, check: bool) -> Engine:
        import filelock

        if file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
            self.readonly = True
            return _readable(file)
        if not check and file.exists() and file.stat().st_size:
            return _engine(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(file.with_name(f"{file.name}.lock")):
            restored = self.backups.restore(self.home / "damaged") if not sound(file, self.backups.newest() is not None) else None
            engine = _engine(file)
            with engine.connect() as connection:
                connection.connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
            self._migrate(engine, restored)
        return engine

    def _migrate(self, engine: Engine, restored: dict[str, str] | None) -> None:
        with engine.begin() as connection:
            known = _schema(connection)
        if known is not None and known < tables.SCHEMA:
            self.backups.make(engine)
        if known == tables.SCHEMA and restored is None:
            return
        with engine.execution_options(write=True).begin() as connection:
            _prepare(connection)
            if restored is not None:
                _remember(connection, "restored", json.dumps(restored))


def _prepare(connection: Connection) -> None:
    """Make or migrate the tables, all or nothing."""
    known = _schema(connection)
    if known is None:
        tables.metadata.create_all(connection)
    elif known != tables.SCHEMA:
        migrations.migrate(connection, known)
    _remember(connection, "schema", json.dumps(tables.SCHEMA))


def _schema(connection: Connection) -> int | None:
    if not inspect(connection).has_table(tables.meta.name):
        return None
    value = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == "schema"))
    return int(value) if value else None


def _remember(connection: Connection, name: str, value: str) -> None:
    changed = connection.execute(update(tables.meta).where(tables.meta.c.name == name).values(value=value)).rowcount
    if not changed:
        connection.execute(insert(tables.meta).values(name=name, value=value))


def _engine(file: Path, mode: str = "rwc") -> Engine:
    address = f"{file.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a deferred transaction that turns into a writer fails at once when another has written, whatever the time-out
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")

    return engine


def _readable(file: Path) -> Engine:
    """A store that we cannot write: read in place if SQLite can, else from a copy of the moment."""
    engine = _engine(file, "ro")
    try:
        with engine.begin() as connection:
            _schema(connection)
        return engine
    except Exception:  # noqa: BLE001 - WAL wants to write beside the file even for reading
        engine.dispose()
    place = Path(tempfile.mkdtemp(prefix="tlcore-read-"))
    for suffix in ("", "-wal"):
        source = file.with_name(file.name + suffix)
        if source.exists():
            shutil.copy(source, place / (file.name + suffix))
    os.chmod(place / file.name, 0o600)
    return _engine(place / file.name)
