"""Early stopping: when a run ends, with which weights, and that a break makes no difference to it."""

from dataclasses import replace

import numpy as np
import pytest

from tlcore.datasets import load
from tlcore.training import Checkpoint, train
from tlcore.training.best import Best
from tlcore.training.features import outputs
from tlcore.training.network import network


@pytest.fixture(scope="module")
def patient(tuned, seasoned):
    """A run that has its best epoch soon, and then gets worse."""
    return replace(tuned("full", epochs=60, patience=4, learning_rate=0.01), source=seasoned)


@pytest.fixture(scope="module")
def known():
    return {}


@pytest.fixture
def stopped(known, patient, origin, kept):
    """The run with patience, and what it told on its way."""
    if not known:
        known["recorder"] = kept()
        known["outcome"] = train(patient, known["recorder"], origin)
    return known["outcome"], known["recorder"]


def losses(recorder):
    return [row["val_loss"] for row in recorder.rows]


def cross_entropy(spec, weights):
    """Of the validation part, without the loop."""
    net, part = network(spec, 10), load("digits").validation
    net.load(weights)
    logits = np.asarray(outputs(net, net.prepare(np.asarray(part.images)), 0, lambda: None), "float64")
    labels = np.asarray(part.labels)
    return (np.log(np.exp(logits).sum(1)) - logits[range(len(labels)), labels]).mean()


def test_a_run_ends_when_its_patience_is_over(stopped, patient):
    outcome, recorder = stopped
    best = int(np.argmin(losses(recorder)))
    assert outcome.state == "finished" and outcome.result["best_epoch"] == best
    assert len(recorder.rows) - 1 == best + patient.patience < patient.epochs


def test_a_run_with_patience_ends_as_it_was_at_its_best(stopped, patient):
    outcome, recorder = stopped
    best = losses(recorder)[outcome.result["best_epoch"]]
    assert outcome.result["end"]["val_loss"] == pytest.approx(best, abs=1e-6)
    assert cross_entropy(patient, outcome.weights) == pytest.approx(best, abs=1e-6)
    assert losses(recorder)[-1] > best


def test_the_best_weights_are_those_of_its_epoch_to_the_last_bit(stopped, alike):
    outcome, recorder = stopped
    assert alike(outcome.weights, recorder.checkpoints[outcome.result["best_epoch"]])


@pytest.mark.parametrize("place", ["before the best", "after the best", "at the end"])
def test_a_resumed_run_ends_as_one_without_a_break(stopped, patient, origin, kept, alike, place):
    outcome, recorder = stopped
    best, last, again = outcome.result["best_epoch"], recorder.rows[-1]["epoch"], kept()
    epoch = {"before the best": best - 1, "after the best": best + 2, "at the end": last}[place]
    resumed = train(patient, again, origin, Checkpoint(epoch, recorder.checkpoints[epoch]))
    assert alike(resumed.weights, outcome.weights)
    assert again.numbers[1:] == recorder.numbers[epoch + 1 :]
    assert {**resumed.result, "seconds": 0} == {**outcome.result, "seconds": 0}


def test_without_patience_a_run_goes_to_its_end_and_keeps_nothing(patient, origin, kept):
    recorder = kept()
    outcome = train(replace(patient, patience=0, epochs=8), recorder, origin)
    assert len(recorder.rows) == 9 and "best_epoch" not in outcome.result
    assert outcome.result["end"] == {name: recorder.rows[-1][name] for name in ("val_loss", "val_accuracy")}
    assert not any(path.startswith("best/") for arrays in recorder.checkpoints.values() for path in arrays)


def test_patience_begins_with_the_last_phase(tuned, seasoned, origin, kept):
    """The head alone may take long: what waits for it is not waiting for the whole."""
    recorder = kept()
    spec = replace(tuned("lp_ft", epochs=12, patience=2, probe_share=0.5, learning_rate=0.3), source=seasoned)
    train(spec, recorder, origin)
    best = int(np.argmin(losses(recorder)[:7]))
    assert best < 4 and len(recorder.rows) - 1 >= 8


def test_of_equal_epochs_the_first_is_the_best():
    best = Best(2)
    for epoch, loss in enumerate((3.0, 1.0, 1.0, 2.0)):
        best.look(epoch, loss, {"a": np.array(epoch)})
    assert best.epoch == 1 and best.weights["a"] == 1


@pytest.mark.parametrize(("epoch", "since", "over"), [(2, 0, False), (3, 0, True), (3, 2, False), (4, 2, True)])
def test_epochs_before_a_phase_do_not_count(epoch, since, over):
    best = Best(2)
    best.look(1, 1.0, {"a": np.zeros(1)})
    assert best.waited(epoch, since) is over


def test_a_loss_that_is_no_number_is_never_the_best():
    best = Best(2)
    best.look(0, 5.0, {"a": np.zeros(1)})
    best.look(1, np.nan, {"a": np.ones(1)})
    assert best.epoch == 0


def test_what_a_checkpoint_keeps_comes_back():
    best, again = Best(2), Best(2)
    best.look(3, 0.25, {"block1/conv/kernel": np.arange(3.0)})
    again.restore({"other": np.zeros(1), **best.state()})
    assert (again.epoch, again.loss) == (3, 0.25) and again.weights.keys() == {"block1/conv/kernel"}
    assert Best(0).state() == {}
