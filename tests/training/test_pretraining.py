"""Every objective from its spec to its result: repeated, broken off, frozen by hand, and moved to a target."""

import numpy as np
import pytest

from tlcore.datasets import load
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.training import Checkpoint, Silent, calls, train
from tlcore.training.network import network

TWINS = ("denoising", "barlow_twins", "vicreg", "supcon")  # go the same way as the autoencoder and SimCLR: in the slow set
OTHERS = [pytest.param(name, marks=[pytest.mark.slow] if name in TWINS else []) for name in OBJECTIVES.names() if name != "supervised"]


def spec(objective, **given):
    facts = OBJECTIVES[objective].facts
    told = {"dataset": "digits"}
    if facts.get("needs") in ("factors", "values"):
        told = {"dataset": "shapes", "per_combination": 1, "image": (8, 8, 3)}
    source = teacher() if facts.get("needs") == "teacher" else None
    settings = {**told, "labels_per_class": 12, "epochs": 3, "batch_size": 32, "learning_rate": 2e-3, **given}
    return RunSpec.make("pretrain", source=source, objective=objective, **settings)


def teacher():
    """A net that names digits."""
    return RunSpec.make("pretrain", dataset="digits", labels_per_class=40, epochs=2, batch_size=64, learning_rate=2e-3)


@pytest.mark.parametrize("objective", OTHERS)
def test_a_run_is_measured_repeats_to_the_last_bit_and_moves_to_a_target(objective, kept, alike, trained, monkeypatch):
    """However it is cut into calls, and wherever it is broken off; one test, since a net is traced once for all of it."""
    whole, cut = kept(), kept()
    taught = trained(teacher()).weights if objective == "distillation" else None
    first = train(spec(objective), whole, taught)
    assert first.error is None and first.result["seal"]
    assert (first.result["accuracy"] is None) == (not OBJECTIVES[objective].facts.get("names"))
    assert whole.rows[-1]["loss"] < whole.rows[1]["loss"]
    for name, value in whole.rows[-1].items():
        assert not name.startswith("val_") or (np.isfinite(value) and name.removeprefix("val_") in first.result)

    with monkeypatch.context() as patched:
        patched.setattr(calls, "ENOUGH", 1e-9)  # a step a call
        assert alike(train(spec(objective), cut, taught).weights, first.weights)
    for name, value in whole.numbers[-1].items():
        np.testing.assert_allclose(cut.numbers[-1][name], value, rtol=1e-6)
    assert alike(train(spec(objective), kept(), taught, Checkpoint(1, cut.checkpoints[1])).weights, first.weights)
    assert not alike(train(spec(objective, seed=1, epochs=1), kept(), taught).weights, first.weights, "block1/conv/kernel")

    probe = RunSpec.make("finetune", source=spec(objective), dataset="digits", labels_per_class=5, strategy="linear_probe", epochs=2)
    outcome = train(probe, Silent(), first.weights)
    assert outcome.error is None and alike(outcome.weights, first.weights, "block")


@pytest.mark.parametrize("objective", ["masked", "simclr"])
def test_a_block_that_is_frozen_by_hand_leaves_the_images_to_compare_with(objective, alike, kept):
    """The loss needs the images, so nothing is computed ahead."""
    recorder = kept()
    steered = spec(objective, changes=[{"epoch": 1, "step": 0, "name": "block1", "value": 0.0}])
    outcome = train(steered, recorder)
    assert outcome.error is None and outcome.result["seal"]
    assert alike(outcome.weights, recorder.checkpoints[1], "block1")
    assert not alike(outcome.weights, recorder.checkpoints[1], "block2/conv/kernel")


def test_turns_are_told_class_by_class():
    """What two halves look the same of cannot be told, so the mean alone would hide which classes those are."""
    result = train(spec("rotation", labels_per_class=40, epochs=6), Silent()).result
    counts = np.bincount(load("digits").open_test().labels, minlength=10)
    shares = np.array(result["turned_by_class"])
    assert shares.shape == (10,) and (shares @ counts) / counts.sum() == pytest.approx(result["pretext_accuracy"], abs=1e-6)
    assert shares[0] < shares.max() - 0.1, "a nought looks the same upside down"


def test_what_draws_shows_what_it_saw_what_it_was_shown_and_what_it_drew():
    rows = {name: train(spec(name, epochs=1), Silent()).arrays["pictures"] for name in ("autoencoder", "denoising", "vae", "masked")}
    assert {name: each.shape for name, each in rows.items()} == {
        "autoencoder": (2, 12, 8, 8, 1),
        "denoising": (3, 12, 8, 8, 1),
        "vae": (2, 12, 8, 8, 1),
        "masked": (3, 12, 8, 8, 1),
    }
    assert (rows["masked"][1] == 0).mean() > (rows["masked"][0] == 0).mean()


@pytest.mark.parametrize("objective", ["autoencoder", "denoising", "vae", "masked"])
def test_what_draws_beats_the_mean_image(objective):
    own = {"beta": 0.5, "warm_up": 20} if objective == "vae" else {}
    result = train(spec(objective, labels_per_class=100, epochs=20, batch_size=64, learning_rate=3e-3, **own), Silent()).result
    assert result["loss"] < 0.9 * result["baseline_loss"]


@pytest.mark.parametrize("objective", ["simclr", "barlow_twins", "vicreg", "supcon"])
def test_two_views_of_an_image_come_nearer_than_two_images(objective):
    result = train(spec(objective, labels_per_class=100, epochs=8, batch_size=128), Silent()).result
    unrelated = 2.0  # squared distance of two directions that have nothing in common
    assert result["alignment"] < 0.6 * unrelated and result["uniformity"] < -0.5


def test_every_question_is_answered_better_than_by_guessing():
    result = train(spec("multitask", labels_per_class=None, epochs=4, image=(16, 16, 3), batch_size=64), Silent()).result
    guessing = {"shape": 1 / 8, "colour": 1 / 8, "size": 1 / 3, "place": 1 / 5, "texture": 1 / 3}
    assert {name: result[f"{name}_accuracy"] > 1.25 * chance for name, chance in guessing.items()} == dict.fromkeys(guessing, True)


@pytest.mark.parametrize("weighting", ["uncertainty", "gradnorm"])
def test_who_weighs_learns_too(weighting):
    outcome = train(spec("multitask", weighting=weighting, epochs=2), Silent())
    assert outcome.error is None and not (outcome.weights["weights/learned/kernel"] == 0).all()


def test_captions_find_their_images_better_than_by_chance():
    result = train(
        spec("multimodal", labels_per_class=None, epochs=6, image=(16, 16, 3), batch_size=64, learning_rate=3e-3), Silent()
    ).result
    assert result["retrieval"] > 3 * result["retrieval_chance"]
    assert result["colour_zero_shot"] > 0.5 and result["place_zero_shot"] > 0.4


def turned(*changes, **given):
    told = [{"epoch": epoch, "step": step, "name": name, "value": value} for epoch, step, name, value in changes]
    return spec("multitask", changes=told, **given)


def test_the_weight_of_a_question_is_turned_while_it_learns_in_the_same_graph(kept, alike):
    plain, recorder = train(turned(), Silent()), kept()
    net = network(turned(), 8)
    graphs = len(net.graphs)
    changed = turned((1, 2, "colour_weight", 4.0), (2, 0, "shape_weight", 0.0))
    outcome = train(changed, recorder)
    assert outcome.error is None and outcome.result["seal"] and len(net.graphs) == graphs
    assert not alike(outcome.weights, plain.weights) and alike(train(turned(), Silent()).weights, plain.weights)
    for epoch in (1, 2):
        assert alike(train(changed, kept(), None, Checkpoint(epoch, recorder.checkpoints[epoch])).weights, outcome.weights)


def test_a_question_of_weight_0_is_not_learned():
    outcome = train(turned((0, 0, "shape_weight", 0.0)), Silent())
    first = network(turned(), 8).initial(0)["head/logits/kernel"]
    moved = (outcome.weights["head/logits/kernel"] != first).any(axis=0)
    assert not moved[:8].any() and moved[8:].all()
