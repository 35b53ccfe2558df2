"""Effect of freezing: the form, the study beside every state, and links that lead nowhere."""

from __future__ import annotations

import pytest


def test_before_the_start_it_says_what_will_be_here(empty_lab):
    app = empty_lab.page("pages/freezing.py")
    assert "18 runs and 1 source" in empty_lab.said(app)
    assert app.button(key="start-study").label.startswith("Measure, about")


def test_the_button_starts_the_study(lab):
    app = lab.page("pages/freezing.py", study_labels_per_class="3", study_seeds="2")
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
        ("running", "None frozen, seed 0: epoch 2 of 6."),
        ("stopped", "Stopped. 1 of 6 runs"),
        ("failed", "The disk is full: free some space, then try again."),
        ("interrupted", "The worker was killed twice."),
    ],
)
def test_every_state_says_what_happened(lab, state, words):
    assert words in lab.said(lab.page("pages/freezing.py", study=lab.studies[f"freezing {state}"]))


def test_the_strip_shows_every_arm_before_the_start(empty_lab):
    app = empty_lab.page("pages/freezing.py")
    drawn = [each.proto.json for each in app.main.get("bidi_component")]
    assert any("4 frozen: first 4 of 4 blocks frozen" in each for each in drawn)


def test_what_cannot_be_is_refused(lab):
    app = lab.page("pages/freezing.py", study_labels_per_class="5000")
    assert "but mnist has 300" in lab.said(app)
    assert app.button(key="start-study").disabled


def test_an_unknown_study_is_answered_in_one_sentence(lab):
    assert "There is no study at this address" in lab.said(lab.page("pages/freezing.py", study="nonsense"))
