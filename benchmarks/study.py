"""A whole freezing study here against the Keras guide's recipe in a loop, and with two workers against one; and a visitor's wait.

Five depths, five seeds, 200 labels, 40 epochs, 2,000 validation images after each; one source that is there. The visitor asks as
the page asks: 5 labels a class, and the controls after the first answer.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.finetuning import BATCH, EPOCHS, LABELS, RATE, forgotten, guide, ours
from benchmarks.start import until
from benchmarks.table import Figure
from tlcore import jobs
from tlcore.clock import tick
from tlcore.datasets import load
from tlcore.engine import inline
from tlcore.spec import RunSpec
from tlcore.studies import Study
from tlcore.training import Silent, train

SEEDS = 5
SOURCE = RunSpec.make("pretrain", dataset="glyphs", per_class=20, epochs=1)
SETTINGS: dict[str, Any] = {"labels_per_class": LABELS, "epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE}


def figures() -> Iterator[Figure]:
    """Three rows, each as soon as it is measured."""
    yield _recipe()
    yield _workers()
    yield _answer()


def _recipe() -> Figure:
    """Every run of the study in this warm process, ours, then the guide's; evaluation included."""
    weights = train(SOURCE, Silent()).weights
    load("mnist-watched")
    specs = [member.spec for member in _study("mnist-watched").members if member.arm == "freeze"]
    forgotten()
    here = [ours(spec, weights, cold=False) for spec in specs]
    there = [guide(spec, weights, frozen=spec.knobs["frozen"]) for spec in specs]
    apart = 100 * abs(np.mean([each.accuracy for each in here]) - np.mean([each.accuracy for each in there]))
    ratio = sum(each.seconds for each in there) / sum(each.seconds for each in here)
    net = (
        f"{SOURCE.backbone}, batch {BATCH}, batch normalization, start weights and batches paired; mean accuracies {apart:.1f} points apart"
    )
    return Figure("freezing study, 5 depths x 5 seeds, against the guide's recipe in a loop", ratio, ">= 5", 5, net)


def _study(dataset: str) -> Study:
    return Study.make("freezing", source=SOURCE, dataset=dataset, seeds=SEEDS, fix_source=True, controls=False, **SETTINGS)


def _workers() -> Figure:
    seconds = {slots: _took(_study("mnist"), slots) for slots in (1, 2)}
    told = f"{os.cpu_count()} cores; {seconds[1]:.0f} s with one, {seconds[2]:.0f} s with two; SQLite, warm engine, source and data there"
    return Figure("the same with two local workers against one", seconds[1] / seconds[2], ">= 1.35", 1.35, told)


def _answer() -> Figure:
    asked = Study.make("freezing", source=SOURCE, dataset="mnist", labels_per_class=5, seeds=SEEDS, fix_source=True)
    how = f"{os.cpu_count()} cores, one worker; 5 labels a class of MNIST, {SEEDS} seeds, controls still to come; warm engine, source and data there"
    return Figure("effect of freezing, from the question to its first answer, s", _took(asked, 1), "<= 120", -120, how)


def _took(asked: Study, slots: int) -> float:
    """Seconds from the question to its first answer."""
    with tempfile.TemporaryDirectory(prefix="tlcore-study-", ignore_cleanup_errors=True) as home:
        os.environ |= {"TLCORE_HOME": home, "TLCORE_IDLE": "5", "TLCORE_SLOTS": str(slots), "TLCORE_WARM": "off"}
        store = jobs.store()
        load("mnist")
        inline.complete(store, store.submit(SOURCE).id)
        jobs.wake()
        until(lambda: jobs.engine_state()["state"] == "ready")
        begun = tick()
        record = jobs.submit_study(asked)
        until(lambda: (found := store.study(record.id)) and found.summary)
        took = tick() - begun
        jobs.stop_study(record.id)
        until(lambda: store.engine()["state"] == "absent")
        return took
