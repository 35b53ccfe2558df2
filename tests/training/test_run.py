"""One run from its spec to its result: what each strategy leaves alone, resume, stop, failure, and repetition."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.training import Checkpoint, calls, features, run, start, train

FRESH = """
import hashlib, sys
from tlcore.spec import RunSpec
from tlcore.training import Silent, train
spec = RunSpec.from_json(sys.argv[1])
source = train(spec.source, Silent()).weights
print(hashlib.sha256(b"".join(values.tobytes() for values in train(spec, Silent(), source).weights.values())).hexdigest())
"""


def test_a_run_tells_its_epochs_from_0_on(trained, tuned, source, kept):
    spec, recorder = tuned("linear_probe"), kept()
    outcome = train(spec, recorder, source)
    assert outcome.state == "finished"
    assert [row["epoch"] for row in recorder.rows] == [0, 1, 2, 3, 4]
    assert recorder.rows[0].keys() == {"epoch", "val_loss", "val_accuracy", "confusion"}
    assert recorder.rows[1].keys() == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "rate", "gradients", "confusion"}
    assert all(row["seconds"] > 0 for row in recorder.rows[1:])
    assert outcome.result["start"] == {name: recorder.rows[0][name] for name in ("val_loss", "val_accuracy")}


def test_a_result_is_plain_values(trained, tuned):
    result = trained(tuned("linear_probe")).result
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["parameters"]["trainable"] == 64 * 10 + 10
    assert (result["train_size"], result["validation_size"], result["test_size"]) == (50, 179, 539)
    assert sum(map(sum, result["confusion"])) == 539


def test_from_scratch_starts_at_chance_with_the_loss_of_guessing(trained, tuned):
    spec = tuned("scratch", epochs=1)
    start = trained(spec).result["start"]
    assert abs(start["val_accuracy"] - 0.1) <= 3 * np.sqrt(0.1 * 0.9 / 179)
    assert abs(start["val_loss"] - np.log(10)) < 0.2 * np.log(10)


def test_a_head_of_zeros_starts_at_the_logarithm_of_the_classes(tuned, source, kept, monkeypatch):
    fresh = run.Network.initial
    zeros = {"head/logits/kernel": np.zeros((64, 10), "float32"), "head/logits/bias": np.zeros(10, "float32")}
    monkeypatch.setattr(run.Network, "initial", lambda net, seed, purpose="": {**fresh(net, seed, purpose), **zeros})
    outcome = train(tuned("linear_probe", epochs=1), kept(), source)
    assert outcome.result["start"]["val_loss"] == pytest.approx(np.log(10), abs=1e-6)


def test_from_scratch_takes_nothing_from_a_source(trained, tuned, source):
    weights = trained(tuned("scratch", epochs=1)).weights
    assert not any((weights[path] == source[path]).all() for path in weights)


@pytest.mark.parametrize("frozen", range(5))
def test_frozen_blocks_keep_every_byte_with_their_statistics(trained, tuned, source, alike, frozen):
    outcome = trained(tuned("freeze", frozen=frozen))
    for place in range(1, 5):
        assert alike(outcome.weights, source, f"block{place}/") == (place <= frozen)
    moved = {path.split("/")[0] for path, changed in outcome.result["moved"].items() if changed}
    assert moved == {*(f"block{place}" for place in range(frozen + 1, 5)), "head"}
    assert outcome.result["seal"] is True


def test_a_factor_of_zero_keeps_a_block_between_trained_ones(trained, tuned, source, alike):
    weights = trained(tuned("surgical", block=2)).weights
    assert alike(weights, source, "block1/", "block3/", "block4/")
    assert not any(alike(weights, source, path) for path in weights if path.startswith("block2/"))


def test_surgery_without_the_head_leaves_the_head_as_drawn(trained, tuned, source):
    moved = trained(tuned("surgical", block=3, with_head=False)).result["moved"]
    assert {path.split("/")[0] for path, changed in moved.items() if changed} == {"block3"}


def test_full_is_freezing_no_block_to_the_last_bit(trained, tuned, alike):
    assert alike(trained(tuned("full")).weights, trained(tuned("freeze", frozen=0)).weights)


def test_the_linear_probe_is_freezing_all_blocks_to_the_last_bit(trained, tuned, alike):
    assert alike(trained(tuned("linear_probe")).weights, trained(tuned("freeze", frozen=4)).weights)


def test_tuning_goes_on_from_the_logits_of_the_probe(trained, tuned, source, kept):
    probe, both = trained(tuned("linear_probe", epochs=2)), kept()
    train(tuned("lp_ft", learning_rate=3e-3, tune_rate=0.001), both, source)
    assert both.checkpoints[2]["head/logits/kernel"].tobytes() == probe.weights["head/logits/kernel"].tobytes()
    gentle = kept()
    train(tuned("lp_ft", learning_rate=1e-6, tune_rate=0.001), gentle, source)
    losses = [row["val_loss"] for row in gentle.rows]
    assert losses[2] == pytest.approx(losses[3], abs=1e-5)  # from cached features, then through the whole net


def test_tuning_after_the_probe_keeps_the_statistics(trained, tuned):
    moved = trained(tuned("lp_ft")).result["moved"]
    assert {path for path, changed in moved.items() if not changed} == {path for path in moved if "/moving_" in path}


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_resumed_run_ends_as_one_without_a_break(tuned, source, kept, alike, monkeypatch, epoch):
    """Epoch 2 is the border between the phases; 1 and 3 lie inside of them."""
    monkeypatch.setattr(calls, "ENOUGH", 0.0)  # each call makes one step, so that there is a checkpoint after each epoch
    whole, later = kept(), kept()
    expected = train(tuned("lp_ft"), whole, source)
    outcome = train(tuned("lp_ft"), later, source, Checkpoint(epoch, whole.checkpoints[epoch]))
    assert alike(outcome.weights, expected.weights)
    assert later.numbers[1:] == whole.numbers[epoch + 1 :]
    assert outcome.result["moved"] == expected.result["moved"] and outcome.result["start"] == expected.result["start"]


def test_numbers_do_not_depend_on_how_much_a_call_does(trained, tuned, source, kept, alike, monkeypatch):
    monkeypatch.setattr(calls, "ENOUGH", 0.0)
    step, much = kept(), kept()
    outcome = train(tuned("full"), step, source)
    monkeypatch.setattr(calls, "ENOUGH", 1e9)
    assert alike(outcome.weights, train(tuned("full"), much, source).weights)
    assert step.numbers == much.numbers


def test_a_wish_to_stop_is_heard_between_two_calls(tuned, source, kept):
    recorder = kept(patience=6)
    outcome = train(tuned("lp_ft", epochs=2000), recorder, source)
    assert outcome.state == "stopped" and outcome.error is None
    assert recorder.rows[-1]["epoch"] < 2000
    assert outcome.result["seal"] is True and outcome.weights


def test_a_wish_to_stop_is_heard_while_images_pass_the_frozen_blocks(tuned, source, kept):
    recorder = kept(patience=0)
    outcome = train(tuned("freeze", frozen=3, seed=77), recorder, source)
    assert outcome.state == "stopped" and recorder.rows == []


def test_a_loss_that_is_no_number_fails_with_a_sentence_and_keeps_the_curves(kept, monkeypatch):
    spec = RunSpec.make("finetune", dataset="digits", labels_per_class=5, normalization="none", learning_rate=1e6, epochs=3)
    recorder = kept()
    outcome = train(spec, recorder)
    assert outcome.state == "failed"
    assert (
        outcome.error
        == "The loss was no longer a number in epoch 1: choose a learning rate below 1e+06; the curves up to epoch 0 are kept."
    )
    assert [row["epoch"] for row in recorder.rows] == [0]


def test_epochs_before_the_loss_broke_are_kept(tuned, source, kept, monkeypatch):
    """The third of four epochs in one call breaks."""
    recorder, original = kept(), calls.Calls.epochs

    def broken(self, phase, epochs, step=0, single=False):
        for epoch, sums, seconds in original(self, phase, epochs, step):
            sums[2:] = np.nan
            yield epoch, sums, seconds

    monkeypatch.setattr(calls.Calls, "epochs", broken)
    monkeypatch.setattr(calls, "ENOUGH", 1e9)
    monkeypatch.setattr(calls, "FIRST", 1000)
    outcome = train(tuned("linear_probe"), recorder, source)
    assert outcome.state == "failed" and outcome.error.startswith("The loss was no longer a number in epoch 3:")
    assert [row["epoch"] for row in recorder.rows] == [0, 1, 2]


def test_a_source_with_damaged_numbers_is_told(tuned, source, kept):
    damaged = {**source, "block4/dense/kernel": np.full_like(source["block4/dense/kernel"], np.nan)}
    outcome = train(tuned("linear_probe"), kept(), damaged)
    assert outcome.state == "failed" and "the weights of the source are damaged, pretrain it again" in outcome.error


@pytest.mark.parametrize("wrong", [None, "missing", "shape"])
def test_weights_of_a_wrong_source_are_refused_with_a_sentence(tuned, source, kept, wrong):
    weights = None if wrong is None else dict(source)
    if wrong == "missing":
        del weights["block2/norm/gamma"]
    if wrong == "shape":
        weights["block2/norm/gamma"] = np.ones(5, "float32")
    with pytest.raises(InputError, match="block2/norm/gamma: take a source" if wrong else "weights of the source are missing: pretrain"):
        train(tuned("full"), kept(), weights)


def test_a_strategy_that_moved_what_it_froze_is_a_failed_run(tuned, source, kept, monkeypatch):
    """Somebody nudges a statistic of a frozen block by one bit."""

    def meddling(self):
        norm = next(each for each in self.variables if each == "block1/norm/moving_mean")
        values = np.array(self.variables[norm].value)
        values[0] = np.nextafter(values[0], 1)
        return {path: values if path == norm else np.array(variable.value) for path, variable in self.variables.items()}

    monkeypatch.setattr(run.Network, "weights", meddling)
    outcome = train(tuned("freeze", frozen=2), kept(), source)
    assert outcome.state == "failed" and outcome.error.startswith("A frozen variable has moved, so this run does not count")
    assert outcome.result["seal"] is False and outcome.result["moved"]["block1/norm/moving_mean"] is True


def test_a_fresh_process_and_a_used_one_give_the_same_bits(trained, tuned, source, kept, alike, home):
    """Other runs lie between the two in this process; a third is made in a process of its own."""
    spec = tuned("lp_ft")
    first = trained(spec).weights
    train(tuned("full", epochs=1, seed=3), kept(), source)
    features.forget()
    assert alike(train(spec, kept(), source).weights, first)
    command = [sys.executable, "-c", FRESH, spec.to_json()]
    fresh = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ, timeout=300)
    assert fresh.stdout.split()[-1] == hashlib.sha256(b"".join(values.tobytes() for values in first.values())).hexdigest()


def test_a_source_that_sees_other_images_gets_them_in_its_own_shape(trained):
    """Preprocessing is part of the source: grey 8 x 8 digits reach a net that was made for 12 x 9 in colour."""
    source = RunSpec.make("pretrain", dataset="digits", image=(12, 9, 3), labels_per_class=5, epochs=1)
    spec = RunSpec.make("finetune", source=source, dataset="digits", labels_per_class=5, strategy="linear_probe", epochs=1)
    outcome = trained(spec)
    assert outcome.state == "finished" and outcome.weights["block1/conv/kernel"].shape == (3, 3, 3, 32)
    assert 0 < outcome.result["accuracy"] < 1


def test_an_autoencoder_beats_the_mean_image_and_its_bottleneck_transfers(trained, kept, alike):
    spec = RunSpec.make("pretrain", dataset="digits", objective="autoencoder", epochs=12, batch_size=64, learning_rate=3e-3)
    outcome = trained(spec)
    result, pictures = outcome.result, outcome.arrays["pictures"]
    assert result["loss"] < 0.7 * result["baseline_loss"]
    assert result["accuracy"] is None and pictures.shape == (2, 12, 8, 8, 1) and pictures.dtype == np.uint8
    error = ((pictures[0] / 255.0 - pictures[1] / 255.0) ** 2).mean()
    assert error == pytest.approx(result["loss"], rel=0.5)
    probe = RunSpec.make("finetune", source=spec, dataset="digits", labels_per_class=5, strategy="linear_probe", epochs=2)
    assert alike(train(probe, kept(), outcome.weights).weights, outcome.weights, "block")


def test_the_finder_of_a_rate_suggests_one_and_changes_nothing(tuned, source, kept, alike):
    recorder = kept()
    spec = tuned("full", schedule="finder", learning_rate=1.0, epochs=12)
    outcome = train(spec, recorder, source)
    assert outcome.state == "finished" and 1e-4 < outcome.result["suggested_rate"] <= 1.0
    assert recorder.rows[1]["rate"] < 1e-3 < recorder.rows[-1]["rate"]
    assert alike(outcome.weights, source, "block") and not any(outcome.result["moved"].values())


def test_a_rate_that_breaks_the_loss_is_the_end_of_the_search(tuned, source, kept, monkeypatch):
    recorder, original = kept(), calls.Calls.epochs

    def broken(self, *given, **more):
        for epoch, sums, seconds in original(self, *given, **more):
            sums[max(0, 5 - epoch) :] = np.nan
            yield epoch, sums, seconds

    monkeypatch.setattr(calls.Calls, "epochs", broken)
    monkeypatch.setattr(calls, "ENOUGH", 1e9)
    monkeypatch.setattr(calls, "FIRST", 1000)
    outcome = train(tuned("full", schedule="finder", learning_rate=1.0, epochs=12), recorder, source)
    assert outcome.state == "finished" and [row["epoch"] for row in recorder.rows] == [0, 1, 2, 3, 4, 5]
    assert not any(outcome.result["moved"].values())


def test_a_new_head_is_drawn_otherwise_than_the_source_drew_its_own(tuned, pretraining):
    """The same draw would know the features that were learned for it, where source and target have as many classes."""
    spec = tuned("linear_probe", seed=pretraining.seed)
    target, source = (start.drawn(each, run.network(each, 10)) for each in (spec, pretraining))
    assert all((target[path] != source[path]).any() for path in target if path.endswith("kernel"))
