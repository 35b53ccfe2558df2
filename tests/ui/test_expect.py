"""What a run is expected to take: more for more work, and nothing twice."""

from __future__ import annotations

import json

import pytest

from tlcore.spec import RunSpec
from tlcore.strategies import STRATEGIES
from tlcore.studies import Study, first
from tlcore.ui import expect

LETTERS = RunSpec.make("pretrain", dataset="glyphs")


def seconds(strategy="full", **given):
    """Of a fine-tuning with 50 labels a class."""
    return expect.seconds(RunSpec.make("finetune", source=LETTERS, strategy=strategy, **{"labels_per_class": 50, "epochs": 200, **given}))


def test_more_work_takes_longer():
    assert seconds(epochs=20) < seconds(epochs=200) < seconds(labels_per_class=200)
    assert seconds("linear_probe") < seconds("freeze", frozen=2) < seconds("full")
    big = RunSpec.make("pretrain", dataset="glyphs", backbone="cnn-medium")
    assert expect.seconds(big) > expect.seconds(LETTERS)
    assert 5 * expect.seconds(RunSpec.make("pretrain", dataset="fashion", per_class=100)) < expect.seconds(
        RunSpec.make("pretrain", dataset="fashion", per_class=5000)
    )
    assert expect.seconds(RunSpec.make("pretrain", dataset="glyphs", objective="autoencoder")) > 2 * expect.seconds(LETTERS)


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_has_a_time(name):
    source = LETTERS if STRATEGIES[name].facts["needs_source"] else None
    spec = RunSpec.make("finetune", source=source, strategy=name, labels_per_class=50, epochs=200)
    assert expect.START < expect.seconds(spec) <= 1.5 * seconds("full")


def test_controls_their_sources_and_rates_are_counted():
    def takes(**given):
        return expect.study_seconds(Study.make("freezing", source=LETTERS, labels_per_class=5, seeds=2, fix_source=True, **given))

    assert takes(controls=False) < takes(controls=True) < takes(controls=True, grid=True)
    study = Study.make("freezing", source=LETTERS, labels_per_class=5, seeds=1, fix_source=True)
    runs = {member.spec.key: member.spec for member in study.members}
    sources = {member.spec.source.key: member.spec.source for member in study.members if member.spec.source}
    assert len(sources) == 2, "the source, and the one from the target itself"
    assert expect.study_seconds(study) == pytest.approx(sum(map(expect.seconds, [*runs.values(), *sources.values()])))


def test_watching_the_source_costs_its_images_too():
    assert seconds(watch_source=True) > seconds()


def test_a_set_of_unknown_size_has_a_time_too():
    assert expect.seconds(LETTERS) > expect.START


def test_a_study_is_the_sum_of_its_runs_and_sources_each_once():
    study = Study.make("arms", source=LETTERS, labels_per_class=5, seeds=2, fix_source=True)
    alone = sum(expect.seconds(member.spec) for member in study.members) + expect.seconds(LETTERS)
    assert expect.study_seconds(study) == pytest.approx(alone)


def test_more_seeds_cost_only_what_is_new():
    study = Study.make("arms", source=LETTERS, labels_per_class=5, seeds=3)
    more = Study.make("arms", source=LETTERS, labels_per_class=5, seeds=5)
    told = expect.more_seconds(study.to_json(), 5)
    assert told == pytest.approx(expect.study_seconds(more) - expect.study_seconds(study))
    assert expect.more_seconds(json.dumps(json.loads(study.to_json())), 3) == 0


def test_the_first_experiment_promises_less_than_its_bar():
    assert 10 < expect.study_seconds(first()) < 90
