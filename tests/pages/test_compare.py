"""The compare page: only what sets runs apart."""

from __future__ import annotations

import pytest


def open_page(lab, *names):
    return lab.page("pages/compare.py", runs=",".join(lab.runs[name] for name in names))


def test_only_settings_that_differ(lab):
    said = lab.said(open_page(lab, "finished", "other seed"))
    assert "| Seed | 0 | 1 |" in said
    assert "| Test accuracy | 88.4 % | 87.1 % |" in said
    assert "Strategy" not in said and "Epochs" not in said


def test_strategies_beside_each_other(lab):
    app = open_page(lab, "finished", "scratch", "quick")
    said = lab.said(app)
    assert "| Strategy | Probe, then tune | From scratch | Frozen |" in said
    assert "Seed" not in said.replace("seed", "")
    assert len(app.main.get("plotly_chart")) == 3


def test_runs_that_have_not_finished(lab):
    said = lab.said(open_page(lab, "finished", "running", "queued"))
    assert "| State | Finished | Running | Waiting |" in said


def test_one_run_alone(lab):
    assert "choose another one" in lab.said(open_page(lab, "finished"))


def test_an_empty_lab_says_how_to_begin(empty_lab):
    assert "Nothing has run here yet" in empty_lab.said(empty_lab.page("pages/compare.py"))


def test_no_runs_chosen_of_many(lab):
    assert "Tick them in the list" in lab.said(lab.page("pages/compare.py"))


@pytest.mark.parametrize("wrong", ["nonsense", "../../x", ",,,", "0" * 32])
def test_runs_that_are_gone(lab, wrong):
    app = lab.page("pages/compare.py", runs=f"{lab.runs['finished']},{wrong}")
    assert len(app.multiselect[0].value) == 1


def test_too_many(lab):
    every = [run.id for run in lab.store.runs(limit=20)]
    app = lab.page("pages/compare.py", runs=",".join(every))
    assert "the first 8 of them" in app.main.warning[0].value
    assert len(app.multiselect[0].value) == 8


def test_chips_write_the_address(lab):
    app = open_page(lab, "finished", "scratch")
    lab.calm(app.multiselect[0].select(lab.runs["quick"]).run())
    assert lab.address(app, "runs") == ",".join(lab.runs[name] for name in ("finished", "scratch", "quick"))
    assert "| Strategy | Probe, then tune | From scratch | Frozen |" in lab.said(app)


@pytest.mark.parametrize("curve", ["Accuracy", "Loss"])
@pytest.mark.parametrize("file", ["pages/runs.py", "pages/finetune.py"])
def test_from_a_run_with_the_curve_that_was_chosen_there(lab, file, curve):
    """What a field of the same name held on another page is not lost on the way."""
    app = lab.page(file, run=lab.runs["finished"])
    lab.calm(app.segmented_control(key="curve").select(curve.lower()).run())
    app.query_params.clear()
    app.query_params["runs"] = lab.runs["finished"]
    lab.calm(app.switch_page("pages/compare.py").run())
    assert app.segmented_control(key="curve").value == curve.lower()
    assert any(f"{curve} after each epoch of 1 run." in each.proto.json for each in app.main.get("bidi_component"))
    lab.calm(app.run())
    assert app.segmented_control(key="curve").value == curve.lower()


def test_a_run_that_begins_to_train_redraws_the_page(lab, monkeypatch):
    asked, stale = [], lab.run("queued")
    lab.worker.begin(stale.spec)
    now, found = type(lab.store).run, iter([stale])
    monkeypatch.setattr(type(lab.store), "runs", lambda store, **_: [lab.run("finished")])
    monkeypatch.setattr(type(lab.store), "run", lambda store, run_id: next(found, None) or now(store, run_id))
    monkeypatch.setattr("streamlit.rerun", lambda **given: asked.append(given))
    open_page(lab, "queued")
    assert asked == [{"scope": "app"}]
