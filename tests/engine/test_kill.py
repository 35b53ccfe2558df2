"""The kill harness: SIGKILL at random moments, and a history outside the system that says what had been acknowledged.

Method after Jepsen: the driver writes down what it was told, kills, waits, reads everything, and compares. A failure
prints its seed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress

import numpy as np
import pytest

from tests.engine.rig import quick
from tlcore import folder
from tlcore.spec import RunSpec

SEEDS, OFTEN = 20, 4  # all of them in the slow set, the first in every check
SOURCE = RunSpec.make("pretrain", dataset="digits", epochs=1)
SPEC = quick(source=SOURCE, strategy="freeze", frozen=3, epochs=200, labels_per_class=20, batch_size=8)
MEASURED = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


@pytest.fixture(scope="module")
def reference(warm):
    """The same run without a break: its epochs, its weights, and how long it took."""
    warm.ended(warm.store.submit(SOURCE).id)
    begun = time.monotonic()
    run = warm.ended(warm.store.submit(SPEC).id)
    assert run.state == "finished", run.error
    kept = epochs(warm.store, run.id), warm.store.load_arrays(run.id, "weights.npz"), time.monotonic() - begun
    warm.store.delete(run.id)
    return kept


def epochs(store, run_id):
    return [{name: row[name] for name in MEASURED} for row in store.epochs(run_id)]


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.slow] if seed >= OFTEN else []) for seed in range(SEEDS)])
def test_nothing_acknowledged_is_lost(engine, reference, tmp_path, seed):
    rng = random.Random(seed)
    rows, weights, seconds = reference
    history = tmp_path / "history.jsonl"
    run = engine.store.submit(SPEC)
    kills = rng.choice((1, 1, 1, 2))
    for _ in range(kills):
        moment = time.monotonic() + rng.uniform(0, seconds)
        watch(engine, run.id, history, moment)
        strike(engine, run.id, rng)
    ended = end(engine, run.id)
    check(engine, ended, history, rows, weights, seed)
    engine.store.delete(run.id)


def watch(engine, run_id, history, until):
    """Write down every epoch that the store shows, until the moment comes or the run ends."""
    seen = -1
    with history.open("a") as file:
        while time.monotonic() < until and engine.store.run(run_id).live:
            for row in epochs(engine.store, run_id)[seen + 1 :]:
                file.write(json.dumps(row) + "\n")
                seen = row["epoch"]
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.01)


def strike(engine, run_id, rng):
    """Kill the worker; now and then the dispatcher too, which is then started again."""
    both = rng.random() < 0.15
    if both:
        engine.kill()
    for held in engine.store.held():
        if held.run == run_id:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(held.owner.pid, signal.SIGKILL)
    if both:
        engine.start()
        engine.ready()


def end(engine, run_id):
    """The run at its end; one that was interrupted is resumed by hand."""
    run = engine.ended(run_id)
    while run.state == "interrupted":
        engine.store.resume(run_id)
        run = engine.ended(run_id)
    return run


def check(engine, run, history, rows, weights, seed):
    """N1 to N7: the prefix is whole, nothing changed, one end, whole files, a sound database, the same numbers."""
    told = f"seed {seed}"
    assert run.state == "finished", f"{told}: {run.state} {run.error}"
    assert run.result["seal"], f"{told}: what was frozen has moved"
    found = epochs(engine.store, run.id)
    acknowledged = [json.loads(line) for line in history.read_text().splitlines()]
    for row in acknowledged:
        assert found[row["epoch"]] == row, f"{told}: epoch {row['epoch']} was acknowledged and is another now"
    assert [row["epoch"] for row in found] == list(range(SPEC.epochs + 1)), told
    assert found == rows, f"{told}: the resumed run measured something else than one without a break"
    assert "not bit-identical" not in (run.note or ""), told
    after = engine.store.load_arrays(run.id, "weights.npz")
    assert all(np.array_equal(weights[path], after[path]) for path in weights), f"{told}: other weights"
    for name, (path, digest, _) in engine.store.artifacts(run.id).items():
        assert folder.sha256(path) == digest, f"{told}: {name}"
    with closing(sqlite3.connect(engine.home / "lab.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), told
    assert not engine.store.held(), told
