"""The dispatcher and its workers, for real: processes, signals and one store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.engine.rig import born, long, quick
from tlcore import clock, datasets, folder, jobs
from tlcore.engine import local, previews
from tlcore.engine.dispatcher import Dispatcher
from tlcore.engine.pool import Pool, Worker
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import Held, Owner, Store, StoreBusy, owners
from tlcore.studies import Study

TINY = {"scripts": ("hebrew",), "per_class": 12}


def test_a_run_goes_from_the_queue_to_its_result(engine):
    run = engine.ended(engine.store.submit(quick()).id)
    assert (run.state, run.attempt, run.epoch) == ("finished", 1, 3)
    assert [row["epoch"] for row in engine.store.epochs(run.id)] == [0, 1, 2, 3]
    assert 0 <= run.accuracy <= 1 and run.result["seal"]
    artifacts = engine.store.artifacts(run.id)
    assert {"weights.npz", "arrays.npz"} == {name for name in artifacts if not name.startswith("checkpoint-")}
    assert all(folder.sha256(path) == digest for path, digest, _ in artifacts.values())
    assert "attempt 1" in engine.store.log(run.id)


def test_a_source_is_trained_before_what_comes_from_it(engine):
    source = RunSpec.make("pretrain", dataset="digits", epochs=1)
    run = engine.ended(engine.store.submit(quick(source=source, strategy="linear_probe")).id)
    assert run.state == "finished"
    weights = {name: engine.store.load_arrays(each, "weights.npz") for name, each in (("source", run.parent), ("run", run.id))}
    kept = [path for path in weights["run"] if not path.startswith("head/")]
    assert kept and all((weights["run"][path] == weights["source"][path]).all() for path in kept)


def test_a_study_gets_its_answer(engine):
    source = RunSpec.make("pretrain", dataset="digits", epochs=1)
    study = engine.store.submit_study(Study.make("arms", source=source, dataset="digits", labels_per_class=2, epochs=2, seeds=1))
    answered = engine.until(lambda: (found := engine.store.study(study.id)).summary and found, "the study is answered")
    assert answered.state == "finished" and answered.done == 4
    assert "training from scratch" in answered.summary["sentence"]
    assert {arm["arm"] for arm in answered.summary["arms"]} == {"scratch", "linear_probe", "full", "lp_ft"}


def test_a_study_that_loses_its_answer_gets_it_again_without_training(engine):
    source = RunSpec.make("pretrain", dataset="digits", epochs=1)
    study = Study.make("arms", source=source, dataset="digits", labels_per_class=2, epochs=2, seeds=1)
    first = engine.store.submit_study(study)
    engine.until(lambda: engine.store.study(first.id).summary, "the study is answered")
    with engine.store.write() as connection:
        connection.exec_driver_sql(f"UPDATE studies SET summary = NULL WHERE id = '{first.id}'")
    engine.until(lambda: engine.store.study(first.id).summary, "it is answered again")
    assert all(member.run.attempt == 1 for member in engine.store.members(first.id))


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(engine):
    run = engine.ended(engine.store.submit(quick(learning_rate=1e6, epochs=30, normalization="none")).id)
    assert run.state == "failed" and "choose a learning rate below" in run.error
    assert engine.store.epochs(run.id)[0]["epoch"] == 0


def test_a_stop_is_heard(engine):
    run = engine.store.submit(long(seed=1))
    engine.trains(run.id)
    engine.store.stop(run.id)
    ended = engine.ended(run.id)
    assert ended.state == "stopped" and 0 < ended.epoch < 2000


def test_a_stopped_run_goes_on_where_it_was(engine):
    spec = long(seed=2, epochs=150, labels_per_class=20)
    run = engine.store.submit(spec)
    engine.trains(run.id, 5)
    engine.store.stop(run.id)
    stopped = engine.ended(run.id)
    if stopped.state == "finished":
        pytest.skip("the run was faster than the stop")
    engine.store.resume(run.id)
    ended = engine.ended(run.id)
    assert (ended.state, ended.attempt, ended.epoch) == ("finished", 2, 150)
    assert [row["epoch"] for row in engine.store.epochs(run.id)] == list(range(151))


def test_a_killed_worker_is_replaced_once_and_then_asked_for(engine):
    run = engine.store.submit(long(seed=3))
    engine.until(lambda: engine.store.load_checkpoint(run.id), "a checkpoint is kept")
    os.kill(engine.worker(run.id), signal.SIGKILL)
    engine.until(lambda: engine.store.run(run.id).attempt == 2 and engine.store.run(run.id).state == "running", "it goes on")
    assert "after the worker was killed" in engine.store.run(run.id).note
    os.kill(engine.worker(run.id), signal.SIGKILL)
    ended = engine.ended(run.id)
    assert ended.state == "interrupted" and "resume it to go on from epoch" in ended.error


def test_a_crash_stays_in_its_run(engine):
    bad, good = engine.store.submit(long(seed=4)), engine.store.submit(quick(seed=4))
    engine.trains(bad.id)
    for attempt in (1, 2):
        engine.until(lambda attempt=attempt: _at(engine, bad.id, attempt), f"attempt {attempt} trains")
        os.kill(engine.worker(bad.id), signal.SIGSEGV)
    assert engine.ended(bad.id).state == "interrupted"
    assert engine.ended(good.id).state == "finished"


def _at(engine, run_id, attempt):
    run = engine.store.run(run_id)
    return run.state == "running" and run.attempt == attempt


def test_workers_outlive_their_dispatcher_and_the_next_one_finds_them(engine):
    run = engine.store.submit(long(seed=5))
    engine.trains(run.id)
    engine.kill()
    before = engine.store.run(run.id).epoch
    engine.trains(run.id, before + 2)
    waiting = engine.store.submit(quick(seed=5))
    engine.start()
    engine.ready()
    time.sleep(1.0)
    assert engine.store.run(waiting.id).state == "queued", "the one slot is taken by the worker that was left"
    engine.store.stop(run.id)
    assert engine.ended(run.id).attempt == 1
    assert engine.ended(waiting.id).state == "finished"


def test_there_is_one_dispatcher_a_folder(engine):
    second = subprocess.run([sys.executable, "-m", "tlcore", "dispatch"], env=engine.environment(), timeout=60, check=False)
    assert second.returncode == 0
    assert engine.store.engine()["pid"] == engine.process.pid


def test_data_is_prepared_on_demand_and_a_refusal_is_told(engine):
    engine.store.request_data("glyphs", {"scripts": ["hebrew"], "per_class": 10})
    engine.store.request_data("glyphs", {"per_class": -1})
    state = engine.until(lambda: _over(engine, {"scripts": ["hebrew"], "per_class": 10}), "the data is there")
    assert state == ("done", None)
    state, error = engine.until(lambda: _over(engine, {"per_class": -1}), "the refusal is told")
    assert state == "failed" and "choose a whole number from 10 to 400" in error


def test_what_must_be_downloaded_waits_until_somebody_asks(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.delenv("TLCORE_WARM", raising=False)
    store = Store()
    Dispatcher(store)._begin()
    asked = []
    while wanted := store.next_request():
        asked.append(wanted[1])
    assert asked == [each.name for each in datasets.DATASETS if "download" not in each.facts]
    store.close()


def test_a_preview_is_drawn_on_demand_and_a_refusal_is_told(engine):
    spec, bad = (RunSpec.make("pretrain", dataset="digits", objective="rotation", seed=seed) for seed in (0, 1))
    engine.store.request_data(previews.REQUEST, previews.wish(spec))
    engine.store.request_data(previews.REQUEST, {**previews.wish(bad), "batch_size": -1})
    assert engine.until(lambda: _over(engine, previews.wish(spec), previews.REQUEST), "the preview is there") == ("done", None)
    assert previews.find(spec, datasets.load("digits")).shape == (5, 6, 8, 8, 1)
    state, error = engine.until(lambda: _over(engine, {**previews.wish(bad), "batch_size": -1}, previews.REQUEST), "the refusal is told")
    assert state == "failed" and error.startswith("Batch size is -1")


def _over(engine, knobs, name="glyphs"):
    found = engine.store.data_request(name, knobs)
    return found if found[0] in ("done", "failed") else None


def test_whoever_started_the_dispatcher_can_be_killed_and_without_work_it_ends_by_itself(tmp_path):
    engine = born(tmp_path, TLCORE_IDLE="4")
    code = "import time; from tlcore import jobs; jobs.wake(); print('woken', flush=True); time.sleep(600)"
    screen = subprocess.Popen([sys.executable, "-c", code], env=engine.environment(), stdout=subprocess.PIPE, start_new_session=True)
    assert screen.stdout.readline() == b"woken\n"
    pid = engine.until(lambda: engine.store.engine()["pid"], "the dispatcher is there")
    os.killpg(screen.pid, signal.SIGKILL)
    screen.wait()
    time.sleep(0.3)
    assert engine.store.engine()["pid"] == pid
    engine.until(lambda: engine.store.engine()["state"] == "absent", "it ended by itself")


def test_a_setting_that_cannot_be_is_told_to_the_screen(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.setenv("TLCORE_SLOTS", "many")
    monkeypatch.delenv("TLCORE_ENGINE")
    local.start()
    end = time.monotonic() + 60
    while jobs.engine_state()["state"] != "failed" and time.monotonic() < end:
        time.sleep(0.1)
    assert jobs.engine_state() == {
        "state": "failed",
        "message": "The engine cannot start: TLCORE_SLOTS is 'many': set it to a whole number from 1 to 64, or leave it out.",
    }


@pytest.mark.slow
def test_spawned_workers_do_the_same(tmp_path):
    engine = born(tmp_path, TLCORE_START="spawn", TLCORE_IDLE="600")
    engine.start()
    assert engine.ended(engine.store.submit(quick()).id).state == "finished"
    engine.end()


class Quiet(Store):
    """A store in which a worker has not beaten for a while."""

    def held(self):
        return [Held("run", 1, self.who, self.seconds)]


@pytest.fixture
def hung(tmp_path, monkeypatch):
    """A dispatcher that does not run, over a store where a living process counts as a worker."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    sleeper = subprocess.Popen(["sleep", "600"])
    store = Quiet()
    store.who = Owner("worker-1", sleeper.pid, owners.birth(sleeper.pid), clock.boot())
    yield Dispatcher(store), store, sleeper
    sleeper.kill()
    sleeper.wait()


def test_a_hung_worker_is_killed(hung):
    dispatcher, store, sleeper = hung
    store.seconds = 61.0
    dispatcher._look_after(clock.tick())
    assert sleeper.wait(timeout=10) == -signal.SIGKILL


def test_a_worker_that_beats_is_left_alone(hung):
    dispatcher, store, sleeper = hung
    store.seconds = 5.0
    dispatcher._look_after(clock.tick())
    assert sleeper.poll() is None


def test_nobody_counts_as_hung_while_the_store_could_not_be_written(hung, monkeypatch):
    dispatcher, store, sleeper = hung
    store.seconds = 300.0
    monkeypatch.setattr(dispatcher.pool, "tend", lambda: (_ for _ in ()).throw(StoreBusy("The store is busy: try again in a moment.")))
    monkeypatch.setattr("tlcore.engine.dispatcher.time.sleep", lambda seconds: None)
    dispatcher._round()
    dispatcher._look_after(clock.tick())
    assert sleeper.poll() is None


class Dead:
    """A process that has just ended."""

    pid = 1

    def __init__(self, code):
        self.exitcode = code

    def is_alive(self):
        return False


@pytest.mark.parametrize(
    ("code", "cause"), [(-9, "the worker was killed"), (-11, "the worker crashed (SIGSEGV)"), (0, "the worker ended too early")]
)
def test_the_cause_of_death_is_told(code, cause):
    pool = Pool(1)
    ours, _ = pool._context.Pipe()
    each = Worker(Dead(code), ours, "", ready=True)
    pool._workers.append(each)
    pool._forget(each)
    assert pool.cause(Owner("worker-1", 1, None, "")) == cause


def test_workers_that_break_one_after_the_other_end_the_dispatcher():
    pool = Pool(1)
    broken = [Worker(Dead(1), pool._context.Pipe()[0], "") for _ in range(3)]
    pool._workers += broken
    for each in broken[:2]:
        pool._forget(each)
    with pytest.raises(InputError, match="breaks"):
        pool._forget(broken[2])


def test_a_knob_set_can_be_asked_from_the_command_line(engine):
    command = [sys.executable, "-m", "tlcore", "data", "fetch", "glyphs", "--knobs", json.dumps(TINY)]
    done = subprocess.run(command, env=engine.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "images of" in done.stdout
