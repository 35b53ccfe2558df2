"""Copies of the store, and what happens to a damaged one: kept as it is, a copy opened, the visitor told."""

from __future__ import annotations

import sqlite3

import pytest

from tests.store import recipes
from tlcore.store import Fenced, Owner, Store, StoreDamaged
from tlcore.store.backup import KEPT, sound


def overwrite_the_middle(path):
    content = bytearray(path.read_bytes())
    first, last = 2 * len(content) // 5, 3 * len(content) // 5
    content[first:last] = b"\xa5" * (last - first)
    path.write_bytes(content)


def zero_the_header(path):
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


DAMAGES = [overwrite_the_middle, zero_the_header, cut, empty]


@pytest.fixture
def filled(file_store, file_worker):
    """A store with two runs in its copy and one that came later."""
    file_worker.finished(recipes.scratch(0))
    lease = file_worker.begin(recipes.scratch(1))
    file_store.record_epochs(lease, recipes.rows(0, 6))
    file_store.finish(lease, "finished", {"accuracy": 0.5})
    assert file_store.backup().name == "lab-000001.db"
    file_worker.finished(recipes.scratch(2))
    file_store.close()
    return file_store


# --- copies ---------------------------------------------------------------------------------------------------------


def test_a_copy_is_a_whole_store(filled, home):
    copy = home / "backups" / "lab-000001.db"
    assert sound(copy, True)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_newest_copies_are_kept_though_the_clock_goes_back(file_store, home, monkeypatch):
    for place in range(KEPT + 2):
        monkeypatch.setenv("TLCORE_CLOCK_OFFSET", str(-3600 * place))
        file_store.backup()
    names = [path.name for path in file_store.backups.all()]
    assert names == [f"lab-{number:06d}.db" for number in range(KEPT + 2, 2, -1)]
    assert len(list((home / "backups").iterdir())) == KEPT


def test_a_copy_is_made_while_others_write(filled, file_worker):
    with filled.write() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('hue', '1')")
        assert sound(filled.backups.make(filled._engine), True)
    assert filled.remembered("hue") == 1


def test_a_copy_that_fails_leaves_nothing_half(filled, home, monkeypatch):
    monkeypatch.setattr("tlcore.folder.settle", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filled.backup()
    assert [path.name for path in (home / "backups").iterdir()] == ["lab-000001.db"]


def test_postgresql_has_its_own_tools(home, server):
    assert Store(server.url.render_as_string(hide_password=False)).backup() is None


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_newest_copy_takes_the_place_of_a_damaged_store(filled, home, damage):
    damage(home / "lab.db")
    left = (home / "lab.db").read_bytes()
    store = Store()
    assert [run.spec for run in store.runs()] == [recipes.scratch(1), recipes.scratch(0)]
    assert store.epochs(store.runs()[0].id) == recipes.rows(0, 6)
    told = store.restored()
    assert told.startswith("The store was damaged: a copy from 2") and told.endswith(f"The damaged file is kept in {home / 'lab.db'}.")
    assert (home / "lab.db").read_bytes() == left
    lost = store.submit(recipes.scratch(2))
    assert Store().run(lost.id) == lost  # and so it stays


def test_without_a_copy_an_empty_store_is_opened_and_told(file_store, file_worker, home):
    file_worker.finished(recipes.scratch(0))
    file_store.close()
    zero_the_header(home / "lab.db")
    store = Store()
    assert store.runs() == []
    assert store.restored() == (
        f"The store was damaged: there was no copy, so an empty one was opened. The damaged file is kept in {home / 'lab.db'}."
    )
    assert store.submit(recipes.scratch(0)).state == "queued"


def test_a_damaged_copy_is_passed_over(filled, home):
    filled.backup()
    filled.close()
    overwrite_the_middle(home / "backups" / "lab-000002.db")
    zero_the_header(home / "lab.db")
    assert len(Store().runs()) == 2


def test_a_store_can_be_damaged_twice(filled, home):
    zero_the_header(home / "lab.db")
    second = Store()
    second.submit(recipes.scratch(7))
    second.backup()
    second.close()
    overwrite_the_middle(home / "lab.db.1")
    third = Store()
    assert third.runs()[0].spec == recipes.scratch(7)
    assert str(home / "lab.db.1") in third.restored()
    third.delete_everything()
    assert sorted(path.name for path in home.glob("lab.db*") if "lock" not in path.name)[0] == "lab.db.2"
    assert third.restored() is None and Store().runs() == []


def test_a_sound_store_stays(filled):
    assert len(Store().runs()) == 3
    assert Store().restored() is None


WRITER = """
import os
from tests.store import recipes
from tlcore.store import Store
store = Store()
for seed in range(40):
    print(store.submit(recipes.scratch(seed)).id, flush=True)
    if seed == 38:
        store.forget_copies()  # what came before is in the file, and the log is empty
os.kill(os.getpid(), 9)
"""


def test_a_store_that_nobody_closed_is_sound(home, child):
    """What a killed process had acknowledged lies in the log beside the file."""
    told = child(WRITER).communicate(timeout=60)[0].split()
    assert (home / "lab.db-wal").stat().st_size
    assert {run.id for run in Store().runs()} == set(told) and len(told) == 40


def test_a_damaged_store_and_its_log_stay_as_they_are(home, child):
    """Somebody may still save something from them."""
    child(WRITER).communicate(timeout=60)
    overwrite_the_middle(home / "lab.db")
    before = {name: (home / name).read_bytes() for name in ("lab.db", "lab.db-wal")}
    store = Store()
    assert store.restored() is not None
    store.submit(recipes.scratch())
    assert all(before.values()) and {name: (home / name).read_bytes() for name in before} == before


def test_whoever_has_the_damaged_store_open_moves_on_with_the_others(filled, home):
    """The screen was started anew and opened a copy; the dispatcher has been there all the time."""
    dispatcher = Store()
    lease = dispatcher.take(dispatcher.submit(recipes.scratch(3)).id, Owner.me())
    overwrite_the_middle(home / "lab.db")
    screen = Store()
    asked = screen.submit(recipes.scratch(4))
    assert dispatcher.run(asked.id) == asked
    with pytest.raises(Fenced):  # the copy knows nothing of this run: its worker ends
        dispatcher.record_epochs(lease, recipes.rows(0, 0))
    assert dispatcher.claim(Owner.me()).lease.run == asked.id
    dispatcher.close()
    assert screen.run(asked.id).state == "running"
    assert Store().run(asked.id).state == "running"


def test_damage_that_shows_later_is_a_sentence(filled, home):
    """Found while it is open: the next start mends it."""
    store = Store()
    store.close()
    zero_the_header(home / "lab.db")
    with pytest.raises(StoreDamaged, match=r"^The store is damaged: start the lab again, and it opens the newest good copy\.$"):
        store.runs()
