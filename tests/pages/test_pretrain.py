"""Pretrain: the form for every data set, objective and net, and what the net sees."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore import datasets, folder, jobs
from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.engine import previews
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.spec.checks import lacks

AT_HAND = [entry.name for entry in DATASETS if "download" not in entry.facts]
FIRST = {objective: next(data for data in AT_HAND if not lacks(objective, data)) for objective in OBJECTIVES.names()}
FIT = [*((data, objective) for objective, data in FIRST.items()), *((data, "supervised") for data in DATASETS.names())]
FIT += [("diabetes", objective) for objective in OBJECTIVES.names() if not lacks(objective, "diabetes")]


@pytest.mark.parametrize(("dataset", "objective"), sorted(set(FIT)))
def test_every_data_set_and_every_objective_starts(lab, dataset, objective):
    app = lab.page("pages/pretrain.py", source_dataset=dataset, source_objective=objective)
    lab.calm(app.button(key="start-run").click().run())
    run = lab.store.run(app.query_params["run"])
    assert run is not None and (run.kind, run.dataset, run.objective) == ("pretrain", dataset, objective)


@pytest.mark.parametrize("objective", ["multitask", "multimodal"])
def test_an_objective_that_a_data_set_cannot_meet_is_not_offered_and_the_page_says_why(lab, objective):
    app = lab.page("pages/pretrain.py", source_dataset="mnist", source_objective=objective)
    assert "They need to know more of an image than its class" in lab.said(app) and OBJECTIVES[objective].title in lab.said(app)
    assert OBJECTIVES[objective].title not in app.selectbox(key="source_objective").options
    assert app.selectbox(key="source_objective").value == "supervised"


def test_an_objective_brings_its_own_budget_unless_the_visitor_chose_one(lab):
    app = lab.page("pages/pretrain.py")
    assert (app.number_input(key="source_epochs").value, app.number_input(key="source_batch_size").value) == (1, 32)
    lab.calm(app.selectbox(key="source_objective").set_value("simclr").run())
    assert (app.number_input(key="source_epochs").value, app.number_input(key="source_batch_size").value) == (6, 128)
    lab.calm(app.number_input(key="source_epochs").set_value(9).run())
    lab.calm(app.selectbox(key="source_objective").set_value("supervised").run())
    assert (app.number_input(key="source_epochs").value, app.number_input(key="source_batch_size").value) == (9, 32)


def test_a_table_is_read_by_its_net_for_as_long_as_it_needs(lab):
    app = lab.page("pages/pretrain.py")
    lab.calm(app.selectbox(key="source_dataset").set_value("wine").run())
    assert len(app.selectbox(key="source_backbone").options) == 1 and app.number_input(key="source_epochs").value == 40
    assert "They need pictures, and Wine is a table." in lab.said(app)
    lab.calm(app.selectbox(key="source_dataset").set_value("digits").run())
    assert app.selectbox(key="source_backbone").value == "cnn-small" and app.number_input(key="source_epochs").value == 1


def test_a_student_has_a_teacher_that_is_trained_first(lab):
    app = lab.page("pages/pretrain.py", source_dataset="digits", source_objective="distillation", source_epochs="2")
    assert app.selectbox(key="source_teacher").value == "cnn-medium"
    assert "taught by cnn-medium" in lab.said(app)
    lab.calm(app.button(key="start-run").click().run())
    run = lab.store.run(app.query_params["run"])
    teacher = lab.store.run(run.parent)
    assert (teacher.backbone, teacher.objective, teacher.dataset) == ("cnn-medium", "supervised", "digits")
    assert f"Its teacher: run {teacher.number}" in [each.proto.label for each in app.main.get("page_link")]


def test_a_net_that_lies_ready_can_teach_and_its_link_says_so(lab):
    from tlcore.ui import recipes

    teacher = lab.runs["source"]
    knobs = {"source_scripts": "greek", "source_per_class": "10"}
    app = lab.page("pages/pretrain.py", source_objective="distillation", source_teacher=teacher, **knobs)
    lab.calm(app.button(key="start-run").click().run())
    run = lab.store.run(app.query_params["run"])
    assert run.parent == teacher
    assert recipes.link(run.spec, run.parent)["source_teacher"] == "cnn-small", "it is what that recipe makes of these letters"
    other = lab.page("pages/pretrain.py", source_objective="distillation", source_teacher=teacher)
    assert "The teacher learned from scripts" in lab.said(other), "of another drawing of the letters"


def test_told_numbers_stand_beside_always_saying_the_mean(lab):
    from tests.pages.stand_in import told

    run = told(lab.worker, RunSpec.make("pretrain", dataset="diabetes", objective="regression", epochs=3))
    said = lab.said(lab.page("pages/pretrain.py", run=run))
    assert (
        "The disease progression of 132 test rows told to within **55.5 points** (RMSE); always saying the mean is 74.4 off; R² 0.44."
        in said
    )
    assert "Test error (RMSE)" in said and "<b>55.5 points</b>" in said
    assert "| Root mean squared error | 55.5 points |" in said and "| The same of always saying the mean | 74.4 points |" in said
    assert "names no classes" not in said


@pytest.mark.parametrize("backbone", BACKBONES.names())
def test_every_net_starts(lab, backbone):
    app = lab.page("pages/pretrain.py", source_backbone=backbone)
    lab.calm(app.button(key="start-run").click().run())
    assert lab.store.run(app.query_params["run"]).backbone == backbone


def test_it_says_what_the_net_sees(lab):
    assert "must name its class" in lab.said(lab.page("pages/pretrain.py", source_dataset="mnist"))
    assert "must redraw it" in lab.said(lab.page("pages/pretrain.py", source_dataset="mnist", source_objective="autoencoder"))


def test_data_that_are_not_prepared_are_no_obstacle(empty_lab):
    app = empty_lab.page("pages/pretrain.py")
    assert "made once, when the run starts" in empty_lab.said(app)
    assert not app.button(key="start-run").disabled


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "The engine is switched off."),
        ("running", "Training: everything from scratch."),
        ("stopped", "Stopped after epoch 2 of 4."),
        ("failed", "The disk is full: free some space, then try again."),
        ("interrupted", "The worker was killed twice."),
    ],
)
def test_a_source_in_every_state_says_what_happened(lab, state, words):
    assert words in lab.said(lab.page("pages/pretrain.py", run=lab.runs[f"source {state}"]))


def test_a_finished_source_stands_beside_the_form(lab):
    assert "93.0 %" in lab.said(lab.page("pages/pretrain.py", run=lab.runs["source"]))
    assert "squared error" in lab.said(lab.page("pages/pretrain.py", run=lab.runs["autoencoder"]))


def test_what_came_of_a_run_without_classes_stands_beside_what_chance_would_give():
    from tlcore.ui import pretext

    told = {"retrieval": 0.875, "retrieval_chance": 0.011, "shape_zero_shot": 0.642, "colour_accuracy": 0.99}
    assert pretext.questions("shapes", told) == [("Shape", "–", "12.5 %", "64.2 %"), ("Colour", "99.0 %", "12.5 %", "–")]
    assert pretext.questions("mnist", told) == []


@pytest.mark.parametrize("objective", [name for name in OBJECTIVES.names() if not OBJECTIVES[name].facts.get("names")])
def test_a_finished_run_of_every_objective_is_told(lab, objective):
    from tests.pages.stand_in import StandIn

    dataset = next(name for name in ("mnist", "shapes") if not lacks(objective, name))
    run = StandIn(lab.store).finished(RunSpec.make("pretrain", dataset=dataset, objective=objective, seed=41), accuracy=None, seconds=18.0)
    said = lab.said(lab.page("pages/pretrain.py", run=run))
    assert "Finished" in said and "not kept any more" not in said
    assert OBJECTIVES[objective].facts.get("draws") or "Distance of two views" in said


def test_a_finished_student_says_how_often_its_teacher_agrees(lab):
    teacher = RunSpec.make("pretrain", dataset="digits", backbone="cnn-medium")
    lab.worker.finished(teacher, accuracy=0.95, seconds=9.0)
    run = lab.worker.finished(RunSpec.make("pretrain", source=teacher, objective="distillation"), accuracy=0.9, seconds=9.0)
    said = lab.said(lab.page("pages/pretrain.py", run=run))
    assert "**90.0 %** of 540 test images named rightly" in said and "Its teacher says the same of 96.0 %." in said


def test_a_target_to_try_the_encoder_on_can_be_chosen(lab):
    app = lab.page("pages/pretrain.py", source_dataset="glyphs", source_objective="simclr", source_probe="mnist")
    lab.calm(app.button(key="start-run").click().run())
    assert lab.store.run(app.query_params["run"]).spec.probe == "mnist"


def test_what_the_encoder_was_worth_is_a_sentence():
    from tlcore.ui import pretext

    found = {"dataset": "mnist", "part": "validation", "images": 500, "labels_per_class": 20, "linear": 0.871, "knn": 0.802}
    told = pretext.probe({"probe": found})
    assert told.startswith("**87.1 %** of 500 validation images of mnist") and "80.2 %" in told and "20 labels a class" in told
    assert pretext.probe({}) == ""


@pytest.mark.parametrize("asked", ["xyz", "a" * 3000, "<script>"])
def test_a_target_that_is_not_there_is_one_sentence(lab, asked):
    app = lab.page("pages/pretrain.py", source_probe=asked)
    assert "Try it at the end on what: the address asks for" in lab.said(app) and app.selectbox(key="source_probe").value == "nothing"


def ready(monkeypatch):
    """An engine that is said to be ready, and that nobody wakes."""
    monkeypatch.setattr(jobs, "engine_state", lambda: {"state": "ready", "message": "The engine is ready."})
    monkeypatch.setattr(jobs, "wake", jobs.engine_state)


def test_what_it_will_be_given_is_asked_for_once_and_shown_when_it_is_there(lab, monkeypatch):
    ready(monkeypatch)
    given = {"source_dataset": "digits", "source_objective": "simclr", "source_augmentations": "noise,cutout"}
    app = lab.page("pages/pretrain.py", **given)
    assert "What it will be given is being drawn." in lab.said(app) and not app.button(key="start-run").disabled
    (key, name, plain) = lab.store.next_request()
    spec = RunSpec.from_plain(plain)
    assert name == previews.REQUEST and (spec.dataset, spec.knobs["augmentations"]) == ("digits", ("noise", "cutout"))
    images = np.zeros((3, 6, 8, 8, 1), np.uint8)
    folder.write(previews._place(spec, datasets.load("digits")), lambda file: np.save(file, images))
    lab.store.finish_request(key)
    said = lab.said(lab.calm(app.run()))
    assert "The first 6 images of the run's first batch" in said and "being drawn" not in said
    assert "*Keeps every line and its place.*" in said and "Moved" not in said
    assert not lab.store.waiting_requests()


def test_a_preview_that_cannot_be_drawn_says_why_and_can_be_asked_for_again(lab, monkeypatch):
    ready(monkeypatch)
    app = lab.page("pages/pretrain.py", source_dataset="digits", source_objective="masked")
    lab.store.finish_request(lab.store.next_request()[0], "The disk is full: free some space, then try again.")
    assert "The disk is full" in lab.said(lab.calm(app.run())) and not lab.store.waiting_requests()
    lab.calm(app.button(key="preview-again").click().run())
    assert lab.store.waiting_requests()


def test_data_of_another_view_are_drawn_for_the_page(lab, monkeypatch):
    ready(monkeypatch)
    app = lab.page("pages/pretrain.py", source_dataset="digits", source_view="blurred")
    assert "These images are being drawn." in lab.said(app) and "Out of focus." in lab.said(app)
    _, name, knobs = lab.store.next_request()
    assert (name, knobs) == ("digits", {"view": "blurred"})


def test_who_moves_a_slider_does_not_fill_the_queue(lab, monkeypatch):
    ready(monkeypatch)
    app = lab.page("pages/pretrain.py", source_dataset="digits", source_objective="denoising")
    for noise in (0.4, 0.5, 0.6):
        lab.calm(app.slider(key="source_noise").set_value(noise).run())
    assert lab.store.next_request() and not lab.store.waiting_requests()


@pytest.mark.parametrize(("objective", "warns"), [("rotation", True), ("denoising", False)])
def test_classes_without_a_way_up_are_named_where_the_way_up_is_asked(lab, objective, warns):
    said = lab.said(lab.page("pages/pretrain.py", source_dataset="mnist", source_objective=objective))
    assert ("look much the same upside down: 0, 1 and 8." in said) == warns


@pytest.mark.parametrize(("label", "warns"), [("place", True), ("shape", False)])
def test_a_label_that_an_augmentation_does_not_keep_is_warned_of(lab, label, warns):
    app = lab.page("pages/pretrain.py", source_dataset="shapes", source_objective="supcon", source_label=label)
    assert ("which a view that is moved does not keep" in lab.said(app)) == warns


def test_weights_of_questions_are_sliders_of_a_run_that_learns(lab):
    run = lab.worker.running(RunSpec.make("pretrain", dataset="shapes", objective="multitask", epochs=4), epochs=1)
    app = lab.page("pages/pretrain.py", source_dataset="shapes", source_objective="multitask", run=run)
    slider = app.slider(key=f"live-colour_weight-{run}")
    assert slider.value == 1.0 and not slider.disabled and (slider.min, slider.max) == (0.0, 4.0)
    lab.calm(slider.set_value(2.5).run())
    (asked,) = lab.store.commands(run)
    assert (asked.name, asked.value) == ("colour_weight", 2.5)
    assert app.slider(key=f"live-colour_weight-{run}").value == 2.5


def test_a_run_that_is_changed_and_run_anew_keeps_what_its_objective_was_set_to():
    from tlcore.ui import recipes

    spec = RunSpec.make("pretrain", dataset="mnist", objective="simclr", augmentations=("noise",), contrast_temperature=0.5)
    link = recipes.link(spec)
    assert (link["source_augmentations"], link["source_contrast_temperature"]) == ("noise", "0.5")
