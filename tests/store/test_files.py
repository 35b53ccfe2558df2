"""Files of runs: whole or not there, named with their SHA-256, never written over."""

from __future__ import annotations

import errno
import hashlib
import os
from collections import namedtuple

import numpy as np
import pytest

from tests.store import recipes
from tlcore import folder
from tlcore.store import Owner, StoreFull
from tlcore.store.files import BALLAST

ARRAYS = {"block1/conv/kernel": np.arange(12, dtype=np.float32).reshape(3, 4), "step": np.int64(7), "names": np.array(["a", "b"])}


def same(found, given):
    """Whether arrays came back bit by bit, under their names and in their order."""
    return list(found) == list(given) and all(
        np.array_equal(found[name], given[name]) and found[name].dtype == np.asarray(given[name]).dtype for name in given
    )


def damage(path):
    """One bit of a file turns over."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def lease(worker):
    """A run that is ours."""
    return worker.begin(recipes.scratch())


def test_arrays_come_back_as_they_were(store, lease):
    store.save_arrays(lease, "weights.npz", ARRAYS)
    assert same(store.load_arrays(lease.run, "weights.npz"), ARRAYS)


def test_a_file_is_named_with_its_sha_and_size(store, lease):
    store.save_arrays(lease, "weights.npz", ARRAYS)
    path, digest, size = store.artifacts(lease.run)["weights.npz"]
    content = path.read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (digest, size)
    assert path.parent == store.folder_of(lease.run)
    assert size <= store.disk()


@pytest.mark.parametrize("fate", ["bit", "cut", "gone", "folder"])
def test_a_damaged_file_counts_as_missing(store, lease, fate):
    store.save_arrays(lease, "weights.npz", ARRAYS)
    path = store.artifacts(lease.run)["weights.npz"][0]
    if fate == "bit":
        damage(path)
    elif fate == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
        if fate == "folder":
            path.mkdir()
    assert store.load_arrays(lease.run, "weights.npz") is None


def test_what_was_never_saved_is_missing(store, lease):
    assert store.load_arrays(lease.run, "weights.npz") is None
    assert store.load_arrays("0" * 32, "weights.npz") is None
    assert store.load_checkpoint(lease.run) is None


def test_a_second_save_takes_the_place_of_the_first(store, lease):
    for value in (1.0, 2.0):
        store.save_arrays(lease, "weights.npz", {"w": np.array(value)})
    assert store.load_arrays(lease.run, "weights.npz")["w"] == 2.0
    assert len(list(store.folder_of(lease.run).iterdir())) == 1


def test_the_first_save_stands_until_the_second_is_known(store, lease, monkeypatch):
    """A crash between the file and its name in the store."""
    store.save_arrays(lease, "weights.npz", {"w": np.array(1.0)})
    monkeypatch.setattr("tlcore.store.files._named", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.save_arrays(lease, "weights.npz", {"w": np.array(2.0)})
    assert store.load_arrays(lease.run, "weights.npz")["w"] == 1.0


def test_a_stale_worker_leaves_the_named_file_alone(store, lease, worker):
    worker.die(lease)
    fresh = store.take(lease.run, Owner.me())
    store.save_arrays(fresh, "weights.npz", {"w": np.array(2.0)})
    with pytest.raises(Exception, match="Another worker"):
        store.save_arrays(lease, "weights.npz", {"w": np.array(1.0)})
    assert store.load_arrays(lease.run, "weights.npz")["w"] == 2.0


# --- checkpoints ----------------------------------------------------------------------------------------------------


def checkpoints(store, run_id):
    """The epochs of the checkpoints that the store names; each is there and matches its SHA-256."""
    found = store.artifacts(run_id)
    assert all(folder.sha256(path) == digest for path, digest, _ in found.values())
    files = {path.name for path in store.folder_of(run_id).iterdir()}
    assert files == {path.name for path, _, _ in found.values()}
    return [int(name[11:17]) for name in found]


def test_two_checkpoints_are_kept(store, lease):
    for epoch in (1, 2, 5, 9):
        store.save_checkpoint(lease, epoch, {"w": np.array(epoch)})
    assert checkpoints(store, lease.run) == [5, 9]
    epoch, arrays = store.load_checkpoint(lease.run)
    assert epoch == 9 and arrays["w"] == 9


def test_a_damaged_checkpoint_leads_to_the_one_before(store, lease):
    for epoch in (3, 4):
        store.save_checkpoint(lease, epoch, {"w": np.array(epoch)})
    damage(store.artifacts(lease.run)["checkpoint-000004.npz"][0])
    assert store.load_checkpoint(lease.run)[0] == 3


def test_a_run_that_started_over_keeps_its_own_checkpoints(store, lease, worker):
    """Both checkpoints of the first attempt were damaged, so the second began anew."""
    for epoch in (8, 9):
        store.save_checkpoint(lease, epoch, {"w": np.array(epoch)})
        damage(store.artifacts(lease.run)[f"checkpoint-{epoch:06d}.npz"][0])
    worker.die(lease)
    assert store.load_checkpoint(lease.run) is None
    fresh = worker.hold(lease.run)
    for epoch in (1, 2):
        store.save_checkpoint(fresh, epoch, {"w": np.array(epoch)})
    assert checkpoints(store, lease.run) == [1, 2]


def test_checkpoints_go_at_the_end_and_the_rest_stays(store, lease):
    store.save_checkpoint(lease, 1, ARRAYS)
    store.save_arrays(lease, "weights.npz", ARRAYS)
    store.drop_checkpoints(lease)
    assert list(store.artifacts(lease.run)) == ["weights.npz"]
    assert len(list(store.folder_of(lease.run).iterdir())) == 1


# --- glimpses -------------------------------------------------------------------------------------------------------

SAME = {"original": np.zeros((2, 4, 4, 1), np.uint8)}


def test_a_glimpse_comes_back_with_what_is_the_same_in_all(store, lease):
    for epoch in (0, 3):
        store.save_glimpse(lease, epoch, {"redrawn": np.full(3, epoch)}, SAME)
    assert store.glimpses(lease.run) == [0, 3] and list(store.artifacts(lease.run)) == [
        "glimpse-000000.npz",
        "glimpse-000003.npz",
        "glimpses.npz",
    ]
    found = store.load_glimpse(lease.run, 3)
    assert set(found) == {"original", "redrawn"} and found["redrawn"].tolist() == [3, 3, 3]
    assert store.load_glimpse(lease.run, 1) is None and store.glimpses("0" * 32) == []


def test_of_many_glimpses_every_second_one_goes_and_the_first_and_the_last_stay(store, lease, monkeypatch):
    monkeypatch.setattr("tlcore.store.files.GLIMPSES", 5)
    for epoch in range(12):
        store.save_glimpse(lease, epoch, {"redrawn": np.full(3, epoch)}, SAME)
        kept = store.glimpses(lease.run)
        assert len(kept) <= 5 and kept[0] == 0 and kept[-1] == epoch
    assert len(list(store.folder_of(lease.run).iterdir())) == len(kept) + 1


def test_glimpses_take_no_more_than_their_room(store, lease, monkeypatch):
    monkeypatch.setattr("tlcore.store.files.SIGHT", 20_000)
    for epoch in range(8):
        store.save_glimpse(lease, epoch, {"redrawn": np.zeros(4000, np.uint8)}, SAME)
    sizes = [size for name, (_, _, size) in store.artifacts(lease.run).items() if name.startswith("glimpse-")]
    assert sum(sizes) <= 20_000 and len(sizes) >= 2


def test_a_worker_that_was_overtaken_shows_nothing(store, lease, worker):
    worker.die(lease)
    with pytest.raises(Exception, match="Another worker"):
        store.save_glimpse(lease, 0, {"redrawn": np.zeros(3)}, SAME)
    assert store.glimpses(lease.run) == []


def test_glimpses_outlive_their_run_s_checkpoints_and_go_with_the_run(store, lease):
    store.save_glimpse(lease, 0, {"redrawn": np.zeros(3)}, SAME)
    store.save_checkpoint(lease, 1, ARRAYS)
    store.drop_checkpoints(lease)
    store.finish(lease, "finished", {})
    assert store.glimpses(lease.run) == [0] and store.load_glimpse(lease.run, 0) is not None
    store.delete(lease.run)
    assert store.artifacts(lease.run) == {} and not store.folder_of(lease.run).exists()


def test_a_fork_has_seen_what_its_parent_had_until_then(store, lease):
    store.record_epochs(lease, recipes.rows(0, 4))
    for epoch in (0, 2, 4):
        store.save_glimpse(lease, epoch, {"redrawn": np.full(3, epoch)}, SAME)
    fork = store.fork(lease.run, 3)
    assert store.glimpses(fork.id) == [0, 2] and set(store.load_glimpse(fork.id, 2)) == {"original", "redrawn"}


def test_extras_are_read_from_an_epoch_on(store, lease):
    store.record_epochs(lease, [row | {"extras": {"rank": 2.0 * row["epoch"]}} for row in recipes.rows(0, 3)])
    assert store.extras(lease.run, after=1) == [{"epoch": 2, "rank": 4.0}, {"epoch": 3, "rank": 6.0}]


# --- a full disk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence_and_destroys_nothing(store, lease, monkeypatch, number):
    store.save_checkpoint(lease, 1, ARRAYS)

    def full(_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreFull, match=r"The disk is full: free some space, then try again\."):
            store.save_checkpoint(lease, 2, ARRAYS)
    assert checkpoints(store, lease.run) == [1]
    store.save_checkpoint(lease, 2, ARRAYS)
    assert checkpoints(store, lease.run) == [1, 2]


def test_some_space_is_held_back_and_given_back(store, home, monkeypatch):
    store.hold_ballast()
    assert (home / "ballast").stat().st_size == BALLAST
    store.hold_ballast()
    store.drop_ballast()
    store.drop_ballast()
    assert not (home / "ballast").exists()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(0, 0, 2 * BALLAST))
    store.hold_ballast()
    assert not (home / "ballast").exists()
    assert store.free() == 2 * BALLAST
