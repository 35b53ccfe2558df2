"""What it costs to watch a pretraining, and how soon after the click its first pictures are there: with and without glimpses, in turns."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.start import until
from benchmarks.table import Figure
from tlcore import datasets, jobs
from tlcore.clock import tick
from tlcore.spec import RunSpec

CALM = 10.0  # seconds that a visitor looks at a page before the click
OBJECTIVES = ("supervised", "vae")
PAIRS = 2


def figures() -> list[Figure]:
    """A row for the first picture, then one for each objective: processor seconds with glimpses over those without."""
    cores = f"{os.cpu_count()} cores"
    first = Figure("click on Pretrain to first reconstruction in the store, warm worker, s", _first(), "<= 3", -3.0, cores)
    return [first, *(_cost(objective, cores) for objective in OBJECTIVES)]


def _first() -> float:
    """Seconds from asking for a variational autoencoder of glyphs to its first glimpse; one of another seed was trained just before."""
    with tempfile.TemporaryDirectory(prefix="tlcore-watching-", ignore_cleanup_errors=True) as home:
        os.environ |= {"TLCORE_HOME": home, "TLCORE_IDLE": "20"}
        jobs.wake()
        store = jobs.store()
        until(lambda: jobs.engine_state()["state"] == "ready" and datasets.find("glyphs"))
        before = jobs.submit(RunSpec.make("pretrain", objective="vae", seed=1))
        until(lambda: store.epochs(before.id))
        jobs.stop(before.id)
        until(lambda: not store.held())
        time.sleep(CALM)
        begun = tick()
        run = jobs.submit(RunSpec.make("pretrain", objective="vae"))
        until(lambda: store.glimpses(run.id))
        took = tick() - begun
        jobs.stop(run.id)
        until(lambda: store.engine()["state"] == "absent")
        return took


def _cost(objective: str, cores: str) -> Figure:
    from tlcore.training import Silent, train

    datasets.prepare("glyphs")
    spec = RunSpec.make("pretrain", objective=objective)
    train(RunSpec.make("pretrain", objective=objective, epochs=1), Silent())  # traces everything, and prepares the images, once
    spent = {True: 0.0, False: 0.0}
    for turn in range(2 * PAIRS):
        seen = turn % 2 == 0
        with _watched(seen):
            begun = time.process_time()
            train(spec, Silent())
            spent[seen] += time.process_time() - begun
    ratio = spent[True] / spent[False]
    told = f"{cores}; {spent[True] / PAIRS:.1f} and {spent[False] / PAIRS:.1f} processor seconds a run"
    return Figure(f"pretraining {objective} on glyphs with glimpses over without", ratio, "<= 1.05", -1.05, told)


@contextmanager
def _watched(seen: bool) -> Iterator[None]:
    """Glimpses on or off."""
    from tlcore.training import run

    kept: Any = run._Run._glimpsed
    if not seen:
        run._Run._glimpsed = lambda self, epoch, must=False: {}  # type: ignore[method-assign]
    try:
        yield
    finally:
        run._Run._glimpsed = kept  # type: ignore[method-assign]


if __name__ == "__main__":
    from benchmarks.table import markdown

    print(markdown(figures()))
