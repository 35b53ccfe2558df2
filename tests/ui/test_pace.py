"""Times in words follow what this machine has taken so far for runs of that kind, and never count what is done."""

from __future__ import annotations

import pytest

from tests.pages.stand_in import StandIn
from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.studies import Study
from tlcore.ui import expect, pace

LETTERS = RunSpec.make("pretrain", dataset="glyphs")
REDRAWN = RunSpec.make("pretrain", dataset="glyphs", objective="autoencoder")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Someone who trains, in an empty store."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    monkeypatch.delenv("TLCORE_STORE", raising=False)
    yield StandIn(jobs.store())
    jobs.store().close()


def tuned(seed=0, **given):
    """A fine-tuning from letters."""
    return RunSpec.make("finetune", source=LETTERS, dataset="mnist", labels_per_class=5, seed=seed, **given)


def unseen(seconds):
    """What is said of so many expected seconds while nothing was ever run."""
    return pace.span(pace.UNSEEN[0] * seconds, pace.UNSEEN[1] * seconds)


def said(seconds):
    return pace.span(seconds, seconds)


def test_a_machine_that_nobody_knows_gets_a_range(worker):
    assert pace.of_run(LETTERS) == unseen(expect.seconds(LETTERS))
    assert " to " in pace.of_run(LETTERS) and pace.of_run(LETTERS).startswith("about ")


def test_a_source_that_is_not_trained_yet_is_counted(worker):
    assert pace.of_run(tuned()) == unseen(expect.seconds(tuned()) + expect.seconds(LETTERS))


def test_a_slow_machine_promises_less(worker):
    worker.finished(LETTERS, 0.9, 3 * expect.seconds(LETTERS))
    worker.finished(tuned(), 0.8, 3 * expect.seconds(tuned()))
    assert pace.of_run(tuned(1)) == said(3 * expect.seconds(tuned(1))), "and the source that is there is not counted"


def test_each_kind_has_a_pace_of_its_own(worker):
    worker.finished(LETTERS, 0.9, expect.seconds(LETTERS))
    worker.finished(REDRAWN, None, 4 * expect.seconds(REDRAWN))
    for seed in range(5):
        worker.finished(tuned(seed), 0.8, expect.seconds(tuned()) / 4)
    again = RunSpec.make("pretrain", dataset="glyphs", objective="autoencoder", seed=9)
    assert pace.of_run(again) == said(4 * expect.seconds(again))
    assert pace.of_run(tuned(9)) == said(expect.seconds(tuned()) / 4)


def test_a_pace_that_is_borrowed_from_other_runs_is_a_range(worker):
    worker.finished(LETTERS, 0.9, expect.seconds(LETTERS))
    low, high = expect.seconds(REDRAWN) / pace.BORROWED, expect.seconds(REDRAWN) * pace.BORROWED
    assert pace.of_run(REDRAWN) == pace.span(low, high) and " to " in pace.of_run(REDRAWN)


def test_the_newest_runs_count(worker):
    worker.finished(LETTERS, 0.9, 1.0)
    for seed in range(5):
        worker.finished(tuned(seed), 0.8, 15 * expect.seconds(tuned()))
    for seed in range(5, 5 + pace.ALIKE):
        worker.finished(tuned(seed), 0.8, expect.seconds(tuned()))
    assert pace.of_run(tuned(99)) == said(expect.seconds(tuned()))


def test_runs_that_took_very_different_times_give_a_range(worker):
    worker.finished(LETTERS, 0.9, 1.0)
    for seed, ratio in enumerate((1, 1, 2, 4, 4)):
        worker.finished(tuned(seed), 0.8, ratio * expect.seconds(tuned()))
    assert pace.of_run(tuned(9)) == pace.span(expect.seconds(tuned()), 4 * expect.seconds(tuned()))


def test_a_study_counts_neither_runs_nor_sources_that_are_there(worker):
    study = Study.make("arms", source=LETTERS, dataset="mnist", labels_per_class=5, seeds=2, fix_source=True)
    worker.finished(LETTERS, 0.9, expect.seconds(LETTERS))
    for member in study.members[1:]:
        worker.finished(member.spec, 0.8, expect.seconds(member.spec))
    assert pace.of_study(study) == said(expect.seconds(study.members[0].spec))


def test_a_source_whose_runs_are_all_there_is_not_counted_even_when_it_was_deleted(worker):
    study = Study.make("arms", source=LETTERS, dataset="mnist", labels_per_class=5, seeds=1)
    source = worker.finished(LETTERS, 0.9, 5.0)
    for member in study.members:
        worker.finished(member.spec, 0.8, 5.0)
    jobs.store().delete(source, force=True)
    assert pace.of_study(study) == said(0)


def test_what_is_left_counts_what_waits_and_the_rest_of_what_trains(worker):
    worker.finished(LETTERS, 0.9, expect.seconds(LETTERS))
    half = worker.begin(tuned(0, epochs=40))
    worker.store.record_epochs(half, [{"epoch": epoch, "loss": 1.0, "accuracy": 0.5} for epoch in range(21)])
    worker.store.submit(tuned(1, epochs=40))
    worker.finished(tuned(2, epochs=40), 0.8, expect.seconds(tuned(epochs=40)))
    spec = tuned(epochs=40)
    assert pace.left(worker.store.runs()) == pace.span(1.5 * expect.seconds(spec) / pace.MARGIN, 1.5 * expect.seconds(spec) * pace.MARGIN)
