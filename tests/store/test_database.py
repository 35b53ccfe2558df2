"""Opening the store: new, older, newer, locked, full, only to be read, out of reach."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager

import filelock
import pytest
from sqlalchemy import create_engine, event, inspect, text, update
from sqlalchemy.exc import IntegrityError

from tests.store import recipes
from tlcore.registry import InputError
from tlcore.store import Owner, Store, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly, migrations, tables
from tlcore.store.faults import fault


def pragma(store, name):
    """What SQLite says of a setting, on a connection of the store's."""
    with store.read() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


# --- opening --------------------------------------------------------------------------------------------------------


def test_a_file_is_durable_and_logged(file_store, home):
    assert pragma(file_store, "journal_mode") == "wal"
    assert pragma(file_store, "synchronous") == 2  # FULL
    assert (home / "lab.db").is_file() and not file_store.readonly


def test_the_address_comes_from_the_environment(home, url, monkeypatch, store, tmp_path):
    monkeypatch.setenv("TLCORE_STORE", url)
    run = Store().submit(recipes.scratch())
    assert store.run(run.id).spec == run.spec


def test_a_store_lies_where_its_address_says(home, tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'elsewhere' / 'my [lab].db'}")
    store.submit(recipes.scratch())
    assert (tmp_path / "elsewhere" / "my [lab].db").is_file() and not (home / "lab.db").exists()
    assert len(Store(store.url).runs()) == 1
    assert store.backup().name == "my [lab]-000001.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_by_any_of_its_names(home, server, scheme):
    address = server.url.set(drivername=scheme).render_as_string(hide_password=False)
    assert Store(address).remembered("schema") == tables.SCHEMA


@pytest.mark.parametrize("address", ["nonsense", "mongodb://here/lab", "sqlite:", "nothing+psycopg://here/lab", "://"])
def test_an_address_that_is_none_is_refused_with_a_sentence(home, address):
    with pytest.raises(InputError, match=r"^TLCORE_STORE is .+: write postgresql://user@host/name, or leave it out\.$"):
        Store(address)


@pytest.mark.parametrize("server", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_server_that_does_not_answer_is_a_sentence(home, server):
    with pytest.raises(StoreError, match=r"^The store cannot be reached: check that its folder or database is there and may be written\.$"):
        Store(f"postgresql://lab@{server}/lab")


def test_a_missing_driver_is_a_sentence(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"^A store on PostgreSQL needs the package psycopg: install psycopg\[binary\], then try again\.$"):
        Store("postgresql://lab@127.0.0.1:1/lab")


def test_a_file_that_was_taken_away_is_a_sentence(file_store, home):
    """A write into a deleted file would be acknowledged and lost."""
    (home / "lab.db").unlink()
    with pytest.raises(StoreError, match="The store cannot be reached"):
        file_store.submit(recipes.scratch())


OPEN = """
import sys
from tests.store import recipes
from tlcore.store import Store
print("ready", flush=True)
sys.stdin.readline()
print(Store({url!r}).submit(recipes.scratch({seed})).number)
"""


def test_three_processes_open_a_new_store_at_once(url, child):
    everyone = [child(OPEN.format(url=url, seed=seed)) for seed in range(3)]
    for process in everyone:
        assert process.stdout.readline() == "ready\n"
    for process in everyone:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.communicate(timeout=60)[0] for process in everyone) == ["1\n", "2\n", "3\n"]
    assert len(Store(url).runs()) == 3


def test_a_worker_opens_without_a_check(store, url):
    run = store.submit(recipes.scratch())
    assert Store(url, check=False).run(run.id) == run


def test_a_write_of_anybody_changes_the_stamp(store, url):
    for value in range(50):
        before = store.stamp()
        other = Store(url)
        other.remember("name", value)
        other.close()
        assert store.stamp() != before


def test_a_file_that_nobody_writes_keeps_its_stamp(file_store):
    before = file_store.stamp()
    file_store.runs()
    assert file_store.stamp() == before


def test_values_are_remembered_under_their_names(store):
    assert store.remembered("hue") is None
    store.remember("hue", {"ice": 1})
    store.remember("hue", {"ice": 2})
    assert store.remembered("hue") == {"ice": 2}


def test_a_mistake_of_ours_is_no_fault_of_the_store(store):
    run = store.submit(recipes.scratch())
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(update(tables.runs).values(id=None))
    assert store.run(run.id) == run  # nothing of it stays


# --- versions -------------------------------------------------------------------------------------------------------


def schema(store, version):
    """Let a store say that it is of another version."""
    store.remember("schema", version)
    store.close()


def test_a_newer_store_is_refused_with_a_sentence(store, url):
    store.submit(recipes.scratch())
    schema(store, tables.SCHEMA + 1)
    ours = tables.SCHEMA
    sentence = (
        rf"^This store was written by a newer version of the lab \(schema {ours + 1}, this one knows {ours}\): "
        "update the lab, or set TLCORE_HOME to"
    )
    with pytest.raises(StoreError, match=sentence):
        Store(url)
    assert len(store.runs()) == 1


def test_an_older_store_is_brought_up_to_date_step_by_step(store, url, home, monkeypatch):
    run = store.submit(recipes.scratch())
    schema(store, -1)
    told = {-1: "CREATE TABLE older (hue INTEGER)", 0: "ALTER TABLE older ADD COLUMN ice INTEGER"}
    steps = {version: lambda connection, said=said: connection.exec_driver_sql(said) for version, said in told.items()}
    monkeypatch.setattr(migrations, "STEPS", {**steps, **dict.fromkeys(range(1, tables.SCHEMA), lambda connection: None)})
    later = Store(url)
    assert later.remembered("schema") == tables.SCHEMA
    assert [column["name"] for column in inspect(later._engine).get_columns("older")] == ["hue", "ice"]
    assert later.run(run.id).spec == run.spec
    if later.file:
        (copy,) = later.backups.all()  # from before the steps
        with sqlite3.connect(copy) as connection:
            assert connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == ("-1",)
    with later.write() as connection:
        connection.exec_driver_sql("DROP TABLE older")


WATCHED = {"epochs": ("rate", "source_accuracy", "gradients")}
STEERED = {
    "runs": ("goal", "speed", "forked", "forked_at", "token"),
    "epochs": ("confusion",),
    "commands": ("number", "value", "hand", "epoch", "step", "refused"),
}
NAMED = {"runs": ("name",), "epochs": ("extras",)}  # the columns that came with each version


@pytest.mark.parametrize(("version", "added"), [(1, (WATCHED, STEERED, NAMED)), (2, (STEERED, NAMED)), (3, (NAMED,))])
def test_a_store_of_an_older_version_learns_what_came_since(store, url, version, added):
    run = store.submit(recipes.scratch())
    whole = columns(store)
    with store.write() as connection:
        if version < 3:
            connection.exec_driver_sql("DROP INDEX runs_forked")
        for table, names in [each for step in added for each in step.items()]:
            for name in names:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
    schema(store, version)
    later = Store(url)
    assert columns(later) == whole and "runs_forked" in {index["name"] for index in inspect(later._engine).get_indexes("runs")}
    lease = later.claim(Owner.me()).lease
    later.record_epochs(lease, recipes.rows(0, 1))
    assert later.epochs(run.id) == recipes.rows(0, 1)
    assert later.command(run.id, "pause").epoch is None and later.orders(lease).goal == 0


def columns(store):
    """Name -> type of every column of every table."""
    seen = inspect(store._engine)
    return {table: {each["name"]: str(each["type"]) for each in seen.get_columns(table)} for table in tables.metadata.tables}


def test_a_step_that_fails_changes_nothing(store, url, monkeypatch):
    run = store.submit(recipes.scratch())
    schema(store, 0)

    def step(connection):
        connection.exec_driver_sql("CREATE TABLE half (hue INTEGER)")
        raise ZeroDivisionError

    monkeypatch.setitem(migrations.STEPS, 0, step)
    with pytest.raises(ZeroDivisionError):
        Store(url)
    assert "half" not in inspect(store._engine).get_table_names()
    assert store.remembered("schema") == 0 and store.run(run.id).spec == run.spec


# --- busy -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for another writer."""
    monkeypatch.setattr("tlcore.store.database.PATIENCE", 0.2)
    monkeypatch.setattr("tlcore.store.database.OPENING", 0.2)


HOLD = """
import sys
from tlcore.store import Store
with Store({url!r}).write() as connection:
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_store_that_another_process_holds_is_busy(impatient, store, url, child):
    run = store.submit(recipes.scratch())
    holder = child(HOLD.format(url=url))
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreBusy, match=r"^The store is busy: try again in a moment\.$"):
        store.submit(recipes.scratch(1))
    assert store.run(run.id) == run  # readers are not disturbed
    holder.kill()
    holder.wait()
    assert store.submit(recipes.scratch(1)).state == "queued"


def test_a_writer_waits_for_its_turn(store):
    """Two writers at once lose nothing: one waits for the other."""
    begun, go = threading.Event(), threading.Event()

    def slow():
        with store.write() as connection:
            value = connection.scalar(text("SELECT count(*) FROM meta"))
            begun.set()
            go.wait(5)
            connection.execute(tables.meta.insert().values(name="slow", value=str(value)))

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(5)
    threading.Timer(0.2, go.set).start()
    store.remember("quick", 1)
    thread.join()
    assert store.remembered("slow") == 1 and store.remembered("quick") == 1


def test_a_store_that_is_being_opened_is_busy(impatient, file_store, home, child):
    with filelock.FileLock(home / "lab.db.lock"), pytest.raises(StoreBusy):
        Store()


# --- full -----------------------------------------------------------------------------------------------------------


def test_a_full_store_keeps_what_was_acknowledged(file_store):
    """As on a full disk: SQLite says so by itself when it may not grow."""
    kept = [file_store.submit(recipes.scratch(0))]
    with file_store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    file_store.close()

    @event.listens_for(file_store._engine, "connect")
    def small(connection, _):
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    def fill():
        for seed in range(1, 1000):
            kept.append(file_store.submit(recipes.scratch(seed)))  # noqa: PERF401 - one after the other, until one is refused

    with pytest.raises(StoreFull, match=r"^The disk is full: free some space, then try again\.$"):
        fill()
    assert [run.id for run in file_store.runs(limit=1000)] == [run.id for run in reversed(kept)]
    event.remove(file_store._engine, "connect", small)
    file_store.close()
    assert pragma(file_store, "integrity_check") == "ok"
    assert file_store.submit(recipes.scratch(5000)).state == "queued"


@contextmanager
def small_disk(place, size):
    """A real file system of so many bytes, where this process may have one."""
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("this process may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill_with_epochs(store, lease):
    """Record epochs until the disk is full; returns how many were acknowledged."""
    for first in range(0, 100_000, 50):
        try:
            store.record_epochs(lease, recipes.rows(first, first + 49))
        except StoreFull:
            return first
    pytest.fail("the disk was never full")


def test_a_really_full_disk_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("TLCORE_STORE", raising=False)
    with small_disk(tmp_path / "disk", 2**20) as disk:
        monkeypatch.setenv("TLCORE_HOME", str(disk))
        store = Store()
        lease = store.take(store.submit(recipes.scratch(epochs=2000)).id, Owner.me())
        (disk / "filler").write_bytes(b"\0" * (shutil.disk_usage(disk).free - 100_000))
        kept = fill_with_epochs(store, lease)
        assert store.epochs(lease.run) == recipes.rows(0, kept - 1)
        with pytest.raises(StoreFull):
            store.save_arrays(lease, "weights.npz", {"w": [0.0] * 2**17})
        with pytest.raises(StoreFull):
            store.backup()
        assert not list(disk.rglob("*.part"))
        (disk / "filler").unlink()
        store.record_epochs(lease, recipes.rows(kept, kept))
        assert pragma(store, "integrity_check") == "ok"
        store.close()


# --- only to be read ------------------------------------------------------------------------------------------------


def deny(monkeypatch):
    """This process may not write: said by the system, for a superuser's chmod denies nothing."""
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)


def test_a_store_that_can_only_be_read_shows_everything_and_takes_nothing(file_store, file_worker, monkeypatch):
    run_id = file_worker.finished(recipes.scratch())
    file_store.close()
    deny(monkeypatch)
    store = Store()
    assert store.readonly and store.run(run_id).accuracy == 0.5
    writes = [
        lambda: store.submit(recipes.scratch(1)), lambda: store.stop(run_id), lambda: store.delete(run_id),
        lambda: store.delete_everything(), lambda: store.remember("hue", 1), lambda: store.request_data("mnist", {}), lambda: store.backup(),
    ]  # fmt: skip
    for write in writes:
        with pytest.raises(
            StoreReadOnly, match=r"^The data folder can only be read: make it writable, or set TLCORE_HOME to another folder\.$"
        ):
            write()
    assert [run.id for run in store.runs()] == [run_id]


def test_a_read_only_disk_is_read_from_a_copy(home, file_store, file_worker, tmp_path, monkeypatch):
    run_id = file_worker.finished(recipes.scratch())
    file_store.close()
    place = tmp_path / "mounted"
    place.mkdir()
    mount = ["mount", "--bind", "-o", "ro", str(home), str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this process may not mount a disk read-only")
    try:
        if os.access(place, os.W_OK):
            subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        monkeypatch.setenv("TLCORE_HOME", str(place))
        store = Store()
        assert store.readonly and store.run(run_id).accuracy == 0.5
        with pytest.raises(StoreReadOnly):
            store.submit(recipes.scratch(1))
        store.close()
        monkeypatch.setenv("TLCORE_HOME", str(place / "deeper"))
        with pytest.raises(InputError, match="cannot be made"):
            Store()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize(
    ("version", "sentence"), [(tables.SCHEMA + 1, "written by a newer version"), (0, "older than the lab and can only be read")]
)
def test_another_version_is_not_misread(file_store, monkeypatch, version, sentence):
    schema(file_store, version)
    deny(monkeypatch)
    with pytest.raises(StoreError, match=sentence):
        Store()


# --- sentences ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.OperationalError("database or disk is full"), StoreFull),
        (sqlite3.OperationalError("attempt to write a readonly database"), StoreReadOnly),
        (sqlite3.OperationalError("database is locked"), StoreBusy),
        (sqlite3.OperationalError("unable to open database file"), StoreError),
        (sqlite3.OperationalError("disk I/O error"), StoreError),
        (sqlite3.DatabaseError("database disk image is malformed"), StoreDamaged),
        (sqlite3.DatabaseError("file is not a database"), StoreDamaged),
        (OSError(errno.EROFS, "Read-only file system"), StoreReadOnly),
        (OSError(errno.EACCES, "Permission denied"), StoreReadOnly),
    ],
)
def test_each_fault_is_one_sentence_with_a_next_step(error, kind):
    told = fault(error)
    assert type(told) is kind and isinstance(told, InputError)
    assert str(told).count(":") == 1 and str(told).endswith(".")


@pytest.mark.parametrize("error", [sqlite3.OperationalError("no such table: runs"), FileNotFoundError(errno.ENOENT, "gone"), KeyError("x")])
def test_what_is_our_own_mistake_gets_no_sentence(error):
    assert fault(error) is None


def test_the_values_of_a_statement_are_not_taken_for_its_fault():
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x TEXT CHECK (x = ''))")
        with pytest.raises(IntegrityError) as caught:
            connection.exec_driver_sql("INSERT INTO t VALUES (?)", ("the disk is full and the connection is locked",))
    assert "is full" in str(caught.value) and fault(caught.value) is None
