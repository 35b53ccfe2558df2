"""Times in words follow what this machine has taken so far."""

from __future__ import annotations

import pytest

from tests.pages.stand_in import StandIn
from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.ui import expect, pace, words

LETTERS = RunSpec.make("pretrain", dataset="glyphs")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Someone who trains, in an empty store."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.delenv("TLCORE_STORE", raising=False)
    yield StandIn(jobs.store())
    jobs.store().close()


def tuned(seed=0):
    """A fine-tuning from letters."""
    return RunSpec.make("finetune", source=LETTERS, dataset="mnist", labels_per_class=5, seed=seed)


def test_without_runs_it_is_what_is_expected(worker):
    assert pace.of_run(LETTERS) == words.about(expect.seconds(LETTERS))


def test_a_source_that_is_not_trained_yet_is_counted(worker):
    assert pace.of_run(tuned()) == words.about(expect.seconds(tuned()) + expect.seconds(LETTERS))


def test_a_slow_machine_promises_less(worker):
    worker.finished(LETTERS, 0.9, 3 * expect.seconds(LETTERS))
    worker.finished(tuned(), 0.8, 3 * expect.seconds(tuned()))
    assert pace.of_run(tuned(1)) == words.about(3 * expect.seconds(tuned(1))), "and the source that is there is not counted"
