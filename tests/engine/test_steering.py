"""Steering a run that trains in another process: it obeys within a second, and nothing that anybody does breaks its record."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import psutil
import pytest

from tests.engine.rig import quick
from tlcore.engine.replay import repeat
from tlcore.registry import InputError

LONG = 80  # epochs, of some milliseconds each
WATCHED = 25  # epochs a second, at which a run is met before its end


def steady(**given):
    """A run of some seconds."""
    return quick(**{"epochs": LONG, "labels_per_class": 5, "batch_size": 8, **given})


def watched(engine, epoch=3, **given):
    """A run that goes slowly enough to be steered, and has come to an epoch."""
    run = engine.store.submit(steady(**given), hold=True)
    engine.store.command(run.id, "speed", WATCHED)
    engine.store.command(run.id, "play")
    engine.trains(run.id, epoch)
    return run


def ended(engine, run_id):
    """The run when it has finished, at full speed from now on."""
    if engine.store.run(run_id).live:
        engine.store.command(run_id, "speed", 0)
    run = engine.ended(run_id)
    assert run.state == "finished", run.error
    return run


def answered(engine, run_id, count):
    """Wait until so many commands are answered; they are returned."""

    def all_of_them():
        asked = engine.store.commands(run_id)
        return len(asked) >= count and all(each.epoch is not None or each.refused for each in asked) and asked

    return engine.until(all_of_them, "the commands are answered")


def same(engine, run):
    """Whether a run is repeated by its record, to the last bit."""
    found = repeat(engine.store, run)
    return found.same or (found.differ, found.apart, found.unlike)


@pytest.fixture(scope="module")
def untouched(warm):
    """The same run, steered by nobody: its weights and its curves."""
    run = warm.ended(warm.store.submit(steady()).id)
    assert run.state == "finished", run.error
    kept = warm.store.load_arrays(run.id, "weights.npz"), curve(warm.store, run.id)
    warm.store.delete(run.id)
    return kept


def curve(store, run_id):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in store.epochs(run_id)]


def equal(one, other):
    return all(one[path].tobytes() == other[path].tobytes() for path in other)


def test_a_run_pauses_steps_and_goes_on_as_if_nothing_had_been(engine, untouched):
    store, run = engine.store, watched(engine)
    begun = time.monotonic()
    store.command(run.id, "pause")
    pause = answered(engine, run.id, 3)[-1]
    assert time.monotonic() - begun < 5  # the benchmark measures it; this only finds a worker that does not listen
    held = store.run(run.id)
    assert held.held and held.state == "running" and held.epoch <= pause.epoch + 1
    process = psutil.Process(engine.worker(run.id))
    used = process.cpu_times()
    time.sleep(1.0)
    assert sum(process.cpu_times()[:2]) - sum(used[:2]) < 0.1 and store.run(run.id).epoch == held.epoch
    for step in range(1, 3):
        store.command(run.id, "step")
        engine.trains(run.id, held.epoch + step)
        time.sleep(0.2)
        assert store.run(run.id).epoch == held.epoch + step
    store.command(run.id, "play")
    after = ended(engine, run.id)
    assert after.attempt == 1 and after.key == steady().key
    assert equal(store.load_arrays(run.id, "weights.npz"), untouched[0]) and curve(store, run.id) == untouched[1]
    store.delete(run.id)


def test_a_held_run_makes_room_for_another_and_goes_on_where_it_was(engine, untouched):
    store, run = engine.store, watched(engine)
    store.command(run.id, "pause")
    answered(engine, run.id, 3)
    place = store.run(run.id).epoch
    other = engine.ended(store.submit(quick(seed=77)).id)
    assert other.state == "finished"
    held = store.run(run.id)
    assert held.state == "queued" and held.held and held.epoch == place
    store.command(run.id, "play")
    assert ended(engine, run.id).attempt == 2
    assert equal(store.load_arrays(run.id, "weights.npz"), untouched[0]) and curve(store, run.id) == untouched[1]
    store.delete(run.id)


def test_a_run_that_is_changed_while_it_goes_is_its_own_and_is_repeated_by_its_record(engine):
    store, run = engine.store, watched(engine, seed=1)
    for place, (name, value) in enumerate((("block1", 0.0), ("learning_rate", 1e-3), ("batch_size", 16), ("block1", 0.1)), start=3):
        store.command(run.id, name, value, hand="Ada")
        answered(engine, run.id, place)
    after = ended(engine, run.id)
    assert after.result["seal"] and after.key == after.spec.key != steady(seed=1).key
    assert [each.name for each in after.spec.changes] == ["block1", "learning_rate", "batch_size", "block1"]
    assert all(sooner.place <= later.place for sooner, later in pairwise(after.spec.changes))
    assert same(engine, after) is True


@pytest.mark.parametrize("seed", range(2))
def test_killed_while_it_is_steered_nothing_is_lost(engine, seed):
    """At a random moment after a command: what was answered counts, what was not is done by the next attempt."""
    store, rng = engine.store, random.Random(seed)
    run = watched(engine, seed=10 + seed)
    worker = engine.worker(run.id)
    store.command(run.id, "learning_rate", 1e-3)
    if seed == 1:
        store.command(run.id, "pause")
    time.sleep(rng.uniform(0, 0.4))
    psutil.Process(worker).kill()
    engine.until(lambda: not any(held.owner.pid == worker for held in store.held()), "the dead worker is buried")
    store.command(run.id, "play")
    after = ended(engine, run.id)
    assert [each.name for each in after.spec.changes] == ["learning_rate"] and all(
        each.epoch is not None for each in store.commands(run.id)
    )
    assert [row["epoch"] for row in store.epochs(run.id)] == list(range(LONG + 1))
    assert same(engine, after) is True


def test_a_fork_of_a_run_that_trains_goes_its_own_way(engine):
    store, run = engine.store, watched(engine, epoch=20, seed=2)
    fork = store.fork(run.id, 11)
    store.command(fork.id, "block1", 0.0)
    store.command(fork.id, "play")
    ended(engine, run.id)
    after = ended(engine, fork.id)
    assert curve(store, run.id)[:12] == curve(store, fork.id)[:12] and curve(store, run.id)[12:] != curve(store, fork.id)[12:]
    assert after.note is None and same(engine, after) is True


def test_killed_while_it_forks_the_fork_begins_again(engine):
    store, run = engine.store, engine.ended(engine.store.submit(steady(seed=3)).id)
    fork = store.fork(run.id, 40)
    store.command(fork.id, "head", 0.1)
    store.command(fork.id, "speed", WATCHED)
    store.command(fork.id, "play")
    psutil.Process(engine.worker(fork.id)).kill()
    after = ended(engine, fork.id)
    assert after.attempt == 2
    assert curve(store, run.id)[:41] == curve(store, fork.id)[:41] and same(engine, after) is True


def test_a_fork_that_nobody_changes_repeats_its_parent(engine):
    store, run = engine.store, engine.ended(engine.store.submit(steady(seed=4)).id)
    fork = store.fork(run.id, 50)
    store.command(fork.id, "play")
    after = ended(engine, fork.id)
    assert equal(store.load_arrays(fork.id, "weights.npz"), store.load_arrays(run.id, "weights.npz")) and after.note is None


def test_a_hundred_commands_in_a_second_are_all_answered(engine):
    store, run = engine.store, watched(engine, seed=5)
    for place in range(50):
        store.command(run.id, ("pause", "play")[place % 2])
        store.command(run.id, "learning_rate", (1e-3, 2e-3)[place % 2])
    assert len(answered(engine, run.id, 102)) == 102
    after = ended(engine, run.id)
    assert after.spec.course[-1].learning_rate == 2e-3 and same(engine, after) is True


def test_a_run_can_be_watched_at_its_own_speed(engine):
    run = watched(engine, seed=6)
    begun, epoch = time.monotonic(), engine.store.run(run.id).epoch
    engine.trains(run.id, epoch + WATCHED)
    assert time.monotonic() - begun > 0.7
    ended(engine, run.id)


def test_what_cannot_be_repeated_is_said_in_a_sentence(engine):
    run = engine.store.submit(quick(seed=8), hold=True)
    with pytest.raises(InputError, match=r"^Run \d+ has no weights to compare with: only a finished run"):
        repeat(engine.store, run)
    engine.store.stop(run.id)
