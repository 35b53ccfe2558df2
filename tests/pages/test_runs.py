"""The runs page: the list, and one run in every state."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from tests.pages.conftest import target
from tlcore.store import tables
from tlcore.ui.beside import scratch
from tlcore.ui.result import TABS

SENTENCES = {
    "finished": "**88.4 %** of 540 test images named rightly",
    "quick": "Done in 0.4 s",
    "autoencoder": "squared error of 0.0123",
    "stopped": "Stopped after epoch 3 of 6",
    "failed": "choose a learning rate below 900",
    "interrupted": "The worker was killed twice",
    "running": "Training: everything tuned",
    "starting": "Getting its data and its net ready",
    "queued": "engine",
}
BUTTONS = {
    "finished": {"run-pause", "run-fork", "run-delete-sure"},  # it is replayed to who comes by its link
    "stopped": {"run-resume", "run-fork", "run-delete-sure"},
    "failed": {"run-again", "run-fork", "run-delete-sure"},
    "interrupted": {"run-resume", "run-fork", "run-delete-sure"},
    "running": {"run-pause", "run-fork"},
    "queued": {"run-pause"},
}
ALWAYS = {"run-reset", "run-step", "run-stop"}


def buttons(app):
    """Keys of the buttons of a run that are there."""
    return {each.key for each in app.main.button if (each.key or "").startswith("run-")}


@pytest.mark.parametrize("name", SENTENCES)
def test_one_run_says_where_it_is(lab, name):
    app = lab.page("pages/runs.py", run=lab.runs[name])
    assert SENTENCES[name] in lab.said(app)
    assert lab.run(name).title in lab.said(app)


@pytest.mark.parametrize("name", BUTTONS)
def test_one_run_offers_what_can_be_done(lab, name):
    app = lab.page("pages/runs.py", run=lab.runs[name])
    app.session_state["run-delete"] = True
    assert buttons(lab.calm(app.run())) == BUTTONS[name] | ALWAYS


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", ["finished", "autoencoder", "running", "failed", "queued", "source"])
def test_every_tab_in_every_state(lab, name, tab):
    app = lab.page("pages/runs.py", run=lab.runs[name], tab=tab)
    assert [each.label for each in app.main.tabs] == list(TABS)
    assert lab.said(app)


def test_finished_run_shows_its_matrix_and_its_seal(lab):
    said = lab.said(lab.page("pages/runs.py", run=lab.runs["quick"], tab="Confusion"))
    assert "Commonest mistake: 0 taken for 3, 9 of 54 times." in said
    said = lab.said(lab.page("pages/runs.py", run=lab.runs["quick"], tab="What moved"))
    assert "2 of 6 variables are the same to the last bit as before the run, among them all that were to stay frozen." in said


def test_the_seal_is_a_table_of_parts(lab):
    said = lab.said(lab.page("pages/runs.py", run=lab.runs["quick"], tab="What moved"))
    assert "| Part | State | Trained | Drift |" in said
    assert "| 1: conv 32 | :blue[stayed, to the last bit] | no | 0 % |" in said
    assert "| head | :orange[moved] | all | – |" in said


def test_a_run_of_before_the_parts_were_kept_still_shows_what_moved(lab):
    result = {name: value for name, value in lab.run("quick").result.items() if name not in ("blocks", "end", "parameters")}
    with lab.store.write() as connection:
        runs = tables.runs
        connection.execute(update(runs).where(runs.c.id == lab.runs["quick"]).values(result=json.dumps(result)))
    for tab in TABS:
        said = lab.said(lab.page("pages/runs.py", run=lab.runs["quick"], tab=tab))
        assert "| Part |" not in said
    said = lab.said(lab.page("pages/runs.py", run=lab.runs["quick"], tab="What moved"))
    assert "2 of 6 variables are the same to the last bit" in said


def test_the_source_task_is_a_second_curve_where_it_was_watched(lab):
    run = lab.store.members(lab.studies["forgetting running"])[1].run
    drawn = [each.proto.json for each in lab.page("pages/runs.py", run=run.id).main.get("bidi_component")]
    assert any("Source task" in each for each in drawn)
    drawn = [each.proto.json for each in lab.page("pages/runs.py", run=lab.runs["finished"]).main.get("bidi_component")]
    assert not any("Source task" in each for each in drawn)


@pytest.mark.parametrize("wrong", ["0" * 32, "nonsense", "../../etc/passwd", "", "Ω"])
def test_a_wrong_link_is_one_sentence(lab, wrong):
    app = lab.page("pages/runs.py", run=wrong)
    assert [each.value for each in app.main.warning] == ["There is no run with this link here: it was deleted, or the link is not whole."]


def test_stop_resume_and_again(lab):
    app = lab.page("pages/runs.py", run=lab.runs["queued"])
    lab.calm(app.button(key="run-stop").click().run())
    assert lab.run("queued").state == "stopped"
    lab.calm(app.button(key="run-resume").click().run())
    assert lab.run("queued").state == "queued"


def test_try_again_opens_a_fresh_run(lab):
    app = lab.page("pages/runs.py", run=lab.runs["failed"])
    lab.calm(app.button(key="run-again").click().run())
    newest = lab.store.runs(limit=1)[0]
    assert newest.key == lab.run("failed").key and newest.state == "queued"
    assert lab.address(app, "run") == newest.id


def test_a_refusal_is_a_sentence(lab):
    lab.store.submit(lab.run("stopped").spec)  # somebody else started the same run anew
    app = lab.page("pages/runs.py", run=lab.runs["stopped"])
    lab.calm(app.button(key="run-resume").click().run())
    assert "was started anew as run" in app.main.error[0].value


def test_deleting_a_source_says_what_came_from_it(lab):
    app = lab.page("pages/runs.py", run=lab.runs["source"])
    app.session_state["run-delete"] = True
    lab.calm(app.run())
    assert "came from source 1. What they measured stays." in lab.said(app)
    lab.calm(app.button(key="run-delete-sure").click().run())
    assert lab.store.run(lab.runs["source"]) is None
    assert lab.run("finished").accuracy == 0.884
    assert "run" not in app.query_params


def test_the_last_lines_of_the_log(lab):
    app = lab.page("pages/runs.py", run=lab.runs["failed"])
    app.session_state["run-log"] = True
    lab.calm(app.run())
    assert any("MemoryError: no room for 7 GB" in each.value for each in app.main.code)


def listed(app):
    """The rows that the list shows, as the browser gets them."""
    import json

    return json.loads(app.main.get("bidi_component")[0].proto.json)["rows"]


def test_the_list_is_newest_first(lab):
    rows = listed(lab.page("pages/runs.py"))
    assert (rows[0]["what"], rows[0]["target"]) == ("Probe, then tune, from glyphs", "digits, 5 a class")
    assert rows[0]["note"] == f"Run {lab.run('queued').number} · cnn-small · seed 4 · 6 epochs"
    numbers = [int(row["note"].split()[1]) for row in rows]
    assert len(rows) == 50 and numbers == sorted(numbers, reverse=True)
    words = {row["id"]: row["word"] for row in rows} | {row["id"]: row["word"] for row in listed(lab.page("pages/runs.py", before="30"))}
    assert [words[lab.runs[name]] for name in ("finished", "running", "queued", "failed")] == ["Finished", "Running", "Waiting", "Failed"]


def test_filters_stand_in_the_address(lab):
    rows = listed(lab.page("pages/runs.py", runs_kind="pretrain"))
    assert {row["id"] for row in rows} == {each for name, each in lab.runs.items() if "source" in name or name == "autoencoder"}
    rows = listed(lab.page("pages/runs.py", runs_kind="pretrain", runs_state="failed"))
    assert [row["id"] for row in rows] == [lab.runs["source failed"]]
    assert "No run is like that" in lab.said(lab.page("pages/runs.py", runs_state="failed", runs_dataset="mnist"))


def test_older_runs(lab):
    number = lab.run("finished").number
    rows = listed(lab.page("pages/runs.py", before=str(number)))
    assert {row["id"] for row in rows} == {lab.runs["source"], lab.runs["autoencoder"]}
    assert len(listed(lab.page("pages/runs.py", before="x'; drop table"))) == len(listed(lab.page("pages/runs.py")))


def test_ticked_runs_can_be_stopped_and_deleted(lab):
    app = lab.page("pages/runs.py")
    assert app.button(key="runs-stop").disabled
    app.session_state["runs-list"] = {"chosen": [lab.runs["queued"], lab.runs["failed"], "gone"]}
    app.run()
    assert "2 ticked" in lab.said(app)
    lab.calm(app.button(key="runs-stop").click().run())
    assert lab.run("queued").state == "stopped"
    lab.calm(app.button(key="runs-delete-sure").click().run())
    assert lab.store.run(lab.runs["queued"]) is None and lab.store.run(lab.runs["failed"]) is None


def test_studies(lab):
    rows = listed(lab.page("pages/runs.py", list="studies"))
    words = {row["word"] for row in rows}
    assert words == {"Waiting", "Running", "Finished", "Stopped", "Failed", "Interrupted"}
    part, done = rows[-2:]
    assert (part["word"], part["what"]) == ("Running", "How much should I freeze?")
    assert part["note"] == "Study 2 · From glyphs to digits, 3 labels a class, 2 seeds · 2 of 12 runs finished"
    assert (done["word"], done["what"]) == ("Finished", "Did transfer help?")
    assert done["href"] == f".?study={lab.studies['finished']}"


def test_an_empty_lab_says_how_to_begin(empty_lab):
    said = empty_lab.said(empty_lab.page("pages/runs.py"))
    assert "Nothing has run here yet" in said


@pytest.mark.parametrize("file", ["pages/runs.py", "pages/finetune.py"])
def test_a_run_that_begins_to_train_redraws_the_page(lab, monkeypatch, file):
    """The badge and the button stand outside of what moves: they would go on saying that it waits."""
    asked, stale = [], lab.run("queued")
    lab.worker.begin(stale.spec)
    now, found = type(lab.store).run, iter([stale])
    monkeypatch.setattr(type(lab.store), "run", lambda store, run_id: next(found, None) or now(store, run_id))
    monkeypatch.setattr("streamlit.rerun", lambda **given: asked.append(given))
    lab.page(file, run=stale.id)
    assert asked == [{"scope": "app"}]


def test_a_finished_source_leads_to_its_first_use(lab):
    def links(name):
        return {each.proto.label: each.proto for each in lab.page("pages/runs.py", run=lab.runs[name]).main.get("page_link")}

    assert f"source={lab.runs['source']}" in links("source")["Fine-tune from this source"].query_string
    assert not {"Fine-tune from this source"} & {*links("source running"), *links("finished")}


def test_a_run_leads_to_its_study(lab):
    (member, *_), study = lab.store.members(lab.studies["part"]), lab.study("part")
    app = lab.page("pages/runs.py", run=member.run.id)
    links = {each.proto.label: each.proto for each in app.main.get("page_link")}
    assert f"study={study.id}" in links[f"Study {study.number}: How much should I freeze?"].query_string


def test_beside_a_fine_tuning_stands_what_it_would_be_from_scratch(lab):
    run = lab.store.run(lab.worker.finished(target(seed=11), 0.871, seconds=1.0))
    app = lab.page("pages/runs.py", run=run.id)
    button = app.button(key="run-beside")
    assert button.label.startswith("Measure from scratch beside it, about")
    said = lab.said(lab.calm(button.click().run()))
    asked = scratch(run.spec)
    found = lab.store.answer_of(asked.key)
    assert found is not None and f"[Run {found.number}](runs?run={found.id}) measures the same from scratch" in said
    assert (asked.source, asked.seed, asked.labels_per_class, asked.epochs) == (None, run.spec.seed, 5, run.spec.epochs)
    lab.worker.finished(asked, 0.9, seconds=1.0)
    said = lab.said(lab.page("pages/runs.py", run=run.id))
    assert "from scratch" in said.lower() and "the source was worth **−2.9 points** here" in said, "a loss is said as one"


def test_a_run_from_scratch_or_without_a_result_has_nothing_beside_it(lab):
    for name in ("scratch", "stopped", "source"):
        assert not [each for each in lab.page("pages/runs.py", run=lab.runs[name]).button if each.key == "run-beside"]
