"""How many labels: the form, the study in every state, its answer, and links that lead nowhere."""

from __future__ import annotations

import pytest

PAGE = "pages/labels.py"


def test_before_the_start_it_says_what_will_be_here(empty_lab):
    app = empty_lab.page(PAGE)
    assert "90 runs, from 1 source of glyphs" in empty_lab.said(app)
    assert app.button(key="start-study").label.startswith("Measure, about")
    app.session_state["labels_more"] = True
    assert "With the learning rate tuned: about" in empty_lab.said(empty_lab.calm(app.run())), "what a switch would cost"


def test_the_button_starts_the_study_of_the_address(lab):
    app = lab.page(PAGE, labels_most="10", labels_seeds="2", labels_dataset="digits", labels_grid="true", labels_learning_rate="0.002")
    lab.calm(app.button(key="start-study").click().run())
    study = lab.store.study(lab.address(app, "study"))
    assert study is not None and study.question == "label_budget" and study.total == 2 * 3 * 4 * 3
    assert {name: study.settings[name] for name in ("most", "seeds", "dataset", "grid", "fix_source", "learning_rate")} == {
        "most": 10, "seeds": 2, "dataset": "digits", "grid": True, "fix_source": True, "learning_rate": 0.002,
    }  # fmt: skip
    assert app.button(key="start-study").disabled


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "0 of 9 runs are measured"),
        ("running", "Frozen, 1 label a class, seed 0: epoch 2 of 8."),
        ("stopped", "Stopped. 1 of 9 runs"),
        ("failed", "The disk is full: free some space, then try again."),
        ("interrupted", "The worker was killed twice."),
    ],
)
def test_every_state_says_what_happened(lab, state, words):
    app = lab.page(PAGE, study=lab.studies[f"label_budget {state}"])
    assert words in lab.said(app)
    for tab in ("Comparisons", "Confusion", "What stayed frozen", "Runs"):
        app.session_state["behind"] = tab
        lab.calm(app.run())


def test_the_answer_names_the_first_budget_and_where_scratch_catches_up(lab, answered):
    said = lab.said(lab.page(PAGE, study=answered("label_budget", labels_per_class=7, seeds=5)))
    assert ":green[Helps]" in said and "**Probe, then tune against from scratch, 1 label a class**" in said
    assert "Probe, then tune: from scratch does not catch up with up to 7 labels a class." in said
    assert "Points above training from scratch, by labels a class" in said
    assert "Probe, then tune, 7 labels a class |" in said


def test_what_cannot_be_is_refused(lab):
    assert "Labels per class up to is 0" in lab.said(lab.page(PAGE, labels_most="0"))
    app = lab.page(PAGE, labels_most="5000")
    assert "but mnist has 300" in lab.said(app) and app.button(key="start-study").disabled


def test_an_unknown_study_is_answered_in_one_sentence(lab):
    assert "There is no study at this address" in lab.said(lab.page(PAGE, study="nonsense"))
