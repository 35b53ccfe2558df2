"""The recorder: nothing acknowledged is lost, however the store behaves."""

from __future__ import annotations

from itertools import pairwise
from threading import Event, Timer

import numpy as np
import pytest

from tlcore.engine import recorder
from tlcore.engine.recorder import Recording
from tlcore.spec import Place, RunSpec
from tlcore.store import Fenced, Owner, Store, StoreBusy, StoreFull, StoreReadOnly
from tlcore.studies import Study
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
    recording._aside.settle()
    assert store.load_checkpoint(recording.lease.run)[0] == 2


@pytest.fixture
def slow(store, recording, monkeypatch):
    """A disk that has not written a checkpoint before it is told so; the clock does not matter to when the next one is due."""
    real, done = store.save_checkpoint, Event()

    def save(*given):
        assert done.wait(60)
        return real(*given)

    monkeypatch.setattr(store, "save_checkpoint", save)
    monkeypatch.setattr(recorder, "CHECKPOINT", 0.0)
    monkeypatch.setattr(recorder, "SHARE", 0)
    recording._kept = recording._pause = 0.0
    recording.epochs([row(0), row(1), row(2)])
    return done


def test_the_training_goes_on_while_a_checkpoint_is_written(store, recording, slow):
    recording.checkpoint(1, {"a": np.zeros(3)})
    recording.epochs([row(3)])
    assert recording.wish() is None and store.load_checkpoint(recording.lease.run) is None
    slow.set()
    recording.checkpoint(2, {"a": np.ones(3)})
    assert store.load_checkpoint(recording.lease.run)[0] >= 1, "one after the other"


@pytest.mark.parametrize("state", ["stopped", "parked", "finished"])
def test_a_run_does_not_end_before_its_checkpoint_is_kept(store, recording, slow, state):
    recording.checkpoint(1, {"a": np.zeros(3)})
    Timer(0.1, slow.set).start()
    recording.checkpoint(2, {"a": np.ones(3)})
    recording.finish(Outcome(state))
    assert store.load_checkpoint(recording.lease.run)[0] == 2


def test_what_goes_wrong_with_a_checkpoint_is_raised_when_the_next_is_due(store, recording, slow, monkeypatch):
    monkeypatch.setattr(store, "save_checkpoint", lambda *given: _raise(StoreReadOnly("read only")))
    recording.checkpoint(1, {"a": np.zeros(3)})
    with pytest.raises(StoreReadOnly):
        recording.checkpoint(2, {"a": np.zeros(3)})
    recording.finish(Outcome("failed", error="told"))
    assert store.run(recording.lease.run).state == "failed", "it is raised once"


def test_a_worker_that_was_overtaken_learns_of_it_from_its_checkpoint(store, recording, slow):
    slow.set()
    store.park(recording.lease)
    recording.checkpoint(1, {"a": np.zeros(3)})
    with pytest.raises(Fenced):
        recording.finish(Outcome("stopped"))
    assert store.load_checkpoint(recording.lease.run) is None


def test_a_slow_disk_is_asked_for_fewer_checkpoints(store, recording, slow, monkeypatch):
    monkeypatch.setattr(recorder, "SHARE", 30)
    recording.checkpoint(1, {"a": np.zeros(3)})
    Timer(0.1, slow.set).start()
    recording.checkpoint(2, {"a": np.zeros(3)})  # it waits for the first, and is not written: that took too long
    recording._aside.settle()
    assert store.load_checkpoint(recording.lease.run)[0] == 1 and recording._pause > 2.5


def test_what_has_no_column_is_kept_among_the_extras(store, recording):
    recording.epochs([row(0) | {"rank": 9.5, "val_alignment": 0.3, "gradients": [1.0]}, row(1)])
    assert store.extras(recording.lease.run) == [{"epoch": 0, "rank": 9.5, "val_alignment": 0.3}]
    assert store.gradients(recording.lease.run) == [[1.0]]


def test_the_training_waits_for_no_glimpse_and_the_last_one_is_kept(store, recording, monkeypatch):
    real, done = store.save_glimpse, Event()

    def save(*given):
        assert done.wait(60)
        return real(*given)

    monkeypatch.setattr(store, "save_glimpse", save)
    for epoch in range(4):
        recording.glimpse(epoch, {"redrawn": np.full(2, epoch)}, {"original": np.zeros(2)})
    assert store.glimpses(recording.lease.run) == []
    done.set()
    recording.finish(Outcome("finished", {}))
    assert store.glimpses(recording.lease.run) == [0, 3]
    assert store.load_glimpse(recording.lease.run, 3)["redrawn"].tolist() == [3, 3]


def test_a_failed_run_keeps_its_last_good_state(store, recording):
    recording.epochs([row(0), row(1)])
    recording.checkpoint(1, {"a": np.zeros(3)})
    recording.finish(Outcome("failed", error="The loss was no longer a number."))
    assert store.load_checkpoint(recording.lease.run)[0] == 1
    fork = store.fork(recording.lease.run, 1)
    assert store.load_checkpoint(fork.id)[0] == 1 and fork.held


@pytest.fixture
def of_a_study(store):
    """The recording of a run that nobody asked for but a study."""
    record = store.submit_study(Study.make("arms", source=RunSpec.make("pretrain", dataset="digits"), dataset="digits", seeds=1))
    scratch = next(member.run for member in store.members(record.id) if member.arm == "scratch")
    return Recording(store, store.take(scratch.id, Owner.me()))


@pytest.mark.parametrize(("whose", "kept"), [("recording", {"checkpoint-000001.npz"}), ("of_a_study", set())])
def test_a_finished_run_keeps_its_checkpoints_where_somebody_asked_for_it(store, request, whose, kept):
    recording = request.getfixturevalue(whose)
    recording._kept = -100.0
    recording.epochs([row(0), row(1)])
    recording.checkpoint(1, {"a": np.zeros(3)})
    recording.finish(Outcome("finished", {"accuracy": 0.5, "loss": 1.0}, {"w": np.ones(2)}, {"predictions": np.ones(4)}))
    assert set(store.artifacts(recording.lease.run)) == {"weights.npz", "arrays.npz"} | kept
    assert store.run(recording.lease.run).accuracy == 0.5


@pytest.mark.parametrize("state", ["stopped", "parked"])
def test_where_a_run_ends_on_the_way_its_newest_state_is_kept(store, recording, state):
    recording.epochs([row(0), row(1)])
    recording.checkpoint(1, {"a": np.zeros(3)})
    recording.finish(Outcome(state))
    assert store.load_checkpoint(recording.lease.run)[0] == 1
    assert store.run(recording.lease.run).state == {"parked": "queued"}.get(state, state)


# --- steering -------------------------------------------------------------------------------------------------------


@pytest.fixture
def time_flies(monkeypatch):
    """A clock that only moves when somebody sleeps."""
    now = [1000.0]
    monkeypatch.setattr(recorder.clock, "tick", lambda: now[0])
    monkeypatch.setattr(recorder.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def hear(recording, place=(1, 0), now=None):
    """What the run is after it was asked at a moment."""
    spec = recording.store.run(recording.lease.run).spec
    return recording.hear(spec, Place(*place), Place(*(now or place)))


def test_a_change_counts_from_the_moment_that_it_is_heard(store, recording):
    store.command(recording.lease.run, "learning_rate", 1e-3, hand="Ada")
    store.command(recording.lease.run, "batch_size", 4)
    spec = hear(recording, (2, 3))
    assert [(each.epoch, each.step, each.name, each.value) for each in spec.changes] == [
        (2, 3, "learning_rate", 1e-3),
        (3, 0, "batch_size", 4.0),
    ]
    assert [(each.name, each.epoch, each.step) for each in store.commands(recording.lease.run)] == [
        ("learning_rate", 2, 3),
        ("batch_size", 3, 0),
    ]
    assert store.run(recording.lease.run).spec == spec == hear(recording, (2, 4))


def test_what_cannot_be_is_refused_in_words_and_the_rest_is_done(store, recording):
    for place in range(1, 5):
        store.command(recording.lease.run, f"block{place}", 0.0)
    store.command(recording.lease.run, "head", 0.0)
    spec = hear(recording)
    assert len(spec.changes) == 4
    assert store.commands(recording.lease.run)[-1].refused == "Nothing would be trained after epoch 1: leave the head or a block on."


def test_a_change_waits_until_what_was_recorded_is_repeated(store):
    run = store.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", epochs=5))
    lease = store.take(run.id, Owner.me())
    store.record_epochs(lease, [row(epoch) for epoch in range(4)])
    store.park(lease)
    recording = Recording(store, store.take(run.id, Owner.me()))
    store.command(run.id, "learning_rate", 1e-3)
    assert hear(recording, (1, 0)).changes == () and hear(recording, (2, 5)).changes == ()
    assert hear(recording, (3, 0)).changes[0].place == (3, 0)


def test_a_held_run_waits_for_play(store, recording, time_flies, monkeypatch):
    store.command(recording.lease.run, "pause")
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        time_flies[0] += seconds
        if len(slept) == 40:
            store.command(recording.lease.run, "play")

    monkeypatch.setattr(recorder.time, "sleep", sleep)
    hear(recording)
    assert len(slept) == 40 and recording.wish() is None
    assert [(each.name, each.epoch) for each in store.commands(recording.lease.run)] == [("pause", 1), ("play", 1)]


def test_a_run_held_for_long_gives_its_place_back(store, recording, time_flies):
    store.command(recording.lease.run, "pause")
    begun = time_flies[0]
    hear(recording)
    assert recording.wish() == "park" and 60 <= time_flies[0] - begun < 63


def test_a_held_run_makes_room_where_another_waits(store, recording, time_flies):
    store.command(recording.lease.run, "pause")
    store.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", epochs=5, seed=1))
    begun = time_flies[0]
    hear(recording)
    assert recording.wish() == "park" and 3 <= time_flies[0] - begun < 6


def test_a_held_run_can_be_stopped(store, recording, time_flies):
    store.command(recording.lease.run, "pause")
    store.stop(recording.lease.run)
    hear(recording)
    assert recording.wish() == "stop"


def test_a_stop_is_known_from_the_orders_as_long_as_nobody_writes(store, recording, time_flies, monkeypatch):
    hear(recording)
    real, asked = store.wish, []
    monkeypatch.setattr(store, "wish", lambda lease: asked.append(lease) or real(lease))
    assert recording.wish() is None and not asked
    store.stop(recording.lease.run)
    assert recording.wish() == "stop" and len(asked) == 1
    hear(recording)
    assert recording.wish() == "stop" and len(asked) == 1


def test_a_command_is_found_though_the_file_had_changed_before_it_could_be_read(store, recording, time_flies, monkeypatch):
    """A commit is in the file while the disk is waited for, and seen by others only then; nothing in the file changes after that."""
    monkeypatch.setattr(store, "stamp", lambda: "as it will be")
    hear(recording)
    store.command(recording.lease.run, "learning_rate", 1e-3)
    assert hear(recording).changes == ()
    time_flies[0] += 2 * recorder.AGAIN
    assert len(hear(recording).changes) == 1


def test_rows_of_its_own_are_no_reason_to_look(store, recording, time_flies, monkeypatch):
    real, asked = store.orders, []
    monkeypatch.setattr(store, "orders", lambda lease: asked.append(lease) or real(lease))
    hear(recording)
    recording.epochs([{"epoch": 0}])
    hear(recording)
    assert len(asked) == 1
    time_flies[0] += 2 * recorder.AGAIN
    hear(recording)
    assert len(asked) == 2


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_command_beside_rows_of_its_own_is_found(store, recording, time_flies, monkeypatch, when):
    """Before they are written it is heard at once, while they are by the look that is not put off."""
    hear(recording)
    real = store.record_epochs

    def record(lease, rows):
        known = real(lease, rows)
        store.command(lease.run, "learning_rate", 1e-3)
        return known

    if when == "before":
        store.command(recording.lease.run, "learning_rate", 1e-3)
    else:
        monkeypatch.setattr(store, "record_epochs", record)
    recording.epochs([{"epoch": 0}])
    time_flies[0] += 2 * recorder.AGAIN if when == "meanwhile" else 0
    assert len(hear(recording, (1, 0)).changes) == 1


def test_a_step_is_one_epoch(store, recording, time_flies):
    store.command(recording.lease.run, "step")
    hear(recording, (0, 0))
    assert recording.leash(0) == 1
    store.command(recording.lease.run, "step")
    hear(recording, (0, 3))
    assert recording.leash(0) == 2
    hear(recording, (2, 0))
    assert recording.wish() == "park"  # nobody let it go


def test_an_epoch_that_is_not_validated_yet_does_not_end_a_step(store, recording, time_flies):
    """What is changed during its validation counts from the next epoch on, but the goal is not reached before it is recorded."""
    store.command(recording.lease.run, "step")
    begun = time_flies[0]
    hear(recording, (1, 0), now=(0, 9))
    assert recording.wish() is None and time_flies[0] == begun


def test_the_speed_is_kept(store, recording, time_flies):
    store.command(recording.lease.run, "speed", 4)
    moments = []
    for epoch in range(5):
        hear(recording, (epoch, 0))
        assert recording.leash(epoch) == 1
        moments.append(time_flies[0])
        hear(recording, (epoch, 2))  # within an epoch nobody waits
        assert time_flies[0] == moments[-1]
    assert [later - sooner for sooner, later in pairwise(moments)] == pytest.approx([0.25] * 4)


def test_a_change_that_comes_too_late_is_refused_in_words(store, recording, monkeypatch):
    store.command(recording.lease.run, "learning_rate", 1e-3)
    real = store.answer
    monkeypatch.setattr(store, "answer", lambda lease, answers, spec=None: spec is None and real(lease, answers))
    assert hear(recording).changes == ()
    assert store.commands(recording.lease.run)[0].refused.startswith("Others have come to need this run as it is")


def test_a_stale_worker_is_fenced(store, recording):
    lease = recording.lease
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET state = 'queued', worker = NULL")
    assert store.take(lease.run, Owner.me()) is not None
    with pytest.raises(Fenced):
        recording.epochs([row(0)])
    with pytest.raises(Fenced):
        recording.finish(Outcome("finished"))


def test_time_on_hold_is_not_time_that_it_took(store, recording, time_flies, monkeypatch):
    store.command(recording.lease.run, "pause")
    monkeypatch.setenv("TLCORE_PARK", "50")
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET begun = {time_flies[0]}")
    hear(recording)
    time_flies[0] += 2
    recording.finish(Outcome("parked"))
    assert store.run(recording.lease.run).seconds == pytest.approx(2, abs=0.1)


def test_what_is_only_repeated_is_not_slowed_down(store, recording, time_flies):
    """A fork whose nearest state is older, or a run that goes on after a break."""
    recording._known = 3
    store.command(recording.lease.run, "speed", 1)
    begun = time_flies[0]
    for epoch in range(3):
        hear(recording, (epoch, 0))
    assert time_flies[0] == begun and recording.leash(1) > 1
    hear(recording, (3, 0))
    hear(recording, (4, 0))
    assert time_flies[0] - begun == pytest.approx(1, abs=0.1) and recording.leash(3) == 1
