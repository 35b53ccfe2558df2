"""What one sees of a pretraining on its page: pictures, the map, the curves beside it, and confusion question by question."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pages.stand_in import curve, result
from tlcore.spec import RunSpec

PICTURES = np.zeros((12, 8, 8, 1), np.uint8)


def pretrained(lab, objective, arrays, once, extras, ended=True, **given):
    """A pretraining of four epochs, of which three were seen; its id."""
    spec = RunSpec.make("pretrain", objective=objective, epochs=4, seed=77, **{"dataset": "digits", "probe": "digits", **given})
    worker = lab.worker
    lease = worker.begin(spec)
    rows = curve(spec, None, 4 if ended else 2)
    worker.store.record_epochs(lease, [row | {"extras": extras(row["epoch"])} for row in rows])
    for epoch in (0, 1, 2):
        dots = {"places": np.random.default_rng(epoch).normal(size=(20, 2)).astype("float32"), "share": np.float32(0.4)}
        worker.store.save_glimpse(lease, epoch, dots | arrays(epoch), {"labels": np.arange(20) % 10, "chance": np.array(0.11)} | once)
    if ended:
        worker.store.finish(lease, "finished", result(spec, None))
    return lease.run


@pytest.fixture
def vae(lab):
    """One that redraws, and trains."""
    return pretrained(
        lab,
        "vae",
        lambda epoch: {"redrawn": PICTURES + epoch},
        {"original": PICTURES},
        lambda epoch: {"knn": 0.3, "linear": 0.4, "rank": 9.0 + epoch, "val_likelihood": 20.0, "val_divergence": 3.0},
        ended=False,
    )


def test_a_live_pretraining_shows_what_it_redraws_and_where_its_images_lie(lab, vae):
    said = lab.said(lab.page("pages/pretrain.py", run=vae))
    assert "**What there is**" in said and "**What it redraws** after epoch 2" in said
    assert "**Where its images lie** after epoch 2" in said and "worth on digits" in said


def test_the_pictures_follow_the_playhead(lab, vae):
    app = lab.page("pages/runs.py", run=vae)
    lab.calm(app.number_input(key=f"at-{vae}").set_value(1).run())
    assert "**What it redraws** after epoch 1" in lab.said(app)


def test_what_else_is_measured_can_be_chosen_and_a_low_rank_is_noted(lab, vae):
    app = lab.page("pages/runs.py", run=vae)
    choice = app.segmented_control(key=f"measured-{vae}")
    assert choice.options == ["Probe", "Rank", "Likelihood"] and choice.value == "probe"
    lab.calm(choice.set_value("rank").run())
    assert "fill 11.0 dimensions: below a quarter" in lab.said(app)


def test_a_contrast_shows_its_views(lab):
    views = np.zeros((2, 6, 8, 8, 1), np.uint8)
    run = pretrained(
        lab, "simclr", lambda epoch: {}, {"views": views}, lambda epoch: {"val_alignment": 0.5, "val_uniformity": -1.0, "rank": 40.0}
    )
    app = lab.page("pages/runs.py", run=run)
    assert "2 views of each image" in lab.said(app) and "redraws" not in lab.said(app)
    lab.calm(app.segmented_control(key=f"measured-{run}").set_value("views").run())
    assert "Crowding" in lab.said(app)


def test_several_questions_have_a_matrix_each_and_a_line_each(lab):
    matrix = {"confusion/size": np.eye(3, dtype=int) * 7, "confusion/place": np.eye(5, dtype=int) * 3 + np.roll(np.eye(5, dtype=int), 1, 1)}
    run = pretrained(
        lab,
        "multitask",
        lambda epoch: matrix,
        {},
        lambda epoch: {"rank": 40.0, "val_size_loss": 1.0, "val_place_loss": 1.5, "val_size_accuracy": 0.5, "val_place_accuracy": 0.4},
        dataset="shapes",
        probe="",
    )
    app = lab.page("pages/runs.py", run=run, tab="Confusion")
    assert "As of epoch 2, on 21 validation images." in lab.said(app) and "Not one mistake." in lab.said(app)
    assert app.segmented_control(key=f"measured-{run}").options == ["Rank", "Questions' loss", "Questions' accuracy"]
    lab.calm(app.segmented_control(key="question").set_value("place").run())
    assert "on 20 validation images" in lab.said(app) and "1 of 4 times" in lab.said(app)


def test_a_run_of_which_nothing_was_seen_has_its_page_as_before(lab):
    said = lab.said(lab.page("pages/runs.py", run=lab.runs["autoencoder"]))
    assert "Where its images lie" not in said and "squared error" in said


def test_a_glimpse_that_is_damaged_is_left_out(lab, vae):
    for name, (path, _, _) in lab.store.artifacts(vae).items():
        if name == "glimpse-000002.npz":
            path.write_bytes(b"damaged")
    assert "**What it redraws** after epoch 1" in lab.said(lab.page("pages/runs.py", run=vae))


def test_every_epoch_as_a_file_has_what_else_was_measured(lab, vae):
    from tlcore.ui.result import every

    rows = every(lab.store.run(vae), lab.store.epochs(vae))
    assert [row["rank"] for row in rows] == [9.0, 10.0, 11.0] and rows[0].keys() == rows[-1].keys()
