"""The recorder: nothing acknowledged is lost, however the store behaves."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.engine import recorder
from tlcore.engine.recorder import Recording
from tlcore.spec import RunSpec
from tlcore.store import Fenced, Owner, Store, StoreBusy, StoreFull
from tlcore.training import Outcome


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.setattr(recorder.time, "sleep", lambda seconds: None)
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def recording(store):
    run = store.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", epochs=5))
    return Recording(store, store.take(run.id, Owner.me()))


def _raise(error):
    raise error


def row(epoch, loss=1.0):
    return {"epoch": epoch, "val_loss": loss}


def test_epochs_are_there_when_it_returns(store, recording):
    recording.epochs([row(0), row(1)])
    assert [each["epoch"] for each in store.epochs(recording.lease.run)] == [0, 1]


def test_a_busy_store_is_asked_again(store, recording, monkeypatch):
    real, left = store.record_epochs, [StoreBusy("busy"), StoreBusy("busy")]

    def stubborn(lease, rows):
        if left:
            raise left.pop()
        return real(lease, rows)

    monkeypatch.setattr(store, "record_epochs", stubborn)
    recording.epochs([row(0)])
    assert len(store.epochs(recording.lease.run)) == 1 and not left


def test_a_store_that_stays_busy_is_given_up(store, recording, monkeypatch):
    monkeypatch.setattr(recorder, "PATIENCE", -1.0)
    monkeypatch.setattr(store, "beat", lambda lease: _raise(StoreBusy("busy")))
    monkeypatch.setattr(recorder, "BEAT", -1.0)
    with pytest.raises(StoreBusy):
        recording.wish()


def test_a_full_disk_makes_the_run_wait_and_say_so(store, recording, monkeypatch):
    store.hold_ballast()
    real, free = store.record_epochs, [0, 0, 10 * recorder.ROOM]

    def full(lease, rows):
        if len(free) > 1:
            raise StoreFull("full")
        return real(lease, rows)

    monkeypatch.setattr(store, "record_epochs", full)
    monkeypatch.setattr(store, "free", lambda: free.pop(0) if len(free) > 1 else free[0])
    recording.epochs([row(0)])
    assert len(store.epochs(recording.lease.run)) == 1
    assert "the disk was full" in store.run(recording.lease.run).note
    assert not (store.home / "ballast").exists()


def test_a_stop_is_heard_while_the_disk_is_full(store, recording, monkeypatch):
    monkeypatch.setattr(store, "free", lambda: 0)
    real, full = store.record_epochs, [StoreFull("full")]
    monkeypatch.setattr(store, "record_epochs", lambda lease, rows: _raise(full.pop()) if full else real(lease, rows))
    store.stop(recording.lease.run)
    with pytest.raises(Fenced):
        recording.epochs([row(0)])
    assert store.run(recording.lease.run).state == "stopped"


def test_epochs_that_come_out_differently_are_told(store, recording):
    recording.epochs([row(0, 1.0)])
    recording.epochs([row(0, 1.5)])
    assert "not bit-identical" in store.run(recording.lease.run).note
    assert store.epochs(recording.lease.run)[0]["val_loss"] == 1.0, "what was acknowledged stays"


def test_a_young_checkpoint_is_not_followed_by_another(store, recording, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(recorder.clock, "tick", lambda: now[0])
    recording._kept, recording._beaten = 100.0, 100.0
    recording.epochs([row(0), row(1), row(2)])
    recording.checkpoint(1, {"a": np.zeros(3)})
    assert store.load_checkpoint(recording.lease.run) is None
    now[0] = 101.0
    recording.checkpoint(2, {"a": np.zeros(3)})
    assert store.load_checkpoint(recording.lease.run)[0] == 2


def test_a_finished_run_keeps_weights_and_no_checkpoint(store, recording):
    recording._kept = -100.0
    recording.epochs([row(0), row(1)])
    recording.checkpoint(1, {"a": np.zeros(3)})
    recording.finish(Outcome("finished", {"accuracy": 0.5, "loss": 1.0}, {"w": np.ones(2)}, {"predictions": np.ones(4)}))
    assert set(store.artifacts(recording.lease.run)) == {"weights.npz", "arrays.npz"}
    assert store.run(recording.lease.run).accuracy == 0.5


def test_a_stale_worker_is_fenced(store, recording):
    lease = recording.lease
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET state = 'queued', worker = NULL")
    assert store.take(lease.run, Owner.me()) is not None
    with pytest.raises(Fenced):
        recording.epochs([row(0)])
    with pytest.raises(Fenced):
        recording.finish(Outcome("finished"))
