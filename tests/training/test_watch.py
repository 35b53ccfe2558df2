"""Forgetting: the source task is scored while its blocks learn something else, and that changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from tlcore.datasets import load
from tlcore.training import start, train, watch
from tlcore.training.features import outputs
from tlcore.training.network import network


@pytest.fixture(scope="module")
def watched(tuned, seasoned):
    """Makes the spec of a run that watches its source."""
    return lambda strategy, **given: replace(tuned(strategy, watch_source=True, **given), source=seasoned)


@pytest.fixture(scope="module")
def known():
    return {}


@pytest.fixture
def told(known, watched, origin, kept):
    """Trains a run that watches its source, once; returns its outcome and the scores it told."""

    def run(strategy, **given):
        spec = watched(strategy, **given)
        if spec.key not in known:
            recorder = kept()
            known[spec.key] = train(spec, recorder, origin), recorder
        outcome, recorder = known[spec.key]
        return outcome, [row["source_accuracy"] for row in recorder.rows]

    return run


@pytest.mark.parametrize("strategy", ["linear_probe", "full", "lora"])
def test_the_score_at_the_start_is_the_sources_own(trained, told, seasoned, strategy):
    _, scores = told(strategy)
    assert len(scores) == 5
    assert scores[0] == pytest.approx(trained(seasoned).result["end"]["val_accuracy"], abs=1e-9)


def test_frozen_blocks_forget_nothing(told):
    assert len(set(told("linear_probe")[1])) == 1


def test_blocks_that_are_tuned_roughly_forget(told):
    _, scores = told("full", learning_rate=0.1, body_rate=1.0)
    assert scores[-1] < scores[0] - 0.1


def test_the_last_score_is_that_of_the_final_blocks_with_the_sources_head(told, seasoned, origin):
    outcome, scores = told("full")
    net, part = network(seasoned, 10), load("digits").validation
    net.load({**outcome.weights, **{path: origin[path] for path in start.HEAD}})
    guesses = np.asarray(outputs(net, net.prepare(np.asarray(part.images)), 0, lambda: None)).argmax(1)
    assert scores[-1] == pytest.approx((guesses == part.labels).mean(), abs=1e-9)


@pytest.mark.parametrize("strategy", ["full", "linear_probe"])
def test_watching_changes_no_bit(trained, told, watched, alike, strategy):
    outcome, alone = told(strategy)[0], trained(replace(watched(strategy), watch_source=False))
    assert alike(outcome.weights, alone.weights)
    assert outcome.result["accuracy"] == alone.result["accuracy"] and outcome.result["end"] == alone.result["end"]


def test_of_many_images_some_are_watched_evenly(watched, origin, monkeypatch):
    monkeypatch.setattr(watch, "MOST", 10)
    watching = watch.Watch(watched("full"), origin, lambda: None)
    part = load("digits").validation
    every = [place * 178 // 9 for place in range(10)]
    np.testing.assert_array_equal(watching.labels, np.asarray(part.labels)[every])
    np.testing.assert_array_equal(watching.images, np.asarray(part.images)[every])
