"""What has numbers for answers: regression, on images and on tables, and a student with its teacher."""

from dataclasses import replace

import numpy as np
import pytest

from tlcore.datasets import load
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.training import Checkpoint, Silent, answers, train
from tlcore.training.features import features, forget
from tlcore.training.network import network

TABLE = RunSpec.make("pretrain", dataset="diabetes", objective="regression")
CLASSES = RunSpec.make("pretrain", dataset="diabetes", epochs=10)


def told(source, strategy, **given):
    """A short fine-tuning that tells how the disease went on."""
    settings = {"dataset": "diabetes", "objective": "regression", "labels_per_class": 20, "epochs": 6, **given}
    return RunSpec.make("finetune", source=source, strategy=strategy, **settings)


def test_a_dense_net_tells_more_of_a_table_than_its_mean_and_is_measured_in_its_unit(trained):
    outcome = trained(TABLE)
    result, data = outcome.result, load("diabetes")
    assert result["accuracy"] is result["balanced_accuracy"] is result["confusion"] is None
    assert result["loss"] < 0.75 * result["baseline_loss"] and result["rmse"] < 0.87 * result["baseline_rmse"] and result["r2"] > 0.3

    test, mean = data.open_test(), data.train.values.astype(float).mean()
    np.testing.assert_array_equal(outcome.arrays["true"], test.values)
    off = outcome.arrays["predictions"] - test.values
    assert result["rmse"] == pytest.approx(np.sqrt((off.astype(float) ** 2).mean()), rel=1e-5)
    assert result["baseline_rmse"] == pytest.approx(np.sqrt(((test.values - mean) ** 2).mean()), rel=1e-5)
    assert result["loss"] == pytest.approx((result["rmse"] / (346 - 25)) ** 2, rel=1e-4), "scaled by the declared range"
    assert result["r2"] == pytest.approx(1 - (off**2).mean() / test.values.var(), rel=1e-4)


@pytest.mark.parametrize(
    ("strategy", "given"), [("freeze", {"frozen": 2}), ("full", {}), ("auto_rgn", {}), ("lp_ft", {"head": "probe"}), ("lp_ft", {})]
)
def test_a_number_can_be_told_from_any_source_with_any_strategy(strategy, given, trained, alike):
    outcome = train(told(CLASSES, strategy, **given), Silent(), trained(CLASSES).weights)
    assert outcome.error is None and outcome.result["seal"] and outcome.result["rmse"] < outcome.result["baseline_rmse"]
    assert strategy != "freeze" or alike(outcome.weights, trained(CLASSES).weights, "block1", "block2")


def test_a_probe_for_numbers_is_where_its_loss_is_least(trained):
    """Nothing that the first phase could do on its own training examples makes it better, but for the penalty."""
    recorder, spec = Silent(), told(CLASSES, "linear_probe", head="probe", penalty=1e-5, epochs=2, learning_rate=1e-6, batch_size=60)
    train(spec, recorder, trained(CLASSES).weights)
    fresh = Silent()
    train(replace(spec, head="glorot", knobs={k: v for k, v in spec.knobs.items() if k != "penalty"}), fresh, trained(CLASSES).weights)
    assert recorder.rows[-1]["loss"] < 0.5 * fresh.rows[-1]["loss"]


def test_a_number_is_told_from_scratch_and_its_source_s_head_goes_on(trained):
    scratch = train(told(None, "scratch"), Silent())
    assert scratch.error is None and scratch.result["rmse"] < scratch.result["baseline_rmse"]
    recorder = Silent()
    train(told(TABLE, "full", head="source", epochs=1), recorder, trained(TABLE).weights)
    assert recorder.rows[0]["val_loss"] < 0.05, "before the first step"


def test_numbers_survive_a_break(kept, trained, alike):
    spec, recorder = told(CLASSES, "lp_ft"), kept()
    whole = train(spec, recorder, trained(CLASSES).weights)
    again = train(spec, kept(), trained(CLASSES).weights, Checkpoint(3, recorder.checkpoints[3]))  # where its first phase ends
    assert alike(again.weights, whole.weights) and again.result["rmse"] == whole.result["rmse"]


def test_a_table_is_named_too():
    assert train(RunSpec.make("pretrain", dataset="wine", epochs=15), Silent()).result["accuracy"] > 0.85


# --- teacher and student --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def student(seasoned):
    return RunSpec.make("pretrain", source=seasoned, objective="distillation", labels_per_class=40, epochs=10, batch_size=64)


def test_a_teacher_is_asked_and_never_copied(student, origin, alike):
    recorder = Silent()
    outcome = train(student, recorder, origin)
    assert recorder.rows[0]["val_accuracy"] < 0.4, "it begins as any net does"
    assert outcome.result["agreement"] > 0.6 and outcome.result["accuracy"] > 0.6 and outcome.result["confusion"]
    assert not alike(outcome.weights, origin, "block1/conv/kernel")


def test_a_student_is_compared_with_its_teacher_s_own_words(student, origin):
    """KL is 0 where the student is the teacher: what is left is the cross-entropy of the labels."""
    data = load("digits")
    part, known = data.validation, answers.Taught(student, data, origin, lambda: None)(data.validation)
    net = network(student, 10)
    net.load(origin)
    values = features(net, part.images, f"{data.id}/validation", 0, lambda: None)
    loss, accuracy, agreement = (np.asarray(each) for each in net.judged(values, net.answers(known), np.array([0, 0]), range(4))[1])
    named = -np.log(np.exp(known[:, 1:])[np.arange(len(part)), part.labels] / np.exp(known[:, 1:]).sum(1))
    assert agreement.mean() == 1 and accuracy.mean() == pytest.approx((known[:, 1:].argmax(1) == part.labels).mean())
    np.testing.assert_allclose(loss, 0.3 * named, atol=1e-4)


def test_a_lost_teacher_is_one_sentence(student):
    with pytest.raises(InputError, match="weights of the teacher are missing: pretrain it again"):
        train(student, Silent())


def test_answers_of_some_are_those_of_all(student, origin):
    forget()
    data, chosen = load("digits"), np.array([5, 2, 9])
    taught = answers.Taught(student, data, origin, lambda: None)
    some = taught(data.train, chosen)
    forget()  # what was kept stands for the examples that a spec draws, which these are not
    np.testing.assert_allclose(some, taught(data.train)[chosen], rtol=1e-5)
    table = load("diabetes")
    scaled = answers.Scaled(table)
    np.testing.assert_allclose(scaled.back(scaled(table.train)), table.train.values, rtol=1e-5)
    assert scaled(table.train).min() >= 0 and scaled(table.train).max() <= 1
