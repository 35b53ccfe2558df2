"""Asking for runs and studies, stopping them, letting them go on."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import update

from tests.store import recipes
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import tables


def states(store, study_id):
    """State -> number of runs of a study."""
    found = [member.run.state for member in store.members(study_id)]
    return {state: found.count(state) for state in set(found)}


# --- submit ---------------------------------------------------------------------------------------------------------


def test_a_submitted_run_waits_behind_its_source(store):
    run = store.submit(recipes.target(seed=3))
    parent = store.run(run.parent)
    assert (run.state, run.kind, run.epoch, run.epochs, run.accuracy) == ("queued", "finetune", 0, 6, None)
    assert run.spec == recipes.target(seed=3) and run.key == run.spec.key
    assert (parent.state, parent.kind, parent.spec) == ("queued", "pretrain", recipes.source())
    assert parent.number < run.number


def test_asking_twice_opens_the_run_that_is_there(store):
    assert store.submit(recipes.scratch()).id == store.submit(recipes.scratch()).id
    assert len(store.runs()) == 1


def test_another_field_makes_another_run(store):
    first = store.submit(recipes.scratch())
    others = [store.submit(recipes.scratch(**change)) for change in ({"seed": 1}, {"epochs": 7}, {"learning_rate": 0.01})]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_two_runs_from_one_recipe_share_their_source(store):
    assert store.submit(recipes.target(seed=0)).parent == store.submit(recipes.target(seed=1)).parent


def test_a_finished_run_is_the_answer(store, worker):
    run_id = worker.finished(recipes.target())
    again = store.submit(recipes.target())
    assert (again.id, again.state, again.result["accuracy"]) == (run_id, "finished", 0.5)


@pytest.mark.parametrize("state", ["failed", "stopped", "interrupted"])
def test_a_run_that_came_to_nothing_does_not_block_its_key(store, worker, state):
    lease = worker.begin(recipes.scratch())
    store.finish(lease, state, error="It was so.")
    fresh = store.submit(recipes.scratch())
    assert fresh.id != lease.run and fresh.state == "queued"
    assert store.run(lease.run).error == "It was so."


def test_one_intention_from_many_threads_is_one_run(store):
    gate, found, troubles = threading.Barrier(8), [], []

    def ask():
        gate.wait()
        try:
            found.append(store.submit(recipes.target()).id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            troubles.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    assert len(found) == 8 and len(set(found)) == 1
    assert len(store.runs()) == 2  # the run and its source


ASK = """
import sys
from tests.store import recipes
from tlcore.store import Store
store = Store({url!r})
print("ready", flush=True)
sys.stdin.readline()
print(*(store.submit(recipes.target(seed=seed)).id for seed in range(20)))
"""


def test_one_intention_from_two_processes_is_one_run(store, url, child):
    """Both ask for the same twenty runs at the same moment."""
    both = [child(ASK.format(url=url)) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    first, second = (process.communicate(timeout=60)[0].split() for process in both)
    assert first == second and len(set(first)) == 20
    assert len(store.runs()) == 21


def test_asking_again_withdraws_a_stop(store, worker):
    lease = worker.begin(recipes.scratch())
    store.stop(lease.run)
    assert store.submit(recipes.scratch()).id == lease.run
    assert store.wish(lease) is None


# --- studies --------------------------------------------------------------------------------------------------------


def test_a_study_queues_all_its_runs_in_its_order(store):
    asked = recipes.study()
    record = store.submit_study(asked)
    members = store.members(record.id)
    assert [(each.arm, each.frozen, each.seed, each.run.spec) for each in members] == [
        (each.arm, each.frozen, each.seed, each.spec) for each in asked.members
    ]
    assert (record.state, record.total, record.done, record.title) == ("queued", 8, 0, asked.title)
    assert record.settings == asked.settings
    assert [run.spec for run in store.sources(record.id)] == [recipes.source(0), recipes.source(1)]


def test_a_study_asked_twice_is_one_study(store):
    assert store.submit_study(recipes.study()).id == store.submit_study(recipes.study()).id
    assert len(store.studies()) == 1


def test_a_study_takes_the_runs_that_are_there(store, worker):
    ready = worker.finished(recipes.scratch())
    record = store.submit_study(recipes.study())
    assert store.members(record.id)[0].run.id == ready
    assert (record.state, record.done) == ("running", 1)


def test_two_studies_share_the_runs_that_both_need(store):
    arms, freezing = store.submit_study(recipes.study()), store.submit_study(recipes.study("freezing"))
    both = [{each.run.id for each in store.members(record.id)} for record in (arms, freezing)]
    assert {store.run(run_id).strategy for run_id in both[0] & both[1]} == {"scratch", "linear_probe", "full"}
    assert {each.id for each in store.studies_of(store.members(arms.id)[0].run.id)} == {arms.id, freezing.id}
    assert [each.id for each in store.studies_of(store.sources(arms.id)[0].id)] == [freezing.id, arms.id]


def test_the_state_of_a_study_follows_its_runs(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    for member in store.members(record.id)[:-1]:
        worker.finished(member.run.spec)
    assert (store.study(record.id).state, store.study(record.id).done) == ("running", 3)
    worker.finished(store.members(record.id)[-1].run.spec)
    assert (store.study(record.id).state, store.study(record.id).live) == ("finished", False)


def test_a_study_with_a_failed_run_is_asked_anew_and_keeps_what_finished(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    members = store.members(record.id)
    worker.finished(members[1].run.spec)
    store.finish(worker.begin(members[0].run.spec), "failed", error="It broke.")
    again = store.submit_study(recipes.study(seeds=1))
    assert again.id != record.id
    fresh = [member.run.id for member in store.members(again.id)]
    assert fresh[0] != members[0].run.id and fresh[1:] == [member.run.id for member in members[1:]]


# --- stop -----------------------------------------------------------------------------------------------------------


def test_a_waiting_run_stops_at_once_and_its_source_with_it(store):
    run = store.submit(recipes.target())
    stopped = store.stop(run.id)
    assert stopped.state == "stopped" and stopped.finished is not None
    assert store.run(run.parent).state == "stopped"


def test_a_source_goes_on_while_somebody_else_waits_for_it(store):
    run, other = store.submit(recipes.target(seed=0)), store.submit(recipes.target(seed=1))
    store.stop(run.id)
    assert store.run(run.parent).state == "queued"
    store.stop(other.id)
    assert store.run(run.parent).state == "stopped"


def test_a_source_that_was_asked_for_by_itself_goes_on(store):
    alone = store.submit(recipes.source())
    store.stop(store.submit(recipes.target()).id)
    assert store.run(alone.id).state == "queued"


def test_a_training_run_is_asked_to_stop_once(store, worker):
    lease = worker.begin(recipes.scratch())
    assert store.wish(lease) is None
    assert store.stop(lease.run).state == "running"
    assert store.stop(lease.run).state == "running"
    assert store.wish(lease) == "stop"
    store.finish(lease, "stopped")
    assert store.stop(lease.run).state == "stopped"


def test_an_ended_run_stays_as_it_is(store, worker):
    run_id = worker.finished(recipes.scratch())
    assert store.stop(run_id).state == "finished"


def test_stopping_a_source_stops_what_waits_for_it_with_a_sentence(store):
    run = store.submit(recipes.target())
    store.stop(run.parent)
    assert store.run(run.id).state == "stopped"
    assert store.run(run.id).error == "Its source, run 1, was stopped: resume this run, and the source goes on too."


def test_a_study_stops_whole(store, worker):
    record = store.submit_study(recipes.study())
    lease = worker.hold(store.members(record.id)[0].run.id)
    assert store.stop_study(record.id).state == "running"
    assert store.wish(lease) == "stop"
    assert states(store, record.id) == {"running": 1, "stopped": 7}
    assert {run.state for run in store.sources(record.id)} == {"stopped"}
    store.finish(lease, "stopped")
    assert store.study(record.id).state == "stopped"


def test_stopping_a_study_leaves_what_others_asked_for(store):
    alone = store.submit(recipes.scratch(seed=1))
    arms, freezing = store.submit_study(recipes.study()), store.submit_study(recipes.study("freezing"))
    store.stop_study(arms.id)
    assert {member.run.state for member in store.members(freezing.id)} == {"queued"}
    assert states(store, arms.id) == {"queued": 6, "stopped": 2}  # all but probe-then-tune are what the other study waits for
    store.stop_study(freezing.id)
    assert store.run(alone.id).state == "queued"
    assert states(store, arms.id) == {"queued": 1, "stopped": 7}


def test_a_run_that_somebody_resumed_is_their_own(store):
    record = store.submit_study(recipes.study())
    store.stop_study(record.id)
    run = store.resume(store.members(record.id)[0].run.id)
    store.stop_study(record.id)
    assert store.run(run.id).state == "queued"


def test_a_study_asked_anew_stops_whole_too(store, worker):
    first = store.submit_study(recipes.study(seeds=1))
    store.finish(worker.begin(store.members(first.id)[0].run.spec), "failed", error="It broke.")
    second = store.submit_study(recipes.study(seeds=1))
    assert store.stop_study(second.id).state == "stopped"


# --- resume ---------------------------------------------------------------------------------------------------------


def test_a_stopped_run_goes_on_with_its_source(store):
    run = store.submit(recipes.target())
    store.stop(run.id)
    again = store.resume(run.id)
    assert (again.id, again.state, again.error, again.finished) == (run.id, "queued", None, None)
    assert store.run(run.parent).state == "queued"


def test_what_waited_for_an_interrupted_source_goes_on_with_it(store, worker):
    run = store.submit(recipes.target())
    store.finish(worker.begin(recipes.source()), "interrupted", error="It was so.")
    assert store.run(run.id).state == "interrupted"
    store.resume(run.parent)
    assert (store.run(run.id).state, store.run(run.id).error) == ("queued", None)


@pytest.mark.parametrize("state", ["finished", "failed"])
def test_only_a_stopped_or_interrupted_run_goes_on(store, worker, state):
    lease = worker.begin(recipes.scratch())
    store.finish(lease, state)
    with pytest.raises(InputError, match=rf"Run 1 is {state}: only a stopped or interrupted run can go on\."):
        store.resume(lease.run)


def test_a_live_run_needs_no_resume(store):
    run = store.submit(recipes.scratch())
    assert store.resume(run.id).state == "queued"


def test_a_run_that_was_started_anew_is_not_resumed_beside_it(store):
    run = store.submit(recipes.scratch())
    store.stop(run.id)
    store.submit(recipes.scratch())
    with pytest.raises(InputError, match=r"The same run was started anew as run 2: open that one\."):
        store.resume(run.id)


def test_a_resumed_run_takes_the_source_that_was_trained_anew(store, worker):
    run = store.submit(recipes.target())
    store.stop(run.id)
    fresh = worker.finished(recipes.source())
    assert store.resume(run.id).parent == fresh != run.parent


@pytest.mark.parametrize(
    ("ending", "sentence"), [("failed", "The source of this run failed"), ("deleted", "The source of this run was deleted")]
)
def test_without_a_source_a_run_is_started_anew(store, worker, ending, sentence):
    run = store.submit(recipes.target())
    lease = worker.begin(recipes.source())
    store.stop(run.id)
    store.finish(lease, "failed")
    if ending == "deleted":
        store.delete(lease.run, force=True)
    with pytest.raises(InputError, match=rf"{sentence}: start this run anew, and the source is trained again\."):
        store.resume(run.id)


def test_a_stopped_study_goes_on(store):
    record = store.submit_study(recipes.study())
    store.stop_study(record.id)
    assert store.resume_study(record.id).state == "queued"
    assert states(store, record.id) == {"queued": 8}
    assert {run.state for run in store.sources(record.id)} == {"queued"}


def test_a_study_that_goes_on_takes_the_runs_that_were_started_anew(store):
    record = store.submit_study(recipes.study())
    store.stop_study(record.id)
    fresh = store.submit(store.members(record.id)[0].run.spec)
    store.resume_study(record.id)
    assert store.members(record.id)[0].run.id == fresh.id
    assert states(store, record.id) == {"queued": 8}


# --- data sets ------------------------------------------------------------------------------------------------------


def test_a_data_set_is_asked_for_once(store):
    knobs = {"scripts": ("greek",), "per_class": 10}
    assert store.data_request("glyphs", knobs) is None
    store.request_data("glyphs", knobs)
    store.request_data("glyphs", dict(reversed(knobs.items())))
    assert store.data_request("glyphs", knobs) == ("queued", None)
    key, name, wanted = store.next_request()
    assert (name, wanted) == ("glyphs", json.loads(json.dumps(knobs)))
    assert store.data_request("glyphs", knobs) == ("running", None)
    assert store.next_request() is None
    store.finish_request(key, "It cannot be.")
    assert store.data_request("glyphs", knobs) == ("failed", "It cannot be.")


def test_a_data_set_that_failed_can_be_asked_for_again(store):
    store.request_data("mnist", {})
    store.finish_request(store.next_request()[0], "No space.")
    store.request_data("mnist", {})
    assert store.data_request("mnist", {}) == ("queued", None)


def test_data_sets_are_prepared_in_the_order_of_asking(store, monkeypatch):
    store.request_data("mnist", {})
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", "-3600")
    store.request_data("digits", {})
    assert store.waiting_requests()
    assert [store.next_request()[1] for _ in range(2)] == ["mnist", "digits"]
    assert not store.waiting_requests()


# --- everything -----------------------------------------------------------------------------------------------------


def test_everything_can_be_forgotten(store, worker, home):
    record = store.submit_study(recipes.study(seeds=1))
    lease = worker.begin(recipes.scratch())
    store.record_epochs(lease, recipes.rows(0, 3))
    store.save_arrays(lease, "weights.npz", {"w": [1.0]})
    store.finish(lease, "finished")
    store.request_data("mnist", {})
    store.backup()
    (home / "datasets").mkdir()
    (home / "downloads").mkdir()
    store.delete_everything()
    assert (store.runs(), store.studies(), store.epochs(lease.run), store.artifacts(lease.run)) == ([], [], [], {})
    assert store.study(record.id) is None and store.data_request("mnist", {}) is None
    assert not [name for name in ("runs", "datasets", "downloads", "backups") if (home / name).exists()]
    assert store.submit(recipes.scratch()).number > 1  # a number is never given twice


def test_nothing_is_forgotten_while_something_trains(store, worker):
    worker.begin(recipes.scratch())
    with pytest.raises(InputError, match=r"1 run is training: stop what runs, then delete everything\."):
        store.delete_everything()
    assert len(store.runs()) == 1


def test_forgetting_gives_the_disk_back(file_store, home):
    with file_store.write() as connection:
        connection.execute(update(tables.meta).where(tables.meta.c.name == "schema").values(value="1" + " " * 4_000_000))
    file_store.remember("schema", 1)
    file_store.delete_everything()
    assert sum(path.stat().st_size for path in home.glob("lab.db*")) < 500_000


# --- hours ----------------------------------------------------------------------------------------------------------


def test_no_run_ends_before_it_began_though_the_clock_is_set_back(store, worker, monkeypatch):
    first, second = worker.begin(recipes.scratch(0)), worker.begin(recipes.scratch(1))
    waiting, resumed = store.submit(recipes.target()), store.submit(recipes.scratch(2))
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", "-7200")
    store.finish(first, "finished")
    worker.die(second)
    store.finish(store.take(second.run, worker.owner), "stopped")
    store.stop(waiting.parent)
    store.finish(store.take(resumed.id, worker.owner), "finished")
    later = store.submit(recipes.scratch(3))
    for run in store.runs():
        assert run.started is None or run.created <= run.started
        assert run.finished is None or run.finished >= (run.started or run.created)
    assert store.runs()[0].id == later.id and later.created < resumed.created  # the order is the order of asking
    assert 0 <= store.run(first.run).seconds < 60


def test_hours_come_back_in_utc(store):
    run = store.submit(recipes.scratch())
    assert run.created.utcoffset().total_seconds() == 0


# --- a study that grows ---------------------------------------------------------------------------------------------


def test_a_study_grows_in_place_and_keeps_what_is_measured(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    before = {member.run.id for member in store.members(record.id)}
    store.summarize(record.id, {"sentence": "So far."})
    grown = store.extend_study(record.id, recipes.study(seeds=3))
    members = store.members(record.id)
    assert (grown.id, grown.total, grown.settings["seeds"], grown.summary) == (record.id, 12, 3, None)
    assert before < {member.run.id for member in members} and [member.seed for member in members] == [0] * 4 + [1] * 4 + [2] * 4
    assert store.submit_study(recipes.study(seeds=3)).id == record.id, "it is known by what it has become"


def test_a_study_grows_while_it_runs(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    job = store.claim(worker.owner)
    store.extend_study(record.id, recipes.study(seeds=2))
    assert store.run(job.lease.run).state == "running"
    store.record_epochs(job.lease, recipes.rows(0, 1))
    assert {run.state for run in [member.run for member in store.members(record.id)]} == {"queued"}
    assert len(store.members(record.id)) == 8


def test_growing_twice_is_growing_once(store):
    record = store.submit_study(recipes.study(seeds=1))
    assert store.extend_study(record.id, recipes.study(seeds=2)).total == store.extend_study(record.id, recipes.study(seeds=2)).total == 8
    assert len(store.studies()) == 1


def test_a_study_does_not_shrink_or_become_another(store):
    record = store.submit_study(recipes.study(seeds=2))
    for other in (recipes.study(seeds=1), recipes.study(seeds=3, epochs=7), recipes.study("freezing", seeds=3)):
        with pytest.raises(InputError, match=r"^A study can only grow: "):
            store.extend_study(record.id, other)
    assert store.study(record.id).total == 8


def test_a_deleted_study_cannot_grow(store):
    record = store.submit_study(recipes.study(seeds=1))
    store.delete_study(record.id)
    for gone in (record.id, "nonsense"):
        with pytest.raises(InputError, match=r"^This study was deleted"):
            store.extend_study(gone, recipes.study(seeds=2))


def test_a_stopped_study_that_grows_trains_the_new_runs(store):
    record = store.submit_study(recipes.study(seeds=1))
    store.stop_study(record.id)
    store.extend_study(record.id, recipes.study(seeds=2))
    states = [member.run.state for member in store.members(record.id)]
    assert states == ["stopped"] * 4 + ["queued"] * 4


def test_what_becomes_of_a_teacher_reaches_the_last_that_waits_for_it(store, worker):
    """Teacher, student and the student's fine-tuning: three that wait for each other end and go on together."""
    teacher = recipes.source(backbone="cnn-medium")
    student = RunSpec.make("pretrain", source=teacher, objective="distillation")
    tuned = store.submit(recipes.target(parent=student))
    taught = store.run(tuned.parent)
    first = store.run(taught.parent)
    assert (taught.spec, first.spec) == (student, teacher)

    def of_all():
        return [store.run(each.id).state for each in (first, taught, tuned)]

    store.stop(first.id)
    assert of_all() == ["stopped"] * 3 and "was stopped" in store.run(tuned.id).error
    store.resume(tuned.id)
    assert of_all() == ["queued"] * 3
    store.stop(tuned.id)
    assert of_all() == ["stopped"] * 3, "nobody else wants them"
    store.resume(tuned.id)
    store.finish(worker.begin(teacher), "failed", error="It broke.")
    assert of_all() == ["failed"] * 3
