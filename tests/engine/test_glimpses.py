"""Glimpses and alarms through the engine: a pretraining that is killed goes on with both, one that fails can be forked before it did."""

from __future__ import annotations

import os
import signal

from tlcore.spec import RunSpec

SETTINGS = {"dataset": "digits", "labels_per_class": 40, "batch_size": 32, "objective": "autoencoder"}
MEASURED = ("epoch", "loss", "val_loss")


def told(store, run_id):
    return [tuple(row[name] for name in MEASURED) for row in store.epochs(run_id)]


def test_a_killed_pretraining_keeps_what_was_seen_and_its_numbers(engine):
    """The same run without a break is another one's by its key alone: a target to probe at its end."""
    run = engine.store.submit(RunSpec.make("pretrain", **SETTINGS, epochs=8), hold=True)
    engine.store.command(run.id, "speed", 2)
    engine.store.command(run.id, "play")
    engine.trains(run.id, 2)
    os.kill(engine.worker(run.id), signal.SIGKILL)
    engine.store.command(run.id, "speed", 0)
    ended = engine.ended(run.id)
    assert ended.state == "finished" and ended.attempt == 2
    assert "bit-identical" not in (ended.note or "")
    seen = engine.store.glimpses(run.id)
    assert seen[0] == 0 and seen[-1] == 8
    assert {"original", "redrawn", "places", "labels"} <= set(engine.store.load_glimpse(run.id, 8))
    whole = engine.ended(engine.store.submit(RunSpec.make("pretrain", **SETTINGS, epochs=8, probe="digits")).id)
    assert told(engine.store, run.id) == told(engine.store, whole.id)
    assert {row["epoch"] for row in engine.store.extras(whole.id) if "linear" in row} >= {0, 8}


def test_a_run_whose_loss_is_no_number_is_forked_at_its_last_good_epoch(engine):
    wild = [{"epoch": 3, "step": 0, "name": "learning_rate", "value": 100.0}]
    run = engine.ended(engine.store.submit(RunSpec.make("pretrain", **{**SETTINGS, "objective": "vae"}, epochs=5, changes=wild)).id)
    assert run.state == "failed" and run.epoch == 3 and "can be forked there" in run.error
    assert engine.store.load_checkpoint(run.id)[0] == 3
    fork = engine.store.fork(run.id, run.epoch)
    assert engine.store.glimpses(fork.id) == [epoch for epoch in engine.store.glimpses(run.id) if epoch <= 3]
    engine.store.command(fork.id, "play")
    ended = engine.ended(fork.id)
    assert ended.state == "finished" and told(engine.store, fork.id)[:4] == told(engine.store, run.id)
