"""The rehearsal: builds what the next run begins with, writes nothing, and gives way at once."""

from __future__ import annotations

from multiprocessing import Pipe

import numpy as np
import pytest

from tests.engine.rig import quick
from tlcore import datasets
from tlcore.engine import rehearsal
from tlcore.engine.rehearsal import rehearse
from tlcore.spec import RunSpec
from tlcore.store import Owner, Store
from tlcore.training import Silent, train


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    opened = Store()
    yield opened
    opened.close()


def test_without_data_there_is_nothing_to_rehearse(store):
    assert not rehearse(store, Pipe()[0])


def test_the_newest_run_is_rehearsed_and_the_store_stays_as_it_was(store, monkeypatch):
    datasets.prepare("digits")
    run = store.submit(quick(epochs=50))
    seen = []
    monkeypatch.setattr(rehearsal, "train", lambda spec, *given: seen.append(spec) or train(spec, *given))
    ours, _ = Pipe()
    before = store.stamp()
    assert rehearse(store, ours)
    assert seen == [run.spec]
    assert store.stamp() == before and not store.epochs(run.id)


def test_a_run_whose_source_has_no_weights_yet_is_rehearsed_by_its_source(store, monkeypatch):
    datasets.prepare("digits")
    source = RunSpec.make("pretrain", dataset="digits", epochs=1)
    store.submit(quick(source=source, strategy="full"))
    seen = []
    monkeypatch.setattr(rehearsal, "train", lambda spec, *given: seen.append(spec))
    assert rehearse(store, Pipe()[0]) and seen == [source]


def test_it_gives_way_to_the_word(store):
    datasets.prepare("digits")
    store.submit(quick())
    ours, theirs = Pipe()
    theirs.send("go")
    assert rehearsal.Rehearsing(ours).wish() == "stop"


def test_what_breaks_a_rehearsal_breaks_nothing_else(store, monkeypatch, capsys):
    datasets.prepare("digits")
    store.submit(quick())
    monkeypatch.setattr(rehearsal, "train", lambda *given: 1 / 0)
    assert rehearse(store, Pipe()[0])
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_rehearsal_changes_no_result(store):
    datasets.prepare("digits")
    spec = quick(seed=9)
    plain = train(spec, Silent()).weights
    run = store.submit(spec)
    rehearse(store, Pipe()[0])
    again = train(spec, Silent()).weights
    assert all(np.array_equal(plain[path], again[path]) for path in plain)
    assert store.take(run.id, Owner.me()) is not None
