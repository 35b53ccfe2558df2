"""Effect of freezing: the form, the study beside every state, and links that lead nowhere."""

from __future__ import annotations

import pytest

from tests.pages.conftest import question
from tlcore.engine.answers import conclude


def test_before_the_start_it_says_what_will_be_here(empty_lab):
    app = empty_lab.page("pages/freezing.py")
    assert "80 runs, from 1 source of glyphs and 5 sources of mnist" in empty_lab.said(app)
    assert app.button(key="start-study").label.startswith("Measure, about")


def test_the_button_starts_the_study(lab):
    app = lab.page("pages/freezing.py", study_labels_per_class="3", study_seeds="2", study_controls="false")
    lab.calm(app.button(key="start-study").click().run())
    study = lab.store.study(app.query_params["study"])
    assert study is not None and (study.question, study.total, study.settings["labels_per_class"]) == ("freezing", 12, 3)
    assert app.button(key="start-study").disabled


def test_a_study_that_is_half_done_shows_what_is_there(lab):
    app = lab.page("pages/freezing.py", study=lab.studies["part"])
    assert "2 of 12 runs are measured" in lab.said(app)
    assert "3 frozen" in lab.said(app)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "0 of 6 runs are measured"),
        ("running", "None frozen, seed 0: epoch 2 of 6. 1 of 6 runs are done, about"),
        ("stopped", "Stopped. 1 of 6 runs"),
        ("failed", "The disk is full: free some space, then try again."),
        ("interrupted", "The worker was killed twice."),
    ],
)
def test_every_state_says_what_happened(lab, state, words):
    assert words in lab.said(lab.page("pages/freezing.py", study=lab.studies[f"freezing {state}"]))


def test_the_depths_are_answered_before_their_controls_are_there(lab):
    record = lab.store.submit_study(question("freezing", labels_per_class=7, seeds=1))
    asked = question("freezing", labels_per_class=7, seeds=1)
    for source in lab.store.sources(record.id):
        if source.state == "queued":
            lab.worker.finished(source.spec, 0.9, seconds=2.0)
    first = [member.spec for member in asked.members if not member.tier]
    for spec in first:
        lab.worker.finished(spec, 0.7 if spec.strategy == "scratch" else 0.8, seconds=3.0)
    conclude(lab.store)
    said = lab.said(lab.page("pages/freezing.py", study=record.id))
    assert f"For now: {len(first)} of {len(asked.members)} runs are measured" in said.replace("*", "") and "came 10.0 points above" in said
    for member in lab.store.members(record.id):
        if member.run.state != "finished":
            lab.worker.finished(member.run.spec, 0.75, seconds=3.0)
    waiting = lab.store.study(record.id)
    assert waiting.awaited and not waiting.live
    conclude(lab.store)
    assert lab.store.study(record.id).answered and not lab.store.study(record.id).awaited
    found = lab.store.study(record.id).summary
    assert not found["interim"] and any(each["against"] == "scratch_long" for each in found["contrasts"])
    assert "For now" not in lab.said(lab.page("pages/freezing.py", study=record.id))


def test_more_seeds_are_asked_for_by_the_form_too(answered, lab):
    study = answered("freezing", seeds=1, controls=False)
    app = lab.page("pages/freezing.py", study=study, study_seeds="1")
    lab.calm(app.button(key="study-more").click().run())
    assert lab.address(app, "study_seeds") == str(lab.store.study(study).settings["seeds"]) == "5"


def test_the_strip_shows_every_arm_before_the_start(empty_lab):
    app = empty_lab.page("pages/freezing.py")
    drawn = [each.proto.json for each in app.main.get("bidi_component")]
    assert any("4 frozen: all 4 blocks frozen" in each for each in drawn)


def test_what_cannot_be_is_refused(lab):
    app = lab.page("pages/freezing.py", study_labels_per_class="5000")
    assert "but mnist has 300" in lab.said(app)
    assert app.button(key="start-study").disabled


def test_coming_back_it_shows_the_study_of_before(lab):
    study = lab.studies["part"]
    app = lab.page("pages/freezing.py", study=study)
    _away_and_back(lab, app)
    assert lab.address(app, "study") == study and "2 of 12 runs are measured" in lab.said(app)
    lab.store.delete_study(study)
    _away_and_back(lab, app)
    assert "There is no study" not in lab.said(app), "nobody asked for what was deleted meanwhile"


def _away_and_back(lab, app):
    """By the links of the sidebar, which carry no parameters."""
    for file in ("pages/data.py", "pages/freezing.py"):
        app.query_params.clear()
        lab.calm(app.switch_page(file).run())


def test_behind_the_answer_runs_are_called_by_their_place(lab, answered):
    app = lab.page("pages/freezing.py", study=answered("freezing", seeds=1))
    app.session_state["behind"] = "What stayed frozen"
    lab.calm(app.run())
    assert app.selectbox(key="behind-place").value == "None frozen", "the first that has a source"
    app.session_state["behind"] = "Runs"
    links = [each.proto.label for each in lab.calm(app.run()).main.get("page_link")]
    longer, short = ([each for each in links if f": {name}, seed 0" in each] for name in ("From scratch, 5 times as long", "From scratch"))
    assert len(longer) == len(short) == 1 and longer[0] != short[0]
    assert " 25 epochs (" in longer[0] and " 5 epochs (" in short[0]


def test_an_unknown_study_is_answered_in_one_sentence(lab):
    assert "There is no study at this address" in lab.said(lab.page("pages/freezing.py", study="nonsense"))


def test_controls_and_costs_are_told_before_the_start(empty_lab):
    app = empty_lab.page("pages/freezing.py")
    app.session_state["study_more"] = True
    said = empty_lab.said(empty_lab.calm(app.run()))
    assert "Then its controls, which transfer must beat: from scratch, 5 times as long; " in said
    assert "80 runs as chosen" in said and "Without controls: about" in said and "With the learning rate tuned: about" in said


def test_every_knob_of_the_study_is_in_the_address(lab):
    given = {"mode": "surgical", "rest": "fresh", "fix_source": "false", "controls": "false", "grid": "true", "seeds": "20"}
    app = lab.page("pages/freezing.py", **{f"study_{name}": value for name, value in given.items()})
    lab.calm(app.button(key="start-study").click().run())
    settings = lab.store.study(lab.address(app, "study")).settings
    assert {name: str(settings[name]).lower() for name in given} == given


def test_the_answer_marks_the_best_and_the_cheapest(lab, answered):
    app = lab.page("pages/freezing.py", study=answered("freezing", seeds=5))
    assert ":green[Helps]" in lab.said(app) and "**4 frozen against from scratch**" in lab.said(app)
    drawn = [each.proto.spec for each in app.main.get("plotly_chart")]
    assert any("within one standard error" in each for each in drawn) and any("Seconds an epoch" in each for each in drawn)
    legend = next(each.proto.body for each in app.main.get("html") if "tl-legend" in each.proto.body)
    assert "Frozen at random" in legend and "5 times as long" in legend


@pytest.mark.parametrize("more", [{"mode": "surgical"}, {"rest": "fresh", "grid": True}])
def test_other_ways_to_freeze_are_shown(lab, answered, more):
    app = lab.page("pages/freezing.py", study=answered("freezing", seeds=2, **more))
    said = lab.said(app)
    if "mode" in more:
        assert "Which blocks in a row should be tuned" in said and "Blocks 1 to 4 tuned |" in said
    else:
        assert "the one that was best on validation" in said and "2 copied and tuned |" in said
    for tab in ("Comparisons", "Confusion", "What stayed frozen", "Runs"):
        app.session_state["behind"] = tab
        lab.calm(app.run())


def test_few_seeds_draw_no_verdict(lab, answered):
    app = lab.page("pages/freezing.py", study=answered("freezing", seeds=2, controls=False))
    assert "Fewer than five seeds: what was measured, and no verdict." in lab.said(app)


def test_a_part_draws_what_is_measured(lab):
    app = lab.page("pages/freezing.py", study=lab.studies["part"])
    drawn = [each.proto.spec for each in app.main.get("plotly_chart")]
    assert any("None frozen" in each or "0 of 4 blocks frozen" in each for each in drawn)
    assert "Measuring" in lab.said(app)
