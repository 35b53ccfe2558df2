"""What the dispatcher does with leases of the dead, with its own state, and with data sets."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlalchemy import update

from tests.store import recipes
from tlcore.store import Owner, tables


def test_a_living_worker_keeps_its_run(store, worker):
    lease = worker.begin(recipes.scratch())
    assert store.reap() == []
    (held,) = store.held()
    assert (held.run, held.attempt, held.owner) == (lease.run, 1, worker.owner)
    assert 0 <= held.quiet < 60


def test_the_silence_of_a_worker_ends_with_a_beat(store, worker, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("tlcore.clock.tick", lambda: now[0])
    lease = worker.begin(recipes.scratch())
    now[0] += 90.0
    assert store.held()[0].quiet == 90.0
    store.beat(lease)
    assert store.held()[0].quiet == 0.0
    now[0] += 10.0
    store.record_epochs(lease, recipes.rows(0, 0))
    assert store.held()[0].quiet == 0.0


def test_a_killed_run_goes_on_once_by_itself(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, recipes.rows(0, 3))
    store.save_checkpoint(lease, 2, {"w": [1.0]})
    worker.die(lease)
    run = store.run(lease.run)
    assert (run.state, run.worker, run.finished) == ("queued", None, None)
    assert run.note == "went on from epoch 2 after the worker was killed"
    assert store.epochs(lease.run) == recipes.rows(0, 3)
    assert store.claim(worker.owner).lease.attempt == 2


def test_a_run_killed_twice_is_interrupted_with_the_next_step(store, worker):
    lease = worker.begin(recipes.scratch())
    worker.die(lease)
    again = worker.hold(lease.run)
    store.save_checkpoint(again, 4, {"w": [1.0]})
    worker.die(again)
    run = store.run(lease.run)
    assert run.state == "interrupted" and run.finished is not None
    assert run.note == "started over after the worker was killed"
    assert run.error == "Interrupted, for the worker was killed a second time; resume it to go on from epoch 4."
    resumed = store.resume(lease.run)
    assert (resumed.state, resumed.error) == ("queued", None)
    worker.die(worker.hold(lease.run))
    assert store.run(lease.run).state == "interrupted"  # by hand from now on


def test_what_waits_for_an_interrupted_source_is_interrupted_too(store, worker):
    run = store.submit(recipes.target())
    for _ in range(2):
        worker.die(worker.hold(run.parent))
    assert store.run(run.id).state == "interrupted"
    assert store.run(run.id).error == "Its source, run 1, was interrupted: resume this run, and the source goes on too."


def test_the_cause_of_death_is_told(store, worker):
    lease = worker.begin(recipes.scratch())
    with store.write() as connection:
        connection.execute(update(tables.runs).values(birth="0"))
    assert store.reap(lambda owner: f"worker {owner.pid} crashed") == [lease.run]
    assert store.run(lease.run).note == f"started over after worker {os.getpid()} crashed"


@pytest.mark.parametrize("stranger", [{"birth": "1"}, {"boot": "another start of the machine"}, {"pid": 2**22 + 1, "birth": None}])
def test_a_process_that_only_has_the_number_is_not_the_worker(store, worker, stranger):
    """Its number was given to another process, or the machine was started anew."""
    run = store.submit(recipes.scratch())
    assert store.take(run.id, replace(worker.owner, **stranger))
    assert store.reap() == [run.id]
    assert store.run(run.id).state == "queued"


def test_only_one_of_two_reapers_buries(store, worker, url):
    """A second look at the same dead worker, begun before the first had written, changes nothing."""
    lease = worker.begin(recipes.scratch())
    held = store.held()
    worker.die(lease)
    fresh = worker.hold(lease.run)
    store.held = lambda: [each._replace(owner=replace(each.owner, birth="0")) for each in held]
    store.reap()
    del store.held
    assert store.run(lease.run).state == "running"
    store.beat(fresh)


# --- the dispatcher -------------------------------------------------------------------------------------------------


def test_without_a_dispatcher_the_engine_is_absent(store):
    assert store.engine()["state"] == "absent"


def test_the_dispatcher_says_how_it_is(store):
    me = Owner.me("dispatcher")
    store.announce(me, "warming", "Getting ready.", 2)
    engine = store.engine()
    assert {name: engine[name] for name in ("state", "message", "pid", "slots")} == {
        "state": "warming", "message": "Getting ready.", "pid": os.getpid(), "slots": 2,
    }  # fmt: skip
    store.announce(me, "warming", "Still getting ready.", 2)
    assert store.engine()["since"] == engine["since"]
    store.announce(me, "ready", "Ready.", 2)
    assert store.engine()["state"] == "ready"
    store.withdraw(replace(me, birth="0"))
    assert store.engine()["state"] == "ready"
    store.withdraw(me)
    assert store.engine()["state"] == "absent"


def test_a_dead_dispatcher_is_absent(store):
    store.announce(replace(Owner.me(), birth="0"), "ready", "Ready.", 1)
    assert store.engine()["state"] == "absent"


def test_data_sets_that_a_dead_dispatcher_had_begun_are_prepared_again(store):
    store.request_data("mnist", {})
    key, _, _ = store.next_request()
    store.reopen_requests()
    assert store.next_request()[0] == key
    store.finish_request(key)
    store.reopen_requests()
    assert store.data_request("mnist", {}) == ("done", None)
