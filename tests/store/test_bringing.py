"""Finished runs that come in whole, and names: at once or not at all, also on a full disk."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import numpy as np
import pytest

from tests.store import recipes
from tlcore.registry import InputError
from tlcore.store import NO_RUN, StoreFull

RESULT = {"accuracy": 0.9, "loss": 0.4, "classes": ["a", "b"]}
HISTORY = [{**row, "gradients": [0.5, 0.0], "extras": {"divergence": 2.0}, "confusion": [[1, 0], [0, 1]]} for row in recipes.rows(0, 4)]
FILES = {"weights.npz": {"block1/conv/kernel": np.arange(6.0)}, "arrays.npz": {}}


def bring(store, spec=None, note="came with the lab"):
    return store.bring(spec or recipes.source(), RESULT, HISTORY, FILES, note)


def test_a_run_comes_in_whole_and_answers_its_key(store):
    run = bring(store)
    assert (run.state, run.epoch, run.accuracy, run.note, run.seconds) == ("finished", 4, 0.9, "came with the lab", None)
    assert run.result == RESULT and store.history(run.id) == HISTORY
    assert store.load_arrays(run.id, "weights.npz")["block1/conv/kernel"].tolist() == [0, 1, 2, 3, 4, 5]
    assert list(store.artifacts(run.id)) == ["weights.npz"]
    assert store.submit(recipes.source()).id == run.id and store.answering(run.key).id == run.id
    assert store.submit(recipes.target()).parent == run.id, "what asks for this recipe starts from it"


def test_it_comes_in_once_and_never_over_one_that_is_there(store):
    mine = store.submit(recipes.source())
    assert bring(store).id == mine.id and not store.folder_of(mine.id).exists()
    other = bring(store, recipes.source(1))
    assert bring(store, recipes.source(1)).id == other.id
    assert len(store.runs()) == 2 and len(list(store.home.glob("runs/*"))) == 1


def test_an_import_is_found_by_its_weights_and_never_trained(store):
    brought = replace(recipes.source(), origin="a" * 64)
    run = bring(store, brought)
    assert store.submit(recipes.source()).id != run.id, "it does not answer for its recipe"
    tuned = store.submit(recipes.target(parent=brought))
    assert tuned.parent == run.id
    store.delete(run.id, force=True)
    with pytest.raises(InputError, match="cannot be trained again: import its file once more"):
        store.submit(recipes.target(5, parent=brought))
    assert len(store.runs()) == 2, "nothing was queued"


def test_a_fork_of_an_import_is_trained_here(store):
    run = bring(store, replace(recipes.source(), origin="a" * 64))
    assert store.fork(run.id, 0).spec.origin == ""


def test_a_study_that_is_deleted_leaves_what_came_in(store, worker):
    run = bring(store)
    study = store.submit_study(recipes.study(seeds=1))
    assert any(member.run.parent == run.id for member in store.members(study.id))
    store.delete_study(study.id)
    assert [each.id for each in store.runs()] == [run.id]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_store_as_it_was(store, monkeypatch, number):
    kept = bring(store, recipes.source(1))

    def full(_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreFull, match=r"The disk is full: free some space, then try again\."):
            bring(store)
    assert [run.id for run in store.runs()] == [kept.id] and store.load_arrays(kept.id, "weights.npz")
    assert [path.name for path in store.home.glob("runs/*")] == [kept.id], "no half of it lies about"
    assert bring(store).state == "finished"


def test_a_fault_of_the_rows_takes_the_files_along(store):
    with pytest.raises(KeyError):
        store.bring(recipes.source(), RESULT, [{"epoch": 0}, {"loss": 1.0}], FILES, "")
    assert not store.runs() and not list(store.home.glob("runs/*"))


def test_a_run_is_called_by_a_name(store):
    run = bring(store)
    assert store.rename(run.id, "  My   letters ").name == "My letters" == store.run(run.id).name
    assert store.rename(run.id, " ").name is None
    for name in ("x" * 61, "a\x00b", "a\u202eb"):
        with pytest.raises(InputError, match="at most 60 characters, all of them visible"):
            store.rename(run.id, name)
    for unknown in ("no id", "0" * 32):
        with pytest.raises(InputError, match=NO_RUN[:20]):
            store.rename(unknown, "x")
