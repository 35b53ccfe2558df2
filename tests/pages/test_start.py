"""The start page: before the click, while it is measured, with the answer, and with links that lead nowhere."""

from __future__ import annotations

import pytest

from tlcore.studies import first

STATES = {  # what is said, and the one button there is
    "queued": ("0 of 4 runs are measured", "study-stop"),
    "running": ("Frozen, seed 0: epoch 2 of 6.", "study-stop"),
    "stopped": ("Stopped. 1 of 4 runs are measured and kept.", "study-resume"),
    "failed": ("The disk is full: free some space, then try again. 1 of 4 runs are measured and kept.", "study-again"),
    "interrupted": ("The worker was killed twice. 1 of 4 runs are measured and kept.", "study-resume"),
}


def test_before_the_click_there_is_a_question_and_one_button(empty_lab):
    app = empty_lab.page("app.py")
    assert app.title[0].value.endswith("?")
    assert next(button.label for button in app.main.button if button.key == "first-start").startswith("Find out, about")
    assert "Look at every run" in empty_lab.said(app)


def test_the_button_starts_the_study_once_and_puts_it_into_the_address(lab):
    app = lab.page("app.py")
    lab.calm(app.button(key="first-start").click().run())
    studies = [study for study in lab.store.studies() if study.key == first().key]
    assert len(studies) == 1
    assert app.query_params["study"] == studies[0].id
    assert not [button for button in app.main.button if button.key == "first-start"], "nothing is left to press twice"
    assert "Measuring" in lab.said(app)
    assert "0 of 12 runs are measured" in lab.said(app)


def test_a_study_that_runs_can_be_stopped_and_goes_on(lab):
    app = lab.page("app.py", study=lab.store.submit_study(first()).id)
    lab.calm(app.button(key="study-stop").click().run())
    assert "Stopped." in lab.said(app)
    lab.calm(app.button(key="study-resume").click().run())
    assert "Measuring" in lab.said(app)


def test_the_answer_comes_first_with_every_seed_and_the_mean(lab):
    text = lab.said(lab.page("app.py", study=lab.studies["finished"]))
    assert "Measured" in text
    assert "came 22.2 points above training from scratch" in text
    assert "The validation part (180 images) is not counted" in text, "in the small print"
    assert "[65.0 %](runs?run=" in text and "**65.5 %**" in text
    assert "2 seeds · 5 labels a class of digits" in text


def test_the_tabs_show_what_lies_behind_it(lab):
    app = lab.page("app.py", study=lab.studies["finished"])
    app.session_state["behind"] = "Confusion"
    assert lab.said(lab.calm(app.run())).count("Commonest mistake") == 4
    app.session_state["behind"] = "What stayed frozen"
    assert "to the last bit" in lab.said(lab.calm(app.run()))
    app.session_state["behind"] = "Runs"
    lab.calm(app.run())


def test_more_seeds_keep_the_runs_that_are_there(lab):
    app = lab.page("app.py", study=lab.studies["finished"])
    assert "Measure 3 more seeds, " in app.button(key="study-more").label
    lab.calm(app.button(key="study-more").click().run())
    assert lab.address(app, "study") == lab.studies["finished"], "the study grows in place"
    more = lab.study("finished")
    assert (more.settings["seeds"], more.done, more.total, more.summary) == (5, 8, 20, None)


@pytest.mark.parametrize("state", STATES)
def test_a_study_in_every_state_says_what_happened_and_what_can_be_done(lab, state):
    app = lab.page("app.py", study=lab.studies[f"arms {state}"])
    sentence, key = STATES[state]
    assert sentence in lab.said(app)
    assert {button.key for button in app.main.button if (button.key or "").startswith("study-")} == {key}
    for tab in ("Comparisons", "Confusion", "What stayed frozen", "Runs"):
        app.session_state["behind"] = tab
        lab.calm(app.run())


def test_a_failed_study_is_asked_again_as_a_new_one(lab):
    app = lab.page("app.py", study=lab.studies["arms failed"])
    lab.calm(app.button(key="study-again").click().run())
    fresh = lab.store.study(lab.address(app, "study"))
    assert fresh.id != lab.studies["arms failed"] and (fresh.state, fresh.done) == ("running", 1), "what was measured is kept"


def test_a_source_that_trains_makes_the_study_run(lab):
    study = lab.store.submit_study(first())
    source = lab.store.sources(study.id)[0]
    lab.worker.running(source.spec, epochs=1)
    said = lab.said(lab.page("app.py", study=study.id))
    assert "Running" in said and f"Training the source, number 1 of 3: epoch 1 of {source.epochs}." in said


def test_an_unfinished_study_draws_no_answer(lab):
    text = lab.said(lab.page("app.py", study=lab.studies["part"]))
    assert "2 of 12 runs are measured" in text and "points more" not in text


def test_unknown_and_malformed_addresses_are_answered_in_one_sentence(lab):
    for bad in ("0" * 32, "../../etc/passwd", "x" * 400, "<b>"):
        assert "There is no study at this address" in lab.said(lab.page("app.py", study=bad))


def test_the_comparisons_and_gains_stand_in_their_tab(lab, answered):
    app = lab.page("app.py", study=answered("arms", seeds=5, controls=True))
    assert ":green[Helps]" in lab.said(app)
    app.session_state["behind"] = "Comparisons"
    said = lab.said(lab.calm(app.run()))
    assert "| Probe, then tune against frozen at random | +38.0 |" in said and "| 5 of 5 | helps |" in said
    assert "p (Holm) is that of a paired t test" in said and "(TOST)" in said
    assert "To where scratch ends" in said
    keys = {each.key for each in app.main.get("download_button")}
    assert {"study-contrasts-file", "study-gains-file"} <= keys


def test_an_inconclusive_answer_says_how_many_more_seeds_and_measures_them_in_place(lab, answered):
    study = answered("arms", seeds=5, spread=0.4)
    app = lab.page("app.py", study=study)
    more = lab.store.study(study).summary["verdict"]["more_seeds"]
    assert ":yellow[Inconclusive]" in lab.said(app)
    label = app.button(key="study-more").label
    assert label.startswith(f"Measure about {more} more seed") if more <= 45 else label.startswith("Measure 45 more seeds")
    lab.calm(app.button(key="study-more").click().run())
    grown = lab.store.study(study)
    assert grown.settings["seeds"] == min(50, 5 + more) and grown.done >= 20 and lab.address(app, "study") == study


def test_an_answer_of_an_older_version_still_shows(lab):
    study = lab.studies["finished"]
    old = {
        "label": "Measured",
        "sentence": "With 5 labels a class probe-then-tune came 23.0 points above.",
        "arms": [{"arm": "lp_ft", "frozen": None, "n": 2, "mean": 0.88, "low": None, "high": None}],
        "difference": {"arm": "lp_ft", "against": "scratch", "mean": 0.23, "low": None, "high": None},
    }
    lab.store.summarize(study, old)
    app = lab.page("app.py", study=study)
    assert "came 23.0 points above" in lab.said(app) and "**Probe, then tune against from scratch**" in lab.said(app)
    app.session_state["behind"] = "Comparisons"
    assert "This answer keeps no comparisons" in lab.said(lab.calm(app.run()))


def test_a_source_that_begins_to_train_redraws_the_page(lab, monkeypatch):
    study, asked = lab.store.submit_study(first()), []
    waiting = lab.store.sources(study.id)
    lab.worker.running(waiting[0].spec, epochs=1)
    now, found = type(lab.store).sources, iter([waiting])
    monkeypatch.setattr(type(lab.store), "sources", lambda store, study_id: next(found, None) or now(store, study_id))
    monkeypatch.setattr("streamlit.rerun", lambda **given: asked.append(given))
    lab.page("app.py", study=study.id)
    assert asked == [{"scope": "app"}]


def test_what_an_earlier_study_measured_is_not_counted_as_time(lab):
    said = lab.said(lab.page("app.py", study=lab.studies["finished"]))
    assert "All 8 runs and 1 source are measured; the 5 of them that were new took 15 s." in said, "its source and three runs were there"
