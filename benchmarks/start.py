"""From the click to the first point, and to the whole answer: a real engine on an empty data folder."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.table import Figure
from tlcore import jobs
from tlcore.clock import tick
from tlcore.datasets import find
from tlcore.store import Store
from tlcore.studies import first

CALM = 15.0  # seconds that a visitor looks at the start page before the click
LONGEST = 600.0  # seconds after which what is waited for will not come


def figures() -> list[Figure]:
    """Two rows: the first point of the start page's experiment, and its answer."""
    with tempfile.TemporaryDirectory(prefix="tlcore-start-", ignore_cleanup_errors=True) as home:
        os.environ |= {"TLCORE_HOME": home, "TLCORE_IDLE": "20"}
        jobs.wake()
        store = jobs.store()
        until(lambda: jobs.engine_state()["state"] == "ready" and find("glyphs") and find("mnist"))
        time.sleep(CALM)
        point, whole, sentence = _measure(store)
        until(lambda: store.engine()["state"] == "absent")
    cores = f"{os.cpu_count()} cores"
    return [
        Figure("click on start to first point in the store, warm engine, data prepared, s", point, "<= 1.5", -1.5, cores),
        Figure("first experiment, s", whole, "<= 90", -90, f"{cores}; {sentence}"),
    ]


def _measure(store: Store) -> tuple[float, float, str]:
    begun = tick()
    study = jobs.submit_study(first())
    until(lambda: any(store.epochs(run.id) for run in store.sources(study.id)))
    point = tick() - begun
    found = until(lambda: (record := store.study(study.id)) and record.summary and record)
    return point, tick() - begun, str(found.summary["sentence"])


def until(true: Callable[[], Any], pause: float = 0.02) -> Any:
    """Wait for something; TimeoutError if it does not come."""
    begun = tick()
    while not (found := true()):
        if tick() - begun > LONGEST:
            raise TimeoutError(f"The engine did not come so far in {LONGEST:g} s: {jobs.engine_state()['message']}")
        time.sleep(pause)
    return found
