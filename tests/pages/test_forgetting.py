"""What is forgotten: the form, the study in every state, its answer, and links that lead nowhere."""

from __future__ import annotations

import pytest

PAGE = "pages/forgetting.py"


def test_before_the_start_it_says_what_will_be_here(empty_lab):
    app = empty_lab.page(PAGE)
    assert "50 runs, from 1 source of glyphs" in empty_lab.said(app)
    assert app.button(key="start-study").label.startswith("Measure, about")
    drawn = [each.proto.json for each in app.main.get("bidi_component")]
    assert any("Distilled answers (LwF)" in each for each in drawn)


def test_only_sources_that_name_classes_are_offered(lab):
    offered = lab.page(PAGE).selectbox(key="forget_source").options
    assert offered and not any("autoencoder" in each for each in offered)


def test_the_button_starts_the_study_of_the_address(lab):
    app = lab.page(PAGE, forget_labels_per_class="3", forget_seeds="2", forget_dataset="digits")
    lab.calm(app.button(key="start-study").click().run())
    study = lab.store.study(lab.address(app, "study"))
    assert study is not None and (study.question, study.total, study.settings["labels_per_class"]) == ("forgetting", 20, 3)
    assert app.button(key="start-study").disabled


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "0 of 10 runs are measured"),
        ("running", "Frozen, seed 0: epoch 2 of 6."),
        ("stopped", "Stopped. 1 of 10 runs"),
        ("failed", "The disk is full: free some space, then try again."),
        ("interrupted", "The worker was killed twice."),
    ],
)
def test_every_state_says_what_happened(lab, state, words):
    app = lab.page(PAGE, study=lab.studies[f"forgetting {state}"])
    assert words in lab.said(app)
    for tab in ("Comparisons", "Confusion", "What stayed frozen", "Runs"):
        app.session_state["behind"] = tab
        lab.calm(app.run())


def test_the_picture_has_every_strategy(lab, answered):
    app = lab.page(PAGE, study=answered("forgetting", seeds=5))
    assert "**All tuned against from scratch**" in lab.said(app)
    drawn = [each.proto.spec for each in app.main.get("plotly_chart")]
    (picture,) = [each for each in drawn if "Source task: change of accuracy" in each]
    assert "Distilled answers (LwF)" in picture and "Probe, then tune" in picture


def test_an_unknown_study_is_answered_in_one_sentence(lab):
    assert "There is no study at this address" in lab.said(lab.page(PAGE, study="nonsense"))
