"""A store of its own for each test, on SQLite and on PostgreSQL, and somebody who does what workers do."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url

from tlcore.spec import RunSpec
from tlcore.store import Lease, Owner, Store

ROOT = Path(__file__).parents[2]
POSTGRES = "TLCORE_TEST_POSTGRES"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    for name in ("TLCORE_STORE", "TLCORE_CLOCK_OFFSET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, home: Path) -> str:
    """The address of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{home / 'lab.db'}"
    server: Engine = request.getfixturevalue("server")
    with server.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DELETE FROM {table}")
        for sequence in inspect(connection).get_sequence_names():
            connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
    return server.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Engine]:
    """A database on a real PostgreSQL, one for the tests of a module; they need not wait for its disk."""
    server = os.environ.get(POSTGRES)
    if server is None:
        if os.environ.get("CI") == "1":
            pytest.fail(f"{POSTGRES} is not set: start a PostgreSQL as .ci/run does, for its tests are never skipped here.")
        pytest.skip(f"no PostgreSQL: set {POSTGRES} to the URL of one")
    name = f"lab_{secrets.token_hex(6)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    fresh = create_engine(make_url(server).set(database=name).update_query_dict({"options": "-csynchronous_commit=off"}))
    yield fresh
    fresh.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The store, on both databases."""
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def file_store(home: Path) -> Iterator[Store]:
    """The store on SQLite alone, for what only a file can suffer."""
    opened = Store()
    yield opened
    opened.close()


class Worker:
    """Does what a worker does, without training; the process is ours."""

    def __init__(self, store: Store) -> None:
        self.store, self.owner = store, Owner.me()

    def hold(self, run_id: str) -> Lease:
        """Claim a run that waits."""
        lease = self.store.take(run_id, self.owner)
        assert lease is not None
        return lease

    def begin(self, spec: RunSpec) -> Lease:
        """Ask for a run and claim it."""
        return self.hold(self.store.submit(spec).id)

    def finished(self, spec: RunSpec) -> str:
        """Bring a run to its end, its source first."""
        if spec.source is not None:
            self.finished(spec.source)
        run = self.store.submit(spec)
        if run.state != "finished":
            self.store.finish(self.begin(spec), "finished", {"accuracy": 0.5, "loss": 1.0})
        return run.id

    def die(self, lease: Lease) -> None:
        """Let the process that holds a run be one that is gone; what it leaves is found by the next look."""
        from sqlalchemy import update

        from tlcore.store import tables

        with self.store.write() as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.id == lease.run).values(birth="0"))
        assert lease.run in self.store.reap()


@pytest.fixture
def worker(store: Store) -> Worker:
    """A worker at the store of both databases."""
    return Worker(store)


@pytest.fixture
def file_worker(file_store: Store) -> Worker:
    """A worker at the store on SQLite."""
    return Worker(file_store)


@pytest.fixture
def child(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python code in a process of its own, at the same data folder; what is left of it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, **environment: Any) -> subprocess.Popen[str]:
        variables = os.environ | {"PYTHONPATH": str(ROOT)} | environment
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables, cwd=ROOT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
