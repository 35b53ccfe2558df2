"""What is asked of a run while it goes, what its worker answers, holding, parking, and forks."""

from __future__ import annotations

import itertools
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.store import recipes
from tlcore.registry import InputError
from tlcore.spec import Place, RunSpec, course
from tlcore.store import Command, Fenced, Lease, Owner
from tlcore.studies import first

MOMENTS = ("pause", "play", "step")


def tuned(**given):
    return RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=5, **{"epochs": 10, **given})


@pytest.fixture
def trains(store, worker):
    """A run that has come to epoch 3, and its lease."""
    lease = worker.begin(tuned())
    store.record_epochs(lease, recipes.rows(0, 3))
    return lease


# --- holding --------------------------------------------------------------------------------------------------------


def test_a_pause_is_found_by_the_worker_and_answered_with_its_moment(store, trains):
    asked = store.command(trains.run, "pause", key="a", hand="Ada")
    assert (asked.number, asked.name, asked.hand, asked.epoch) == (1, "pause", "Ada", None)
    orders = store.orders(trains)
    assert orders.goal == 0 and not orders.stop and orders.asked == (asked,)
    assert store.answer(trains, [Command(1, "pause", None, "", asked.created, epoch=3, step=2)])
    assert store.orders(trains).asked == ()
    (kept,) = store.commands(trains.run)
    assert (kept.epoch, kept.step, kept.refused) == (3, 2, None)


def test_the_same_key_is_the_same_command(store, trains):
    for _ in range(3):
        assert store.command(trains.run, "step", key="once").number == 1
    assert store.run(trains.run).goal == 4 and len(store.commands(trains.run)) == 1
    assert store.command(trains.run, "step", key="twice").number == 2
    assert store.run(trains.run).goal == 5


def test_a_step_leads_to_the_next_epoch_and_play_to_the_end(store, trains):
    store.command(trains.run, "pause")
    assert store.run(trains.run).held
    store.command(trains.run, "step")
    run = store.run(trains.run)
    assert run.goal == 4 and not run.held
    store.record_epochs(trains, recipes.rows(4, 4))
    assert store.run(trains.run).held
    store.command(trains.run, "play")
    assert store.run(trains.run).goal is None and not store.run(trains.run).held


def test_the_speed_is_epochs_a_second_and_0_is_full(store, trains):
    store.command(trains.run, "speed", 3)
    assert store.orders(trains).speed == 3.0
    store.command(trains.run, "speed", 0)
    assert store.orders(trains).speed is None
    for bad in (-1, 1e9, "fast", None, True):
        with pytest.raises(InputError, match=r"^The speed is .*: choose up to 1000 epochs a second"):
            store.command(trains.run, "speed", bad)


def test_a_held_run_that_nobody_trains_is_not_handed_out(store, worker):
    run = store.submit(tuned(), hold=True)
    assert run.held and not store.pending() and store.claim(worker.owner) is None and store.queue_place(run.id) is None
    assert store.command(run.id, "play").epoch == 0
    assert store.pending() and store.queue_place(run.id) == 1
    assert store.claim(worker.owner).lease.run == run.id


def test_a_parked_run_waits_and_goes_on_with_the_next_attempt(store, worker, trains):
    store.command(trains.run, "pause")
    store.park(trains)
    run = store.run(trains.run)
    assert run.state == "queued" and run.held and run.seconds >= 0 and not store.pending()
    with pytest.raises(Fenced):
        store.beat(trains)
    assert store.command(trains.run, "step").epoch == 3
    again = worker.hold(trains.run)
    assert again.attempt == 2 and store.orders(again).goal == 4


def test_a_run_that_is_let_go_while_it_is_parked_is_handed_out(store, trains):
    store.command(trains.run, "pause")
    store.command(trains.run, "play")
    store.park(trains)
    assert store.pending() and not store.run(trains.run).held


def test_a_worker_killed_on_hold_leaves_the_run_on_hold(store, worker, trains):
    store.command(trains.run, "pause")
    worker.die(trains)
    run = store.run(trains.run)
    assert run.state == "queued" and run.held and not store.pending()


def test_a_stopped_run_that_is_resumed_is_not_on_hold(store, trains):
    store.command(trains.run, "pause")
    store.stop(trains.run)
    store.finish(trains, "stopped")
    assert store.resume(trains.run).goal is None and store.pending()


def test_a_held_run_stops_at_once_where_nobody_trains_it(store):
    run = store.submit(tuned(), hold=True)
    assert store.stop(run.id).state == "stopped"


def test_asking_again_for_a_known_run_forgets_stops_and_keeps_the_record(store, trains):
    store.command(trains.run, "pause")
    store.stop(trains.run)
    store.submit(tuned())
    assert [each.name for each in store.commands(trains.run)] == ["pause"] and not store.orders(trains).stop


# --- changes --------------------------------------------------------------------------------------------------------


def test_a_change_is_kept_with_the_run_it_makes(store, trains):
    before = store.run(trains.run)
    asked = store.command(trains.run, "learning_rate", 1e-3)
    assert store.run(trains.run).spec == before.spec
    changed = course.changed(before.spec, Place(3, 2), "learning_rate", 1e-3)
    assert store.answer(trains, [Command(asked.number, asked.name, 1e-3, "", asked.created, 3, 2)], changed)
    run = store.run(trains.run)
    assert run.spec == changed and run.key == changed.key != before.key
    assert store.submit(tuned()).id != run.id and store.submit(changed).id == run.id


def test_a_run_that_nobody_trains_is_changed_at_once(store):
    run = store.submit(tuned(), hold=True)
    assert store.command(run.id, "block1", 0.0).epoch == 0
    assert store.run(run.id).spec.changes == (course.Change(0, 0, "block1", 0.0),)
    store.command(run.id, "block1", 0.0)  # is so already
    assert len(store.run(run.id).spec.changes) == 1 and len(store.commands(run.id)) == 2


def test_two_runs_never_answer_one_question(store, worker):
    one, other = store.submit(tuned(), hold=True), store.submit(tuned(seed=1), hold=True)
    changed = course.changed(tuned(), Place(0), "block1", 0.0)
    third = store.submit(changed)
    store.command(one.id, "block1", 0.0)
    assert store.run(one.id).spec == changed and store.run(one.id).key != third.key
    assert store.submit(changed).id == third.id and store.run(other.id).key == tuned(seed=1).key


def test_a_run_of_a_study_stays_as_the_study_needs_it(store, worker):
    record = store.submit_study(first())
    run = next(member.run for member in store.members(record.id))
    with pytest.raises(InputError, match=r"^This run belongs to a study, which needs it as it is: fork it"):
        store.command(run.id, "learning_rate", 1e-3)
    with pytest.raises(InputError, match=r"^Other runs start from this source, and need it as it is: fork it"):
        store.command(store.sources(record.id)[0].id, "learning_rate", 1e-3)
    assert store.command(run.id, "pause").name == "pause"
    assert store.study(record.id).key == first().key


def test_a_change_comes_too_late_for_a_run_that_a_study_has_taken(store, worker):
    spec = next(member.spec for member in first().members if member.arm == "scratch")
    lease = worker.begin(spec)
    asked = store.command(lease.run, "learning_rate", 1e-3)
    store.submit_study(first())
    changed = course.changed(spec, Place(0), "learning_rate", 1e-3)
    assert not store.answer(lease, [Command(asked.number, asked.name, 1e-3, "", asked.created, 0, 0)], changed)
    assert store.run(lease.run).spec == spec and store.orders(lease).asked == (asked,)


@pytest.mark.parametrize("name", [*MOMENTS, "learning_rate", "block1"])
@pytest.mark.parametrize("state", ["finished", "failed", "stopped", "interrupted"])
def test_an_ended_run_obeys_nobody(store, worker, state, name):
    lease = worker.begin(tuned())
    store.finish(lease, state, {"accuracy": 0.5, "loss": 1.0} if state == "finished" else None)
    with pytest.raises(InputError, match=r"^Run 1 (has|was) \w+: .*\.$"):
        store.command(lease.run, name, 0.5)
    assert store.commands(lease.run) == []


@pytest.mark.parametrize("name", ["x" * 32, "0" * 32, "../../etc", "", "' OR 1=1 --"])
def test_a_run_that_is_not_there_obeys_nobody(store, name):
    for ask in (lambda: store.command(name, "pause"), lambda: store.fork(name, 0)):
        with pytest.raises(InputError, match=r"^There is no such run here: it was deleted, or the link is not whole\.$"):
            ask()
    assert store.commands(name) == [] and store.family(name) == [] and store.token(name) is None and not store.holds(name, None)


def test_nonsense_is_refused_and_leaves_nothing(store, trains):
    for name, value in (("epochs", 3), ("learning_rate", "x"), ("learning_rate", None), ("block9", 1), ("block1", 7), ("'; --", 1)):
        with pytest.raises(InputError) as refused:
            store.command(trains.run, name, value)
        assert str(refused.value).endswith(".")
    assert store.commands(trains.run) == []


def test_a_hundred_commands_are_kept_in_their_order(store, trains):
    for place in range(100):
        store.command(trains.run, MOMENTS[place % 3], key=str(place))
    asked = store.orders(trains).asked
    assert [each.number for each in asked] == list(range(1, 101)) and [each.name for each in asked[:3]] == list(MOMENTS)


def test_a_deleted_runs_commands_go_with_it(store):
    run = store.submit(tuned(), hold=True)
    store.command(run.id, "block1", 0.0)
    store.delete(run.id)
    assert store.commands(run.id) == []


# --- forks ----------------------------------------------------------------------------------------------------------


def test_a_fork_stands_where_its_parent_was(store, worker, trains):
    store.save_checkpoint(trains, 1, {"a": np.arange(3)}, budget=1 << 20)
    store.save_checkpoint(trains, 3, {"a": np.arange(4)}, budget=1 << 20)
    fork = store.fork(trains.run, 2, visitor="Ada")
    assert (fork.state, fork.held, fork.epoch, fork.forked, fork.forked_at) == ("queued", True, 2, trains.run, 2)
    assert store.epochs(fork.id) == store.epochs(trains.run)[:3]
    epoch, arrays = store.load_checkpoint(fork.id)
    assert epoch == 1 and arrays["a"].tolist() == [0, 1, 2]
    assert [run.id for run in store.family(fork.id)] == [run.id for run in store.family(trains.run)] == [trains.run, fork.id]


def test_a_fork_outlives_its_parent(store, worker, trains):
    store.save_checkpoint(trains, 1, {"a": np.arange(3)})
    fork = store.fork(trains.run, 1)
    store.finish(trains, "stopped")
    store.delete(trains.run)
    assert store.load_checkpoint(fork.id)[0] == 1 and len(store.epochs(fork.id)) == 2 and store.family(fork.id) == [store.run(fork.id)]


def test_a_fork_without_a_checkpoint_trains_again_from_the_start(store, worker, trains):
    fork = store.fork(trains.run, 3)
    assert store.load_checkpoint(fork.id) is None
    store.command(fork.id, "play")
    lease = worker.hold(fork.id)
    assert store.record_epochs(lease, recipes.rows(0, 3))  # repeated, and the same
    assert not store.record_epochs(lease, [{**recipes.rows(3, 3)[0], "loss": 77.0}])


def test_a_fork_leaves_out_what_was_changed_from_there_on(store):
    run = store.submit(tuned(), hold=True)
    store.command(run.id, "block1", 0.0)
    assert store.fork(run.id, 0).spec.changes == ()


def test_an_untouched_fork_of_the_same_moment_is_opened_again(store, trains):
    one = store.fork(trains.run, 2)
    assert store.fork(trains.run, 2).id == one.id != store.fork(trains.run, 1).id
    store.command(one.id, "learning_rate", 1e-3)
    assert store.fork(trains.run, 2).id != one.id
    assert len(store.family(trains.run)) == 4


def test_a_fork_that_is_changed_alike_is_known_by_itself(store, trains):
    one, other = store.fork(trains.run, 2), store.fork(trains.run, 1)
    store.command(one.id, "learning_rate", 1e-3)
    store.command(other.id, "learning_rate", 1e-3)
    assert store.run(one.id).key != store.run(other.id).key
    changed = course.changed(tuned(), Place(2), "learning_rate", 1e-3)
    assert store.submit(changed).id == one.id


@pytest.mark.parametrize("epoch", [4, -1, 10**12, 2.0, "2", None, True])
def test_a_run_cannot_be_forked_where_it_has_not_been(store, trains, epoch):
    with pytest.raises(InputError, match=r"^Run 1 cannot be forked at epoch .*: choose one from 0 to 3\.$"):
        store.fork(trains.run, epoch)


def test_a_finished_run_can_be_forked_before_its_last_epoch(store, worker):
    lease = worker.begin(tuned(epochs=3))
    store.record_epochs(lease, recipes.rows(0, 3))
    store.finish(lease, "finished", {"accuracy": 0.5, "loss": 1.0})
    assert store.fork(lease.run, 2).epoch == 2
    with pytest.raises(InputError, match="choose one from 0 to 2"):
        store.fork(lease.run, 3)


def test_a_run_of_a_study_can_be_forked_and_the_fork_changed(store, worker):
    record = store.submit_study(first())
    run = next(member.run for member in store.members(record.id))
    fork = store.fork(run.id, 0)
    store.command(fork.id, "learning_rate", 1e-3)
    assert store.run(fork.id).spec.changes and store.study(record.id).key == first().key


# --- what is kept ---------------------------------------------------------------------------------------------------


def kept(store, run_id):
    return [int(name[11:17]) for name in store.artifacts(run_id) if name.startswith("checkpoint-")]


def test_checkpoints_are_kept_up_to_a_budget_and_then_every_second_one_goes(store, trains):
    one = {"a": np.zeros(1000)}
    size = 0
    for epoch in range(1, 20):
        store.save_checkpoint(trains, epoch, one, budget=6 * 9000)
        size = max(size, sum(bytes for _, _, bytes in store.artifacts(trains.run).values()))
    assert kept(store, trains.run)[-2:] == [18, 19] and 4 <= len(kept(store, trains.run)) <= 6 and size <= 6 * 9000
    store.save_checkpoint(trains, 20, one)
    assert kept(store, trains.run) == [19, 20]


def test_the_newest_whole_checkpoint_that_is_not_too_new(store, trains):
    for epoch in (1, 4, 7):
        store.save_checkpoint(trains, epoch, {"a": np.full(2, epoch)}, budget=1 << 20)
    assert [store.load_checkpoint(trains.run, until)[0] for until in (1, 5, 7, None)] == [1, 4, 7, 7]
    assert store.load_checkpoint(trains.run, 0) is None


def test_checkpoints_of_the_oldest_finished_runs_go_first(store, worker):
    leases = [worker.begin(tuned(seed=seed)) for seed in range(3)]
    for lease in leases:
        store.save_checkpoint(lease, 1, {"a": np.zeros(1000)})
    for lease in leases[:2]:
        store.finish(lease, "finished", {"accuracy": 0.5, "loss": 1.0})
    assert store.thin_checkpoints(1 << 20) == 0
    assert store.thin_checkpoints(9000) == 1
    assert [kept(store, lease.run) for lease in leases] == [[], [1], [1]]
    store.thin_checkpoints(0)
    assert [kept(store, lease.run) for lease in leases] == [[], [], [1]]  # the last one still trains


def test_what_was_taken_for_what_is_kept_with_each_epoch(store, worker):
    lease = worker.begin(tuned())
    rows = [{**row, "confusion": [[row["epoch"], 1], [0, 2]]} for row in recipes.rows(0, 1)]
    store.record_epochs(lease, [*rows, *recipes.rows(2, 2)])
    assert store.confusion(lease.run, 1) == [[1, 1], [0, 2]]
    assert store.confusion(lease.run, 2) is None and store.confusion(lease.run, 9) is None and store.confusion("x", 0) is None


def test_every_run_has_a_token_of_its_own(store):
    one, other = store.submit(tuned()), store.submit(tuned(seed=1))
    assert store.holds(one.id, store.token(one.id)) and not store.holds(other.id, store.token(one.id))
    assert not store.holds(one.id, None) and not store.holds(one.id, "")


# --- any sequence ---------------------------------------------------------------------------------------------------

SEEDS = itertools.count(100)
ASKED = {"pause": None, "play": None, "step": None, "speed": 2, "learning_rate": 1e-3, "block1": 0.0, "batch_size": 4}
ACCIDENTS = ("answer", "epoch", "park", "die", "fork", "stop")


class Life:
    """One run, and what happens to it; at any time at most one worker trains it."""

    def __init__(self, store, worker):
        self.store, self.worker = store, worker
        self.lease = worker.begin(tuned(seed=next(SEEDS), epochs=6))
        self.id = self.lease.run
        store.record_epochs(self.lease, recipes.rows(0, 0))

    @property
    def run(self):
        return self.store.run(self.id)

    def suffer(self, act):
        if act in ASKED:
            with nullcontext() if self.run.live else pytest.raises(InputError):
                self.store.command(self.id, act, ASKED[act])
        elif act in ("fork", "stop") or self.run.state == "running":
            getattr(self, act)()
        if self.run.state == "queued" and not self.run.held:
            self.lease = self.worker.hold(self.id)

    def answer(self):
        run = self.run
        spec, answers = run.spec, []
        for each in self.store.orders(self.lease).asked:
            spec = spec if each.value is None or each.name == "speed" else course.changed(spec, Place(run.epoch), each.name, each.value)
            answers.append(Command(each.number, each.name, each.value, each.hand, each.created, run.epoch, 0))
        assert self.store.answer(self.lease, answers, None if spec is run.spec else spec)

    def epoch(self):
        if self.run.epoch < self.run.epochs - 1:
            self.store.record_epochs(self.lease, recipes.rows(self.run.epoch + 1, self.run.epoch + 1))

    def park(self):
        self.store.park(self.lease)

    def die(self):
        self.worker.die(self.lease)

    def fork(self):
        assert self.store.fork(self.id, 0).held

    def stop(self):
        training = self.run.state == "running"
        self.store.stop(self.id)
        if training:
            self.store.finish(self.lease, "stopped")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(some.lists(some.sampled_from([*ASKED, *ACCIDENTS]), max_size=14))
def test_any_sequence_of_commands_and_accidents_ends_in_a_legal_state(file_store, file_worker, acts):
    """Gap-free epochs, changes in order, every command kept, and a run that is ended or can go on."""
    life = Life(file_store, file_worker)
    for act in acts:
        life.suffer(act)
    run, rows = life.run, [row["epoch"] for row in file_store.epochs(life.id)]
    assert rows == list(range(len(rows))) and run.epoch == rows[-1]
    assert course.checked(run.spec) is run.spec and run.state in ("queued", "running", "stopped", "interrupted")
    assert [each.number for each in file_store.commands(life.id)] == list(range(1, len(file_store.commands(life.id)) + 1))
    if run.held and run.state == "queued":
        file_store.command(life.id, "play")
        assert file_worker.hold(life.id).attempt == run.attempt + 1
    if life.run.state == "running":
        life.lease = Lease(life.id, life.run.attempt, life.run.worker)
        life.stop()


def test_a_lease_of_somebody_else_answers_nothing(store, trains):
    asked = store.command(trains.run, "pause")
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET state = 'queued', worker = NULL, goal = NULL")
    assert store.take(trains.run, Owner.me()) is not None
    for act in (lambda: store.orders(trains), lambda: store.answer(trains, [asked]), lambda: store.park(trains)):
        with pytest.raises(Fenced):
            act()
