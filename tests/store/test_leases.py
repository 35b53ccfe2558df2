"""Claims, their order, the fence around them, and what a worker writes."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.store import recipes
from tlcore.store import Fenced, Lease, Owner


def drain(store):
    """Let workers do everything that waits, a process a job; returns the runs of each job in the order of their beginning."""
    jobs = []
    while job := store.claim(owner := Owner.me()):
        jobs.append([])
        while job is not None:
            jobs[-1].append(store.run(job.lease.run))
            store.finish(job.lease, "finished", {"accuracy": 0.5})
            job = store.follow(job, owner)
    return jobs


def flat(jobs):
    """All runs, job after job."""
    return [run for job in jobs for run in job]


# --- who is next ----------------------------------------------------------------------------------------------------


def test_nothing_waits_in_an_empty_store(store):
    assert not store.pending()
    assert store.claim(Owner.me()) is None


def test_runs_begin_in_the_order_of_asking(store):
    asked = [store.submit(recipes.scratch(seed)).id for seed in (5, 3, 4)]
    assert store.pending()
    assert [run.id for run in flat(drain(store))] == asked
    assert not store.pending()


def test_a_run_waits_for_its_source(store, worker):
    run = store.submit(recipes.target())
    assert store.take(run.id, worker.owner) is None
    lease = worker.begin(recipes.source())
    assert not store.pending() and store.claim(worker.owner) is None
    store.finish(lease, "finished")
    assert store.pending()
    assert store.claim(worker.owner).lease.run == run.id


@pytest.mark.parametrize("state", ["failed", "stopped", "interrupted"])
def test_what_waits_for_a_source_ends_with_it(store, worker, state):
    run = store.submit(recipes.target())
    store.finish(worker.begin(recipes.source()), state)
    ended = store.run(run.id)
    assert ended.state == state and ended.finished is not None
    assert ended.error.startswith(f"Its source, run 1, {'failed' if state == 'failed' else f'was {state}'}: ")


def test_a_run_is_claimed_once(store):
    """Eight workers at once, five runs."""
    asked = {store.submit(recipes.scratch(seed)).id for seed in range(5)}
    gate, found = threading.Barrier(8), []

    def ask():
        owner = Owner.me()
        gate.wait()
        found.append(store.claim(owner))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = [job.lease.run for job in found if job]
    assert len(found) == 8 and sorted(claimed) == sorted(asked)


def test_a_study_is_one_job_seed_by_seed_each_source_first(store):
    store.submit_study(recipes.study())
    (job,) = drain(store)
    assert [(run.kind, run.spec.seed) for run in job] == [(kind, seed) for seed in (0, 1) for kind in ["pretrain", *["finetune"] * 4]]


def test_a_job_says_what_belongs_to_it(store):
    record = store.submit_study(recipes.study(seeds=1))
    job = store.claim(Owner.me())
    assert (job.study, job.shard, job.visitor) == (record.id, 0, "")
    assert job.runs[0] == job.lease.run
    assert set(job.runs) == {member.run.id for member in store.members(record.id)} | {run.id for run in store.sources(record.id)}


def test_each_worker_at_a_study_has_a_seed_of_its_own_and_then_shares_the_last(store):
    record = store.submit_study(recipes.study())
    first, second = store.claim(Owner.me()), store.claim(Owner.me())
    assert {first.shard, second.shard} == {0, 1}
    for _ in range(4):
        store.finish(first.lease, "finished")
        last, first = first, store.follow(first, Owner.me())
        assert (first.id, first.shard) == (last.id, 0)
    store.finish(first.lease, "finished")
    helping = store.follow(first, Owner.me())  # what can start while the other seed's source is being trained
    assert (helping.id, helping.study, helping.shard) == (first.id, record.id, 1)
    assert store.follow(helping, Owner.me()) is None
    store.finish(second.lease, "finished")
    assert store.follow(helping, Owner.me()).shard == store.follow(second, Owner.me()).shard == store.claim(Owner.me()).shard == 1


def test_a_single_run_is_a_job_of_its_own(store):
    store.submit(recipes.scratch())
    store.submit(recipes.scratch(1))
    job = store.claim(Owner.me())
    store.finish(job.lease, "finished")
    assert (job.study, job.runs) == (None, (job.lease.run,))
    assert store.follow(job, Owner.me()) is None


def test_a_resumed_run_comes_before_later_ones(store):
    first, second = (store.submit(recipes.scratch(seed)).id for seed in range(2))
    store.stop(first)
    store.resume(first)
    assert [run.id for run in flat(drain(store))] == [first, second]


# --- fair among visitors --------------------------------------------------------------------------------------------


def test_the_visitor_with_fewer_runs_at_work_comes_first(store):
    for seed in range(3):
        store.submit(recipes.scratch(seed), visitor="ada")
    late = store.submit(recipes.scratch(9), visitor="bob")
    assert store.claim(Owner.me()).visitor == "ada"
    assert store.claim(Owner.me()).lease.run == late.id


def test_one_slot_goes_round_among_the_visitors(store):
    for visitor, seeds in {"ada": range(3), "bob": range(3, 5), "cy": range(5, 6)}.items():
        for seed in seeds:
            store.submit(recipes.scratch(seed), visitor=visitor)
    order = []
    while job := store.claim(Owner.me()):
        order.append(job.visitor)
        store.finish(job.lease, "finished")
    assert order == ["ada", "bob", "cy", "ada", "bob", "ada"]


def test_a_long_study_makes_room_for_another_visitor(store):
    store.submit_study(recipes.study(), visitor="ada")
    single = store.submit(recipes.scratch(9), visitor="bob")
    jobs = drain(store)
    assert [len(job) for job in jobs] == [1, 1, 9]
    assert jobs[1][0].id == single.id


# --- the fence ------------------------------------------------------------------------------------------------------

WRITES = {
    "beat": lambda store, lease: store.beat(lease),
    "wish": lambda store, lease: store.wish(lease),
    "record": lambda store, lease: store.record_epochs(lease, recipes.rows(0, 1)),
    "annotate": lambda store, lease: store.annotate(lease, "I was here."),
    "save": lambda store, lease: store.save_arrays(lease, "weights.npz", {"w": np.ones(3)}),
    "checkpoint": lambda store, lease: store.save_checkpoint(lease, 1, {"w": np.ones(3)}),
    "finish": lambda store, lease: store.finish(lease, "finished", {"accuracy": 1.0}),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_stale_worker_cannot_write(store, worker, write):
    """It was taken for dead, another has the run, and it wakes again."""
    stale = worker.begin(recipes.scratch())
    worker.die(stale)
    fresh = store.take(stale.run, Owner.me())
    assert fresh.attempt == stale.attempt + 1
    before = store.run(stale.run), store.epochs(stale.run), store.artifacts(stale.run)
    with pytest.raises(Fenced, match="Another worker has this run now"):
        WRITES[write](store, stale)
    assert (store.run(stale.run), store.epochs(stale.run), store.artifacts(stale.run)) == before
    store.record_epochs(fresh, recipes.rows(0, 2))
    assert store.run(fresh.run).epoch == 2


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_after_the_end(store, worker, write):
    lease = worker.begin(recipes.scratch())
    store.finish(lease, "stopped")
    with pytest.raises(Fenced):
        WRITES[write](store, lease)
    assert store.run(lease.run).state == "stopped"


def test_another_process_cannot_use_the_same_attempt(store, worker):
    lease = worker.begin(recipes.scratch())
    with pytest.raises(Fenced):
        store.beat(replace(lease, worker="worker-of-somebody"))


def test_an_earlier_attempt_of_the_same_process_cannot_write(store, worker):
    earlier = worker.begin(recipes.scratch())
    worker.die(earlier)
    later = worker.hold(earlier.run)
    assert later.worker == earlier.worker
    with pytest.raises(Fenced):
        store.record_epochs(earlier, recipes.rows(0, 1))
    assert store.epochs(later.run) == []


def test_a_lease_on_a_run_that_is_not_there_is_refused(store):
    with pytest.raises(Fenced):
        store.beat(Lease("0" * 32, 1, "worker"))


def test_a_stop_is_meant_for_one_attempt(store, worker):
    """The wish to stop ends a dead worker's run; a later attempt is not stopped by it."""
    lease = worker.begin(recipes.scratch())
    store.stop(lease.run)
    worker.die(lease)
    assert store.run(lease.run).state == "stopped"
    store.resume(lease.run)
    assert store.wish(store.take(lease.run, worker.owner)) is None


# --- epochs ---------------------------------------------------------------------------------------------------------


def test_epochs_are_kept_as_they_were_measured(store, worker):
    lease = worker.begin(recipes.scratch())
    assert store.record_epochs(lease, [{"epoch": 0, "val_loss": 2.3, "val_accuracy": 0.1}])
    assert store.record_epochs(lease, recipes.rows(1, 3))
    first, *others = store.epochs(lease.run)
    assert first == {
        "epoch": 0,
        "loss": None,
        "accuracy": None,
        "val_loss": 2.3,
        "val_accuracy": 0.1,
        **dict.fromkeys(("seconds", "rate", "source_accuracy")),
    }
    assert others == recipes.rows(1, 3)
    assert store.epochs(lease.run, after=2) == recipes.rows(3, 3)
    assert store.run(lease.run).epoch == 3


def test_gradients_are_read_apart(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, [{**row, "gradients": [0.0, float(row["epoch"]), np.nan]} for row in recipes.rows(0, 2)])
    assert store.gradients(lease.run) == [[0.0, 0.0, None], [0.0, 1.0, None], [0.0, 2.0, None]]
    assert store.gradients("nonsense") == [] and "gradients" not in store.epochs(lease.run)[0]


def test_epochs_of_several_runs_in_one_question(store, worker):
    first, second = worker.begin(recipes.scratch(0)), worker.begin(recipes.scratch(1))
    store.record_epochs(first, recipes.rows(0, 2))
    assert store.epochs_of([second.run, first.run]) == {second.run: [], first.run: recipes.rows(0, 2)}


def test_a_repeated_epoch_stays_as_it_was(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, recipes.rows(0, 3))
    slower = [{**row, "seconds": 9.0} for row in recipes.rows(2, 4)]
    assert store.record_epochs(lease, slower) is True
    assert store.record_epochs(lease, [{**recipes.rows(3, 3)[0], "loss": 0.1234}]) is False
    assert store.epochs(lease.run) == recipes.rows(0, 3) + slower[-1:]


@pytest.mark.parametrize("epochs", [[1], [0, 2], [1, 0], [0, 0], [0, 1, 3]])
def test_epochs_leave_no_gap(store, worker, epochs):
    lease = worker.begin(recipes.scratch())
    with pytest.raises(ValueError, match="Epochs follow each other from 0 on"):
        store.record_epochs(lease, [{"epoch": epoch} for epoch in epochs])
    assert store.epochs(lease.run) == [] and store.run(lease.run).epoch == 0


def test_a_gap_after_kept_epochs_is_refused_whole(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, recipes.rows(0, 2))
    with pytest.raises(ValueError, match="after 3 of them came"):
        store.record_epochs(lease, recipes.rows(2, 2) + recipes.rows(4, 5))
    assert store.epochs(lease.run) == recipes.rows(0, 2)


def test_a_number_that_is_none_becomes_nothing(store, worker):
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, [{"epoch": 0, "loss": math.nan, "val_loss": math.inf, "accuracy": np.float32(0.5)}])
    (row,) = store.epochs(lease.run)
    assert (row["loss"], row["val_loss"], row["accuracy"]) == (None, None, 0.5)


# --- the end --------------------------------------------------------------------------------------------------------


def test_a_result_is_kept_as_plain_values(store, worker):
    lease = worker.begin(recipes.scratch())
    measured = {
        "accuracy": np.float64(0.75), "loss": math.nan, "confusion": np.eye(2, dtype=int), "moved": {"head/kernel": np.True_},
        "classes": ("a", "b"), "seal": True, "none": None, "low": [np.float32(math.inf), 1],
    }  # fmt: skip
    store.finish(lease, "finished", measured)
    run = store.run(lease.run)
    assert (run.state, run.accuracy, run.loss, run.live) == ("finished", 0.75, None, False)
    assert run.result == {
        "accuracy": 0.75, "loss": None, "confusion": [[1, 0], [0, 1]], "moved": {"head/kernel": True},
        "classes": ["a", "b"], "seal": True, "none": None, "low": [None, 1],
    }  # fmt: skip


def test_a_run_cannot_end_as_something_else(store, worker):
    lease = worker.begin(recipes.scratch())
    with pytest.raises(ValueError, match="cannot end as 'running'"):
        store.finish(lease, "running")


def test_seconds_of_all_attempts_add_up(store, worker, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("tlcore.clock.tick", lambda: now[0])
    lease = worker.begin(recipes.scratch())
    now[0] += 20.0
    store.beat(lease)
    now[0] += 500.0  # nobody knows how long it still worked after its last beat
    worker.die(lease)
    lease = worker.hold(lease.run)
    now[0] += 3.0
    store.finish(lease, "finished")
    assert store.run(lease.run).seconds == pytest.approx(23.0)


def test_notes_add_up_and_are_said_once(store, worker):
    lease = worker.begin(recipes.scratch())
    for note in ("the disk was full", "not bit-identical", "the disk was full"):
        store.annotate(lease, note)
    assert store.run(lease.run).note == "the disk was full; not bit-identical"


def test_the_answer_of_a_study_is_kept(store):
    record = store.submit_study(recipes.study())
    assert record.summary is None
    store.summarize(record.id, {"sentence": "It helped.", "mean": np.float32(0.5), "low": math.nan})
    assert store.study(record.id).summary == {"sentence": "It helped.", "mean": 0.5, "low": None}
