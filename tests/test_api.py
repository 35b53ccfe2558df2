"""The public API: what it returns, and that it is the same as what the screen sees."""

from __future__ import annotations

import numpy as np
import pytest

import tlcore
from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.studies import racing

QUICK = {"dataset": "digits", "labels_per_class": 3, "epochs": 2}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A source that was trained for a moment, in a data folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(tmp_path_factory.mktemp("api")))
        yield tlcore.pretrain(dataset="digits", epochs=1)


@pytest.fixture(scope="module")
def frozen(source):
    return tlcore.finetune(source=source, strategy="freeze", frozen=2, **QUICK)


def test_a_run_has_history_and_result(frozen):
    assert frozen.history["epoch"].tolist() == [0, 1, 2]
    assert set(frozen.history) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    result = frozen.result
    assert result.confusion.shape == (10, 10) and result.confusion.sum() == len(result.predictions)
    assert result.accuracy == pytest.approx(np.trace(result.confusion) / result.confusion.sum())
    assert result.per_class["name"].tolist() == list("0123456789")
    assert 0 < result.majority < 0.2


def test_what_was_frozen_did_not_move(source, frozen):
    moved = {path for path, one in frozen.result.moved.items() if one}
    assert frozen.result.sealed and not [path for path in moved if path.startswith(("block1/", "block2/"))]
    assert any(path.startswith("head/") for path in moved)
    assert all(np.array_equal(frozen.weights[path], source.weights[path]) for path in frozen.weights if path.startswith("block1/"))


def test_the_same_question_is_trained_once(source, frozen):
    again = tlcore.finetune(source=source, strategy="freeze", frozen=2, **QUICK)
    assert again.id == frozen.id and jobs.store().run(again.id).attempt == 1


def test_scratch_needs_no_source(source):
    run = tlcore.finetune(source=None, strategy="scratch", **QUICK)
    assert run.spec.source is None and run.result.accuracy is not None


def test_an_autoencoder_is_measured_by_its_error(source):
    result = tlcore.pretrain(dataset="digits", objective="autoencoder", epochs=1).result
    assert result.accuracy is None and result.confusion is None and result.loss > 0


def test_a_freezing_study_has_a_row_a_run_and_a_sentence(source):
    study = tlcore.freezing_study(source=source, seeds=1, controls=False, **QUICK)
    assert list(study.table.columns) == ["arm", "frozen", "labels", "seed", "learning_rate", "accuracy"]
    assert study.table["frozen"].dropna().tolist() == [0, 1, 2, 3, 4]
    assert "training from scratch" in study.sentence
    assert len(study.runs) == len(study.table) == 6
    assert (study.verdict.label, study.verdict.seeds, study.verdict.more_seeds, study.verdict.p) == ("inconclusive", 1, 4, None)


def test_a_study_grows_in_place(source):
    study = tlcore.freezing_study(source=source, seeds=1, controls=False, **QUICK)
    assert set(study.table["arm"]) == {"scratch", "freeze"}
    grown = study.extend(controls=True)
    assert grown.id == study.id
    assert {"scratch_long", "random_frozen", "self", "self_tuned"} < set(grown.table["arm"])
    assert grown.contrasts["against"].tolist()[:2] == ["scratch", "scratch_long"]
    with pytest.raises(tlcore.InputError, match="A study can only grow"):
        grown.extend(epochs=3)


def test_a_label_budget_has_a_comparison_a_budget(source):
    study = tlcore.label_budget(source, "digits", most=2, seeds=1, epochs=1)
    assert sorted(study.table["labels"].unique()) == [1, 2] and study.contrasts["frozen"].tolist() == [1, 2]


def test_adapters_lie_beside_the_weights_and_merge_into_them(source):
    run = tlcore.finetune(source, strategy="lora", rank=2, **QUICK)
    assert set(run.weights) == set(source.weights)
    assert set(run.merged) == set(source.weights)
    changed = {path for path in run.merged if path.endswith("kernel") and not np.array_equal(run.merged[path], run.weights[path])}
    assert changed == {f"block{place}/{'dense' if place == 4 else 'conv'}/kernel" for place in range(1, 5)}
    assert run.adapters["base"].nbytes == 32 and not tlcore.finetune(source, strategy="freeze", frozen=2, **QUICK).adapters


def test_a_study_shares_the_runs_that_are_there(source):
    before = len(jobs.store().runs(limit=100))
    tlcore.transfer_study(source=source, seeds=1, **QUICK)
    after = jobs.store().runs(limit=100)
    assert len(after) - before == 1, "all but probe-then-tune was there from the other study, by other names"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"strategy": "freeze", "frozen": 9}, "choose 0 to 4"),
        ({"strategy": "magic"}, "There is no strategy 'magic'"),
        ({"colour": "red"}, "There is no setting 'colour'"),
        ({"labels_per_class": 10_000}, "choose 1 to"),
        ({"epochs": 0}, "choose a whole number from 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(source, given, sentence):
    with pytest.raises(tlcore.InputError, match=sentence):
        tlcore.finetune(source=source, **{**QUICK, **given})


def test_a_source_must_be_one(source):
    with pytest.raises(tlcore.InputError, match="give what"):
        tlcore.finetune(source="glyphs", **QUICK)


def test_a_failed_run_raises_its_sentence(source):
    with pytest.raises(tlcore.InputError, match="choose a learning rate below"):
        tlcore.finetune(strategy="scratch", normalization="none", learning_rate=1e6, **{**QUICK, "epochs": 20})


def test_missing_weights_of_a_source_are_told(source):
    lost = tlcore.pretrain(dataset="digits", epochs=1, seed=77)
    for path, _, _ in jobs.store().artifacts(lost.id).values():
        path.unlink()
    with pytest.raises(tlcore.InputError, match="missing or damaged"):
        tlcore.finetune(source=lost, **QUICK)
    with pytest.raises(tlcore.InputError, match="missing or damaged"):
        lost.weights  # noqa: B018 - a property that reads a file


def test_a_recipe_is_a_source_too(source):
    assert (
        tlcore.finetune(source=RunSpec.make("pretrain", dataset="digits", epochs=1), strategy="freeze", frozen=2, **QUICK).spec.source
        == source.spec
    )


def test_a_race_gives_each_objective_its_minutes_and_goes_on_where_it_was(source):
    recipe = racing.recipe("digits")
    given = {"objectives": ("supervised", "autoencoder"), "targets": "digits", "labels": (2, None), "epochs": 1}
    study = tlcore.race(recipe, seeds=1, minutes=0.0001, **given)
    assert {run.spec.source.epochs for run in study.runs if run.spec.source} == {1}, "less than an epoch is one"
    assert set(study.table["arm"]) == {"supervised", "autoencoder", "scratch", "random_frozen"} and len(study.table) == 2 * 4
    assert "came furthest" in study.sentence and study.verdict is None and len(study.contrasts) == 4
    before = {run.id for run in study.runs}
    assert before < {run.id for run in study.extend(seeds=2).runs}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"source": None}, "give the name of a data set"),
        ({"minutes": -1}, "give a number above 0"),
        ({"minutes": 0}, "give a number above 0"),
        ({"minutes": "long"}, "give a number above 0"),
        ({"objectives": ()}, "choose at least one of"),
        ({"objectives": 7}, "choose at least one of"),
        ({"targets": ()}, "There is no data set ''"),
        ({"targets": 3}, "There is no data set"),
        ({"labels": ()}, "numbers joined by hyphens"),
        ({"labels": 0}, "Labels per class is 0"),
        ({"paces": "autoencoder_0"}, "Epochs is 0"),
    ],
)
def test_a_race_that_cannot_be_is_refused_with_a_sentence(source, given, sentence):
    with pytest.raises(tlcore.InputError, match=sentence):
        tlcore.race(**{"source": "digits", **given})
