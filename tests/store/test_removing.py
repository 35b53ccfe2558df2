"""Deleting runs and studies, and sweeping what no run names."""

from __future__ import annotations

import os
import time

import pytest

from tests.store import recipes
from tlcore.registry import InputError
from tlcore.store.removing import GARBAGE


def test_a_deleted_run_is_gone_with_all_it_kept(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, recipes.rows(0, 2))
    store.save_arrays(lease, "weights.npz", {"w": [1.0]})
    store.stop(lease.run)
    store.finish(lease, "stopped")
    store.delete(lease.run)
    assert store.run(lease.run) is None
    assert (store.epochs(lease.run), store.artifacts(lease.run)) == ([], {})
    assert not store.folder_of(lease.run).exists()
    assert store.submit(recipes.scratch()).id != lease.run


def test_a_training_run_is_not_deleted(store, worker):
    lease = worker.begin(recipes.scratch())
    with pytest.raises(InputError, match=r"Run 1 is training: stop it first, then delete it\."):
        store.delete(lease.run, force=True)
    assert store.run(lease.run).state == "running"


def test_a_waiting_run_can_be_deleted(store):
    store.delete(store.submit(recipes.scratch()).id)
    assert store.runs() == [] and not store.pending()


def test_deleting_twice_is_deleting_once(store, worker):
    run_id = worker.finished(recipes.scratch())
    store.delete(run_id)
    store.delete(run_id)
    assert store.runs() == []


def test_a_source_is_deleted_only_by_who_knows_what_came_from_it(store, worker):
    children = [worker.finished(recipes.target(seed)) for seed in range(3)]
    source = store.run(children[0]).parent
    with pytest.raises(InputError, match=r"Runs 2, 3 and 4 came from this source: they keep their results if you delete it all the same\."):
        store.delete(source)
    assert store.run(source) is not None
    store.delete(source, force=True)
    assert store.run(source) is None
    assert [store.run(child).accuracy for child in children] == [0.5] * 3


def test_what_waits_for_a_deleted_source_fails_with_a_sentence(store):
    run = store.submit(recipes.target())
    store.delete(run.parent, force=True)
    ended = store.run(run.id)
    assert (ended.state, ended.error) == (
        "failed",
        "Its source, run 1, was deleted: start this run anew, and the source is trained again.",
    )
    assert store.submit(recipes.target()).id != run.id


def test_a_killed_run_whose_source_was_deleted_does_not_wait_for_ever(store, worker):
    worker.finished(recipes.source())
    lease = worker.begin(recipes.target())
    store.delete(store.run(lease.run).parent, force=True)
    worker.die(lease)
    assert store.run(lease.run).state == "failed"
    assert store.run(lease.run).error == "The source of this run was deleted: start this run anew, and the source is trained again."


def test_a_study_that_lost_a_run_no_longer_answers(store):
    record = store.submit_study(recipes.study())
    store.summarize(record.id, {"sentence": "It helped."})
    store.delete(store.members(record.id)[0].run.id)
    poorer = store.study(record.id)
    assert (poorer.total, poorer.key, poorer.summary) == (7, None, None)
    assert store.submit_study(recipes.study()).id != record.id


def test_a_study_is_deleted_with_its_runs_and_sources(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    lease = worker.hold(store.members(record.id)[0].run.id)
    with pytest.raises(InputError, match=r"This study is training: stop it first, then delete it\."):
        store.delete_study(record.id)
    store.finish(lease, "stopped")
    store.delete_study(record.id)
    assert (store.study(record.id), store.members(record.id), store.runs()) == (None, [], [])


def test_a_study_whose_source_trains_is_not_deleted(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    worker.hold(store.sources(record.id)[0].id)
    with pytest.raises(InputError, match="This study is training"):
        store.delete_study(record.id)


def test_deleting_a_study_keeps_what_others_use(store, worker):
    alone = worker.finished(recipes.scratch(seed=1))
    arms, freezing = store.submit_study(recipes.study()), store.submit_study(recipes.study("freezing"))
    store.delete_study(arms.id)
    kept = store.study(freezing.id)
    assert (kept.total, kept.key) == (freezing.total, freezing.key)
    assert len(store.sources(freezing.id)) == 4  # one for each seed, and one trained on the target itself
    store.delete_study(freezing.id)
    assert [run.id for run in store.runs()] == [alone]


# --- sweep ----------------------------------------------------------------------------------------------------------


def old(path):
    """A file that nobody wrote for longer than garbage is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("left")
    long_ago = time.time() - GARBAGE - 60
    os.utime(path, (long_ago, long_ago))
    return path


def test_a_sweep_removes_what_no_run_names(store, worker, home):
    lease = worker.begin(recipes.scratch())
    store.save_arrays(lease, "weights.npz", {"w": [1.0]})
    store.finish(lease, "finished")
    place = store.folder_of(lease.run)
    (named,) = place.iterdir()
    garbage = [old(place / "0000-weights.npz"), old(home / "runs" / ("0" * 32) / "log.txt"), old(home / "backups" / "lab-000001.db.1.part")]
    kept = [old(place / "log.txt"), named]
    os.utime(named, (0, 0))
    assert store.sweep() == len(garbage)
    assert not any(path.exists() for path in garbage) and all(path.exists() for path in kept)
    assert not (home / "runs" / ("0" * 32)).exists()


def test_a_sweep_leaves_what_may_still_be_written(store, worker):
    lease = worker.begin(recipes.scratch())
    training = old(store.folder_of(lease.run) / "0000-weights.npz.part")
    fresh = store.folder_of("0" * 32) / "0000-weights.npz.part"
    fresh.parent.mkdir()
    fresh.write_text("half")
    assert store.sweep() == 0
    assert training.exists() and fresh.exists()


def test_a_clock_set_back_sweeps_nothing(store, monkeypatch):
    garbage = old(store.folder_of("0" * 32) / "weights.npz")
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", "-3600")
    assert store.sweep() == 0
    assert garbage.exists()
