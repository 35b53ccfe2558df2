"""Steering on a page: every control, in every state, from two tabs, by who may and by who may not."""

from __future__ import annotations

import re

import pytest

from tests.pages.conftest import target
from tlcore import jobs
from tlcore.spec import Place, course
from tlcore.ui import changes, desk, hand

COMMANDS = ("pause", "play", "step", "speed")


def asked(lab, name="running"):
    return [(each.name, each.value) for each in lab.store.commands(lab.runs[name])]


def press(lab, app, key):
    return lab.calm(app.button(key=key).click().run())


def opened(lab, name="running", **params):
    return lab.page("pages/runs.py", run=lab.runs[name], **params)


def answer(lab, name="running", epoch=2, step=0):
    """Do as the worker would: everything that was asked takes effect now."""
    run, lease = lab.run(name), lab.lease(name)
    spec, answers = run.spec, []
    for each in lab.store.orders(lease).asked:
        spec = spec if each.name in COMMANDS else course.changed(spec, Place(epoch, step), each.name, each.value)
        answers.append(type(each)(each.number, each.name, each.value, each.hand, each.created, epoch, step))
    assert lab.store.answer(lease, answers, None if spec is run.spec else spec)


# --- the transport --------------------------------------------------------------------------------------------------


def test_pause_play_and_step(lab):
    app = opened(lab)
    press(lab, app, "run-pause")
    assert lab.run("running").held and "Paused" in lab.said(app) and "On hold after epoch 2 of 6" in lab.said(app)
    press(lab, app, "run-step")
    assert lab.run("running").goal == 3
    press(lab, app, "run-pause")
    press(lab, app, "run-play")
    assert lab.run("running").goal is None and "Training: everything tuned" in lab.said(app)
    assert [name for name, _ in asked(lab)] == ["pause", "step", "pause", "play"]
    assert {each.hand for each in lab.store.commands(lab.runs["running"])} == {hand_of(app)}


def hand_of(app):
    from tlcore.spec import digest

    return f"visitor {digest(app.session_state[hand.VISITOR])[:4]}"


def test_the_keys_stand_on_the_buttons(lab):
    app = opened(lab)
    shortcuts = {each.key: each.proto.shortcut for each in app.main.button if (each.key or "").startswith("run-")}
    assert (shortcuts["run-pause"], shortcuts["run-step"], shortcuts["run-stop"]) == ("space", "right", "escape")


def test_the_speed_of_a_live_run_is_asked_of_its_worker(lab):
    app = opened(lab)
    control = app.main.button_group(key=f"speed-{lab.runs['running']}")
    lab.calm(control.set_value("3").run())
    assert lab.run("running").speed == 3.0 and "3 epochs a second at most" in lab.said(app)
    lab.store.command(lab.runs["running"], "speed", 7)  # by somebody else, and not one of ours
    app = lab.calm(app.run())
    assert app.main.button_group(key=f"speed-{lab.runs['running']}").value == "7"


def test_reset_keeps_what_was_and_starts_anew_on_hold(lab):
    app = opened(lab)
    press(lab, app, "run-reset")
    fresh = lab.store.run(lab.address(app, "run"))
    assert fresh.forked == lab.runs["running"] and fresh.held and fresh.epoch == 0 and fresh.spec == lab.run("running").spec
    assert lab.store.wish(lab.lease("running")) == "stop" and len(lab.store.epochs(lab.runs["running"])) == 3


def test_before_the_start_play_starts_and_step_starts_on_hold(lab):
    app = lab.page("pages/finetune.py", dataset="digits", seed="55")
    assert app.button(key="run-reset").disabled and app.button(key="run-stop").disabled
    press(lab, app, "run-step")
    run = lab.store.run(lab.address(app, "run"))
    assert run.goal == 1 and run.spec.seed == 55
    app = lab.page("pages/finetune.py", dataset="digits", seed="56")
    press(lab, app, "run-play")
    assert lab.store.run(lab.address(app, "run")).goal is None


@pytest.mark.parametrize("name", ["running", "queued", "starting"])
def test_a_click_twice_is_two_steps_and_a_rerun_is_none(lab, name):
    app = opened(lab, name)
    press(lab, app, "run-step")
    lab.calm(app.run())
    assert lab.run(name).goal == lab.run(name).epoch + 1
    press(lab, app, "run-step")
    assert lab.run(name).goal == lab.run(name).epoch + 2


# --- the desk -------------------------------------------------------------------------------------------------------


def test_a_click_leads_a_block_from_frozen_to_slow_to_full_and_back(lab):
    app = opened(lab)  # everything tuned at a tenth
    for value in (1.0, 0.0, 0.1, 1.0):
        press(lab, app, "live-block2")
        assert asked(lab)[-1] == ("block2", value)
    assert "1" not in app.button(key="live-block1").proto.icon and "local_fire_department" in app.button(key="live-block2").proto.icon


def test_what_was_asked_for_is_shown_before_it_is_answered(lab):
    app = opened(lab)
    press(lab, app, "live-block1")
    assert "is full" in app.button(key="live-block1").proto.help and lab.run("running").spec.changes == ()
    answer(lab)
    app = lab.calm(app.run())
    assert lab.run("running").spec.course[-1].phase.factors[0] == 1.0 and "steered 1 time" in lab.said(app)


@pytest.mark.parametrize(("name", "chosen"), [("learning_rate", "0.001"), ("batch_size", "16")])
def test_settings_are_chosen(lab, name, chosen):
    app = opened(lab)
    lab.calm(app.selectbox(key=f"live-{name}-{lab.runs['running']}").set_value(chosen).run())
    assert asked(lab) == [(name, float(chosen))]


@pytest.fixture
def typed(lab, monkeypatch):
    """Type something into a setting of the running run; returns the refusal. (AppTest knows no values beyond the list.)"""

    state = {}

    def enter(name, text):
        key, run_id = f"live-{name}-x", lab.runs["running"]
        state[key] = text
        monkeypatch.setattr("streamlit.session_state", state)
        monkeypatch.setattr("streamlit.query_params", {})
        desk._set(run_id, name, key)
        return state.get(hand.PROBLEM)

    return enter


@pytest.mark.parametrize(
    ("name", "text"), [("learning_rate", "fast"), ("learning_rate", "-1"), ("batch_size", "2.5"), ("batch_size", "nan")]
)
def test_what_cannot_be_is_one_sentence(lab, typed, name, text):
    said = typed(name, text)
    assert "choose a" in said and said.endswith(".") and asked(lab) == []


def test_any_good_value_can_be_typed(lab, typed):
    assert typed("learning_rate", "0.0123") is None and typed("learning_rate", "1e-4") is None
    assert asked(lab) == [("learning_rate", 0.0123), ("learning_rate", 1e-4)]


@pytest.mark.parametrize(("strategy", "name"), [("l2_sp", "strength"), ("l2_sp", "head_strength"), ("distill", "weight")])
def test_the_knobs_of_a_strategy_are_on_its_desk(lab, strategy, name):
    lab.runs["own"] = lab.worker.running(target(strategy, seed=9), epochs=2)
    app = opened(lab, "own")
    lab.calm(app.selectbox(key=f"live-{name}-{lab.runs['own']}").set_value("0.3").run())
    assert asked(lab, "own") == [(name, 0.3)]


def test_a_rate_that_would_end_the_run_is_not_taken_while_it_trains(lab, typed):
    assert typed("learning_rate", "999").startswith("A learning rate of 999 ends what a run has learned") and not asked(lab)
    assert typed("learning_rate", "0.01") is None  # and the refusal is gone


def test_the_value_as_it_is_stands_first_so_that_an_emptied_field_changes_nothing(lab):
    field = opened(lab).selectbox(key=f"live-learning_rate-{lab.runs['running']}")
    assert field.options[0] == field.value and list(map(float, field.options[1:])) == sorted(map(float, field.options[1:]))


def test_the_sentence_says_a_rate_that_was_changed_by_hand(lab):
    lab.store.command(lab.runs["running"], "learning_rate", 0.0042)
    answer(lab)
    assert "at a learning rate of 0.0042" in lab.said(opened(lab))


def test_two_clicks_at_one_moment_are_told_one_by_one(lab):
    app = opened(lab)
    press(lab, app, "live-block4")
    press(lab, app, "live-block4")
    answer(lab)
    spec = lab.run("running").spec
    rows = [
        changes._row(each, True, changes._taken(known, each)) for known in [keyed(spec)] for each in lab.store.commands(lab.runs["running"])
    ]
    assert [row["What"].split(";")[0] for row in rows] == ["block 4 ×0.1 → full", "block 4 full → frozen"]


def keyed(spec):
    found = {}
    for each in changes.made(spec):
        found.setdefault((each.change.epoch, each.change.step, each.change.name), []).append(each)
    return found


def test_a_run_that_waits_says_for_which(lab, monkeypatch):
    monkeypatch.setattr(jobs, "engine_state", lambda: {"state": "ready", "message": "Ready."})
    monkeypatch.setattr(type(lab.store), "queue_place", lambda store, run: 1)
    waits = lab.store.submit(target(seed=77))
    said = lab.said(lab.page("pages/runs.py", run=waits.id))
    assert re.search(r"Next in line: run \d+ is training. When that one is paused or ends, this one begins.", said)


def test_every_control_says_when_it_counts(lab):
    app = opened(lab)
    labels = {each.label for each in app.main.selectbox}
    assert {"Learning rate · now", "Batch size · next epoch"} <= labels
    assert any("It counts now" in each.value for each in app.main.caption) and "new run" in app.button(key="run-fork").label


def test_a_run_of_a_study_is_looked_at_and_forked(lab):
    study = lab.store.study(lab.studies["arms running"])
    run = next(member.run for member in lab.store.members(study.id) if member.run.state == "running")
    app = lab.page("pages/runs.py", run=run.id)
    assert app.button(key="live-block1").disabled
    assert any("belongs to a study, which needs it as it is" in each.value for each in app.main.caption)
    press(lab, app, "run-fork")
    fork = lab.store.run(lab.address(app, "run"))
    assert fork.forked == run.id and fork.held and not app.button(key="live-block1").disabled


def test_a_refusal_of_the_worker_stands_in_the_list(lab):
    app = opened(lab)
    for key in ("live-block1", "live-block1"):
        press(lab, app, key)
    lease = lab.lease("running")
    orders = lab.store.orders(lease).asked
    lab.store.answer(
        lease, [type(each)(each.number, each.name, each.value, each.hand, each.created, None, None, "It cannot be.") for each in orders]
    )
    app = opened(lab)
    app.session_state["run-changes"] = True
    app = lab.calm(app.run())
    assert "It cannot be." in str(app.main.get("arrow_table")[0].value if app.main.get("arrow_table") else app.main.table[0].value)


# --- the playhead, forks and replay ---------------------------------------------------------------------------------


def test_a_run_is_shown_as_of_an_epoch(lab):
    lab.runs["steered"] = steered_and_finished(lab)
    app = opened(lab, "steered")
    assert "is full" in app.button(key="live-block1").proto.help and app.button(key="live-block1").disabled
    lab.calm(app.number_input(key=f"at-{lab.runs['steered']}").set_value(1).run())
    assert "As of epoch 1. Fork it to change something from there on." in [each.value for each in app.main.caption]
    assert "is ×0.1" in app.button(key="live-block1").proto.help
    press(lab, app, "run-stop")
    assert app.number_input(key=f"at-{lab.runs['steered']}").value is None


def steered_and_finished(lab):
    """A finished run whose first block was let go after its second epoch."""
    spec = course.changed(target("full", seed=31), Place(2), "block1", 1.0)
    return lab.worker.finished(spec, 0.8, 2.0)


def test_the_confusion_is_shown_as_of_an_epoch(lab):
    app = opened(lab, "finished", tab="Confusion")
    assert "540" not in lab.said(app) or "validation" not in lab.said(app)
    lab.calm(app.number_input(key=f"at-{lab.runs['finished']}").set_value(2).run())
    assert "As of epoch 2, on 180 validation images." in lab.said(app)


def test_a_fork_opens_on_hold_where_the_playhead_stands(lab):
    app = opened(lab, "finished")
    lab.calm(app.number_input(key=f"at-{lab.runs['finished']}").set_value(4).run())
    press(lab, app, "run-fork")
    fork = lab.store.run(lab.address(app, "run"))
    assert (fork.forked, fork.forked_at, fork.epoch, fork.held) == (lab.runs["finished"], 4, 4, True)
    said = lab.said(app)
    assert "A fork, on hold: it stands where its parent was after epoch 4. Change something, then press Play." in said
    press(lab, app, "live-block1")
    assert lab.store.run(fork.id).spec.changes[0].place == (4, 0)
    press(lab, app, "run-play")
    assert not lab.store.run(fork.id).held


def test_pressing_fork_twice_makes_one_run(lab):
    for _ in range(2):
        press(lab, opened(lab, "finished"), "run-fork")
    assert len(lab.store.family(lab.runs["finished"])) == 2


def test_a_family_is_one_tree_of_curves(lab):
    fork = lab.store.fork(lab.runs["finished"], 2)
    for run_id in (fork.id, lab.runs["finished"]):
        app = lab.page("pages/runs.py", run=run_id)
        assert f"Run {lab.run('finished').number}" in chart(app) and f"Run {fork.number}" in chart(app)


def chart(app):
    """What the live chart is told."""
    return "\n".join(str(each.proto.json or each.proto) for each in app.main.get("bidi_component"))


def test_a_finished_run_is_replayed_without_a_worker(lab):
    app = opened(lab, "finished")
    press(lab, app, "run-reset")
    assert app.number_input(key=f"at-{lab.runs['finished']}").value == 0
    press(lab, app, "run-step")
    assert app.number_input(key=f"at-{lab.runs['finished']}").value == 1
    press(lab, app, "run-play")
    assert '"replay": {"on": true' in chart(app).replace('\\"', '"') and app.button(key="run-pause")
    press(lab, app, "run-pause")
    assert app.button(key="run-play") and asked(lab, "finished") == []
    press(lab, app, "run-stop")
    assert app.number_input(key=f"at-{lab.runs['finished']}").value is None


def test_a_shared_link_begins_with_the_replay_and_an_inner_link_does_not(lab):
    app = opened(lab, "finished")
    assert app.button(key="run-pause")
    app = lab.page("app.py")
    app.switch_page("pages/runs.py")
    app.query_params["run"] = lab.runs["finished"]
    app = lab.calm(app.run())
    assert not [each for each in app.main.button if each.key == "run-pause"]


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED", "on")


def test_hosted_a_stranger_looks_replays_and_forks(lab, hosted):
    app = opened(lab)
    for key in ("run-pause", "run-step", "run-stop", "run-reset", "live-block1", "live-head"):
        assert app.button(key=key).disabled, key
    assert any("Only who holds the private link of this run can steer it" in each.value for each in app.main.caption)
    press(lab, app, "run-fork")
    fork = lab.address(app, "run")
    assert not app.button(key="live-block1").disabled  # what one started is one's own
    press(lab, app, "live-block1")
    assert lab.store.run(fork).spec.changes
    app = opened(lab, "finished")
    assert not app.button(key="run-pause").disabled


def test_hosted_the_private_link_steers(lab, hosted):
    token = lab.store.token(lab.runs["running"])
    app = opened(lab, token=token)
    press(lab, app, "run-pause")
    assert lab.run("running").held and not app.main.error
    app = opened(lab, token="0" * 32)
    assert app.button(key="run-play").disabled


def test_hosted_nothing_is_done_without_a_token(lab, hosted):
    run_id = lab.runs["running"]
    acts = (jobs.stop, jobs.resume, jobs.delete, jobs.reset, lambda each: jobs.command(each, "pause"))
    for act in acts:
        with pytest.raises(Exception, match="Only who holds the private link of this run can steer it"):
            act(run_id)
    study = lab.studies["finished"]
    for act in (jobs.stop_study, jobs.resume_study, jobs.delete_study, jobs.extend_study):
        with pytest.raises(Exception, match="Only who asked for this study can stop, change or delete it"):
            act(study)
    assert not lab.run("running").held and lab.store.wish(lab.lease("running")) is None


def test_two_tabs_see_each_other(lab):
    one, other = opened(lab), opened(lab)
    press(lab, one, "run-pause")
    other = lab.calm(other.run())
    assert other.button(key="run-play") and "On hold" in lab.said(other)
    press(lab, other, "live-block1")
    press(lab, lab.calm(one.run()), "live-block1")
    assert [value for name, value in asked(lab) if name == "block1"] == [1.0, 0.0]


def test_a_command_for_a_run_that_has_ended_meanwhile_is_one_sentence(lab):
    app = opened(lab)
    lab.store.finish(lab.lease("running"), "finished", {"accuracy": 0.5, "loss": 1.0})
    press(lab, app, "run-pause")
    assert re.match(r"Run \d+ has finished: fork it at an epoch to go on otherwise\.", app.main.error[0].value)


def test_a_command_for_a_run_that_was_deleted_meanwhile_is_one_sentence(lab):
    app = opened(lab, "queued")
    lab.store.delete(lab.runs["queued"])
    press(lab, app, "run-pause")
    assert app.main.warning[0].value.startswith("There is no run with this link here")


# --- words ----------------------------------------------------------------------------------------------------------


def test_a_change_is_told_with_what_it_was_and_what_it_means():
    spec = course.changed(target("linear_probe"), Place(1), "block4", 1.0)
    spec = course.changed(spec, Place(2, 1), "learning_rate", 1e-3)
    first, second = changes.made(spec)
    assert first.said == "block 4 frozen → full; its moments start afresh, its rate rises over 10 steps"
    assert second.said == "learning rate 0.005 → 0.001"
    assert [round(each.epoch, 2) for each in changes.flags([first, second], 4)] == [1, 2.25]


def test_what_is_wanted_is_what_was_asked_for_last(lab):
    for value in (1.0, 0.0):
        lab.store.command(lab.runs["running"], "block3", value)
    run = lab.run("running")
    assert desk.wanted(run, lab.store.commands(run.id))["block3"] == 0.0


def test_a_stopped_run_is_shown_as_it_was_left(lab):
    lab.runs["halted"] = lab.worker.ended(target("lp_ft", seed=19, epochs=10), "stopped", epochs=3)
    app = opened(lab, "halted")
    assert "is frozen" in app.button(key="live-block1").proto.help  # only the head had learned by then


def test_a_speed_that_is_chosen_before_the_start_counts_from_the_start(lab):
    app = lab.page("pages/finetune.py", dataset="digits", seed="57")
    lab.calm(app.main.button_group(key="speed-new").set_value("3").run())
    press(lab, app, "run-play")
    run = lab.store.run(lab.address(app, "run"))
    assert run.speed == 3.0 and [each.name for each in lab.store.commands(run.id)] == ["speed", "play"]


def test_a_run_is_deleted_where_the_address_holds_its_settings(lab):
    app = lab.page("pages/finetune.py", run=lab.runs["stopped"], epochs="6", seed="7")
    app.session_state["run-delete"] = True
    app = lab.calm(app.run())
    press(lab, app, "run-delete-sure")
    assert lab.store.run(lab.runs["stopped"]) is None and not app.main.error and "Not started yet" in lab.said(app)


def test_a_fork_goes_at_its_parents_speed(lab):
    lab.store.command(lab.runs["running"], "speed", 3)
    assert lab.store.fork(lab.runs["running"], 1).speed == 3.0
