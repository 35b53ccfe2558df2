"""What one sees of a pretraining while it goes; it changes nothing that is trained. And the alarm for a net that sees no difference."""

import numpy as np
import pytest

from tlcore.spec import RunSpec
from tlcore.training import Checkpoint, glimpse, run, train
from tlcore.training.collapse import Alarm
from tlcore.training.network import network


def spec(objective, **given):
    factors = objective in ("multitask", "multimodal")
    told = {"dataset": "shapes", "per_combination": 1, "image": (8, 8, 3)} if factors else {"dataset": "digits"}
    return RunSpec.make("pretrain", objective=objective, **{**told, "labels_per_class": 12, "epochs": 3, "batch_size": 32, **given})


@pytest.fixture
def often(monkeypatch):
    """A glimpse after every call, and a call an epoch."""
    monkeypatch.setattr(glimpse, "PAUSE", 0.0)
    monkeypatch.setattr(glimpse, "SHARE", 0.0)
    monkeypatch.setattr(run.Glimpses, "due", lambda self: True)
    monkeypatch.setattr("tlcore.training.calls.ENOUGH", 1e-9)


def test_a_glimpse_shows_what_is_redrawn_and_where_images_lie_and_changes_nothing(often, kept, alike, monkeypatch):
    recorder = kept()
    outcome = train(spec("vae", probe="digits"), recorder)
    assert [epoch for epoch, _ in recorder.glimpses] == [0, 1, 2, 3]
    assert recorder.once["original"].shape == (12, 8, 8, 1) and len(recorder.once["labels"]) == 179
    drawn = [arrays["redrawn"] for _, arrays in recorder.glimpses]
    assert all(each.shape == (12, 8, 8, 1) and each.dtype == np.uint8 for each in drawn) and (drawn[0] != drawn[-1]).any()
    assert all(np.isfinite(arrays["places"]).all() and 0 < arrays["share"] <= 1 for _, arrays in recorder.glimpses)
    assert all(1 <= row["rank"] <= 64 and row["val_likelihood"] > 0 for row in recorder.rows)
    assert recorder.rows[0].keys() >= {"knn", "linear"} and 0.05 < recorder.once["chance"] < 0.2

    plain = kept()
    monkeypatch.setattr(run._Run, "_glimpsed", lambda *_, **__: {})
    unseen = train(spec("vae"), plain)
    assert alike(unseen.weights, outcome.weights)
    assert [row["val_loss"] for row in plain.rows] == [row["val_loss"] for row in recorder.rows]


def test_a_resumed_run_goes_on_with_its_picture_as_it_was_turned(often, kept):
    whole, later = kept(), kept()
    train(spec("autoencoder"), whole)
    train(spec("autoencoder"), later, None, Checkpoint(2, whole.checkpoints[2]))
    (epoch, arrays), (last, before) = later.glimpses[-1], whole.glimpses[-1]
    assert [each for each, _ in later.glimpses] == [3] and epoch == last == 3
    np.testing.assert_array_equal(arrays["places"], before["places"])


@pytest.mark.parametrize(("objective", "views"), [("rotation", 4), ("simclr", 2)])
def test_the_views_are_those_that_are_compared(often, kept, objective, views):
    recorder = kept()
    train(spec(objective, epochs=1), recorder)
    assert recorder.once["views"].shape == (views, 6, 8, 8, 1) and "redrawn" not in recorder.glimpses[0][1]
    assert (recorder.once["views"][0] != recorder.once["views"][1]).any()


@pytest.mark.parametrize("objective", ["multitask", "multimodal"])
def test_what_was_taken_for_what_is_told_question_by_question(often, kept, objective, monkeypatch):
    monkeypatch.setattr(glimpse, "SEEN", 512)  # all of the validation part, which the curves are of
    recorder = kept()
    outcome = train(spec(objective, epochs=1), recorder)
    found = {name.partition("/")[2]: matrix for name, matrix in recorder.glimpses[-1][1].items() if name.startswith("confusion/")}
    assert {name: matrix.shape for name, matrix in found.items()} == {
        "shape": (8, 8), "colour": (8, 8), "size": (3, 3), "place": (5, 5), "texture": (3, 3),
    }  # fmt: skip
    assert {matrix.sum() for matrix in found.values()} == {outcome.result["validation_size"]}
    end = "accuracy" if objective == "multitask" else "zero_shot"
    told = {name: recorder.rows[-1][f"val_{name}_{end}"] for name in found}
    assert {name: pytest.approx(matrix.trace() / matrix.sum()) for name, matrix in found.items()} == told


def test_glimpses_stay_a_small_part_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(glimpse, "tick", lambda: now[0])
    pace = glimpse.Pace()
    assert pace.due()
    for cost, pause in ((9.0, glimpse.PAUSE), (0.001, glimpse.PAUSE), (1.0, glimpse.SHARE)):
        pace.took(cost)
        now[0] += 0.99 * pause
        assert not pace.due()
        now[0] += 0.02 * pause
        assert pace.due()
    assert 1 / glimpse.SHARE < 0.05


def test_a_target_run_is_not_looked_at(kept, tuned, source):
    recorder = kept()
    train(tuned("linear_probe", epochs=1), recorder, source)
    assert not recorder.glimpses and "rank" not in recorder.rows[0]


# --- the alarm ------------------------------------------------------------------------------------------------------


def alarm(objective="simclr", **given):
    """That of a run of 100 epochs of 10 steps on digits."""
    asked = spec(objective, **{"epochs": 100, "batch_size": 32, **given})
    return Alarm(asked, network(asked, 10), 320, 256)


def row(epoch, loss=5.0, val_loss=3.0, **more):
    return {"epoch": epoch, "loss": loss, "val_loss": val_loss, **more}


def test_the_loss_of_guessing_is_that_of_all_examples_being_the_same():
    assert alarm().level == pytest.approx(np.log(2 * 128 - 1))
    assert alarm("supcon").level == alarm().level and alarm("multimodal").level == pytest.approx(np.log(128))
    assert alarm("vicreg").level is None and alarm("supervised").level is None


@pytest.mark.parametrize("near", [0.981, 1.0, 1.019])
def test_a_loss_of_guessing_after_a_fifth_of_the_steps_ends_the_run(near):
    watch = alarm()
    level = near * watch.level
    assert watch.look([row(1, 5.0, 4.0), *(row(epoch, 5.0, level) for epoch in range(2, 20))], 32) is None
    said = watch.look([row(20, 5.0, level)], 32)
    assert said.startswith("After epoch 20 all images were the same to the net") and "Fork it at epoch 1, the last good one" in said
    assert "views" in said


@pytest.mark.parametrize(
    "seen", [{"val_loss": 0.97 * np.log(255)}, {"val_loss": 1.03 * np.log(255)}, {"val_loss": np.log(255), "loss": 4.8}]
)
def test_what_is_better_than_guessing_or_learns_goes_on(seen):
    """The last: only validation looks like guessing, for BatchNorm's statistics lag behind."""
    watch = alarm()
    assert watch.look([row(1, 5.0), row(50, **seen)], 32) is None and watch.good == 50


def test_a_rank_of_one_ends_any_run_and_a_low_one_does_not():
    watch = alarm("autoencoder")
    assert watch.look([row(30, rank=1.2)], 32) is None
    said = watch.look([row(40, rank=1.04)], 32)
    assert "its embedding fills 1.04 dimensions" in said and "epoch 30" in said and "views" not in said


def test_a_few_steps_prove_nothing():
    watch = alarm("autoencoder", epochs=5)
    assert watch.look([row(4, rank=1.0)], 32) is None, "40 steps"


def test_what_was_good_last_outlives_a_break():
    watch, again = alarm(), alarm()
    watch.look([row(1, 5.0), row(7, 4.0)], 32)
    again.restore(watch.state())
    assert (again.good, again.first) == (7, 5.0)
    again.restore({})
    assert again.look([row(8, 4.0, again.level)], 32) is None


def test_a_net_that_has_lost_everything_ends_as_failed_with_what_it_was(kept, monkeypatch):
    """Its weights decay faster than it learns."""
    monkeypatch.setattr("tlcore.training.collapse.FEW", 20)
    recorder = kept()
    outcome = train(spec("simclr", labels_per_class=40, epochs=5, learning_rate=0.1, weight_decay=1.0), recorder)
    assert outcome.state == "failed" and "same to the net: its loss" in outcome.error
    assert outcome.result["validation_size"] == 179 and abs(recorder.rows[-1]["val_loss"] - recorder.rows[-2]["val_loss"]) < 0.1
