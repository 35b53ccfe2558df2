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

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, insert, inspect, make_url, select, update
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from tlcore import clock, folder
from tlcore.registry import InputError
from tlcore.store import migrations, tables
from tlcore.store.backup import Backups, current, sound, successor, versions
from tlcore.store.faults import READ_ONLY, StoreError, StoreReadOnly, told

PATIENCE = 5.0  # seconds that a writer waits for another
OPENING = 30.0  # seconds that we wait while another process opens the store


class Database:
    """Connections to one store: ``read()`` and ``write()`` are transactions."""

    def __init__(self, url: str | None = None, check: bool = True) -> None:
        """``url``: an SQLAlchemy URL; ``check`` looks for damage first, which a worker leaves to others."""
        self.home = folder.home()
        self.url = url or os.environ.get("TLCORE_STORE") or f"sqlite:///{self.home / 'lab.db'}"
        address = _address(self.url)
        self.file = Path(address.database or "lab.db") if address.get_backend_name() == "sqlite" else None
        self.backups = Backups(self.home / "backups", self.file.stem if self.file else "")
        self.readonly = False
        with told():
            self._open_server(address) if self.file is None else self._open_file(self.file, check)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything."""
        with told(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that nobody else writes beside; it is durable when the block ends."""
        if self.readonly:
            raise StoreReadOnly(READ_ONLY)
        with told(), self._writer.begin() as connection:
            yield connection

    def stamp(self) -> object:
        """A value that another one follows when somebody has written; costs no question to the database. A server's is always new."""
        if self.file is None:
            return object()
        return [_written(self.file.with_name(self.file.name + suffix)) for suffix in ("", "-wal")]

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        with self.write() as connection:
            _remember(connection, name, value)

    def remembered(self, name: str) -> Any:
        """The value kept under a name, or None."""
        with self.read() as connection:
            return _remembered(connection, name)

    def backup(self) -> Path | None:
        """Write a copy of the store; None where the database has its own tools."""
        if self.file is None:
            return None
        self.remember("saved", clock.now().isoformat(timespec="seconds"))
        with told():
            return self.backups.make(self._engine)

    def forget_copies(self) -> None:
        """Remove backups and damaged files, and give the space of what was deleted back to the disk."""
        self.backups.clear()
        if self.file is None:
            return
        with told(), self._engine.connect() as connection:
            connection.connection.execute("VACUUM")
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for each in versions(self.file):
            if each != current(self.file):
                for suffix in ("", "-wal", "-shm"):
                    each.with_name(each.name + suffix).unlink(missing_ok=True)

    def _use(self, engine: Engine, **reading: Any) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**reading)
        self._writer = engine.execution_options(write=True)

    def _open_server(self, address: URL) -> None:
        try:
            engine = create_engine(address, pool_pre_ping=True, pool_size=5)
        except ImportError as error:
            raise InputError("A store on PostgreSQL needs the package psycopg: install psycopg[binary], then try again.") from error

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get("write"):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE * 1000:.0f}ms'; SELECT pg_advisory_xact_lock(20261124)")

        self._use(engine, isolation_level="REPEATABLE READ")  # a writer sees what was there when it got the lock, a reader one moment
        with self.write() as connection:
            _prepare(connection)

    def _open_file(self, file: Path, check: bool) -> None:
        import filelock

        used = current(file)
        if used.exists() and not (os.access(used, os.W_OK) and os.access(used.parent, os.W_OK)):
            self._open_readonly(used)
        elif not check and used.exists() and used.stat().st_size:
            self._use(_engine(file))
        else:
            folder.make(file.parent)
            with filelock.FileLock(file.with_name(f"{file.name}.lock"), timeout=OPENING):
                self._open_checked(file)

    def _open_checked(self, file: Path) -> None:
        """Look for damage, make what is missing, bring an older store up to date; we alone are at it."""
        used = current(file)
        if not sound(used, bool(self.backups.all())):
            self._replace(used, successor(file, used))
        current(file).touch()
        self._use(_engine(file))
        with self._engine.connect() as connection:
            connection.connection.execute("PRAGMA journal_mode = WAL")
        known = self._version()
        if known == tables.SCHEMA:
            return
        if known is not None and known < tables.SCHEMA:
            self.backup()
        with self.write() as connection:
            _prepare(connection)

    def _replace(self, damaged: Path, target: Path) -> None:
        """Put the newest sound copy, or an empty store, in the place of a damaged one. It gets its name when it is whole."""
        part = folder.part_of(target)
        done = {"aside": str(damaged), "at": clock.now().isoformat(timespec="seconds")}
        try:
            copied = self.backups.restore(part)
            part.touch()
            engine = _engine(part)
            with engine.execution_options(write=True).begin() as connection:
                _prepare(connection)
                if copied:
                    done["from"] = _remembered(connection, "saved")
                _remember(connection, "restored", done)
            engine.dispose()
            folder.settle(part, target)
        finally:
            part.unlink(missing_ok=True)

    def _open_readonly(self, file: Path) -> None:
        """A store that we cannot write: read in place if SQLite can, else from a copy of the moment."""
        self.readonly = True
        self._use(_engine(file, "ro"))
        try:
            known = self._version()
        except StoreError:  # its log wants to be written even for reading
            self._copy = tempfile.TemporaryDirectory(prefix="tlcore-read-")
            self._use(_engine(_copied(file, Path(self._copy.name))))
            known = self._version()
        migrations.refuse_newer(known)
        if known != tables.SCHEMA:
            raise StoreReadOnly(
                "This store is older than the lab and can only be read: make it writable, so that it can be brought up to date."
            )

    def _version(self) -> int | None:
        with self.read() as connection:
            return _schema(connection)


def _address(url: str) -> URL:
    """The parts of a store's address; PostgreSQL by any of its names."""
    try:
        address = make_url(url)
        if address.get_backend_name() in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+psycopg")
        address.get_dialect()
    except (exc.ArgumentError, ValueError) as error:
        raise InputError(f"TLCORE_STORE is {url!r}: write postgresql://user@host/name, or leave it out.") from error
    return address


def _written(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _prepare(connection: Connection) -> None:
    """Make or migrate the tables, all or nothing."""
    known = _schema(connection)
    if known is None:
        tables.metadata.create_all(connection)
    elif known != tables.SCHEMA:
        migrations.migrate(connection, known)
    _remember(connection, "schema", tables.SCHEMA)


def _schema(connection: Connection) -> int | None:
    return _remembered(connection, "schema") if inspect(connection).has_table(tables.meta.name) else None


def _remembered(connection: Connection, name: str) -> Any:
    value = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == name))
    return None if value is None else json.loads(value)


def _remember(connection: Connection, name: str, value: Any) -> None:
    text = json.dumps(value)
    if not connection.execute(update(tables.meta).where(tables.meta.c.name == name).values(value=text)).rowcount:
        connection.execute(insert(tables.meta).values(name=name, value=text))


def _engine(file: Path, mode: str = "rw") -> Engine:
    """Connections to the file in use under this name; a connection to one that is no longer in use is given up."""

    def connect() -> sqlite3.Connection:
        address = f"{current(file).absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        used = current(file)
        record.info["files"] = os.fspath(used), os.fspath(successor(file, used))

    @event.listens_for(engine, "checkout")
    def still(connection: sqlite3.Connection, record: ConnectionPoolEntry, _: object) -> None:
        used, replaced = record.info["files"]
        if os.path.exists(replaced) or not os.path.exists(used):
            raise exc.DisconnectionError("another file is in use")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a deferred transaction that turns into a writer fails at once when another has written, whatever the time-out
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")

    return engine


def _copied(file: Path, place: Path) -> Path:
    """A copy of a database and its log."""
    for suffix in ("", "-wal"):
        source = file.with_name(file.name + suffix)
        if source.exists():
            shutil.copyfile(source, place / source.name)
    return place / file.name
