"""Kill -9 of a process that writes: whatever it had acknowledged is there, whole and without a gap."""

from __future__ import annotations

import random
import signal
import sqlite3

import pytest

from tests.store import recipes
from tlcore.store import Store

# The child says what was acknowledged, after it was; the test is the history outside the system.
WRITER = """
import numpy as np
from tests.store import recipes
from tlcore.store import Owner, Store
store = Store({url!r})
lease = store.claim(Owner.me()).lease
print("run", lease.run, flush=True)
epoch = 0
while True:
    batch = recipes.rows(epoch, epoch + epoch % 3)
    store.record_epochs(lease, batch)
    epoch = batch[-1]["epoch"] + 1
    print("epoch", epoch - 1, flush=True)
    if epoch % 4 == 0:
        store.save_checkpoint(lease, epoch, {{"w": np.full(5000, epoch, dtype="float32")}})
        print("checkpoint", epoch, flush=True)
"""


@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost(file_store, child, home, seed):
    rng = random.Random(seed)
    run = file_store.submit(recipes.scratch(seed))
    writer = child(WRITER.format(url=file_store.url))
    said = [writer.stdout.readline() for _ in range(rng.randint(2, 60))]
    writer.send_signal(signal.SIGKILL)
    said += writer.communicate(timeout=60)[0].splitlines(keepends=True)
    words = [line.split() for line in said if line.endswith("\n")]
    acknowledged = max((int(value) for word, value in words if word == "epoch"), default=-1)
    checkpoint = max((int(value) for word, value in words if word == "checkpoint"), default=0)

    store = Store()
    kept = store.epochs(run.id)
    assert kept == recipes.rows(0, len(kept) - 1), f"seed {seed}"
    assert len(kept) - 1 >= acknowledged, f"seed {seed}"
    found = store.load_checkpoint(run.id)
    assert found is None or (found[1]["w"] == found[0]).all(), f"seed {seed}"
    assert (found[0] if found else 0) >= checkpoint, f"seed {seed}"
    assert all(store.load_arrays(run.id, name) is not None for name in store.artifacts(run.id)), f"seed {seed}"
    assert store.reap() == [run.id] and store.run(run.id).state == "queued", f"seed {seed}"
    assert store.restored() is None
    with sqlite3.connect(home / "lab.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), f"seed {seed}"
