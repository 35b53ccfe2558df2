"""Runs on data that are fetched first: they learn from them, hear a stop meanwhile, and fail before the work, not after it."""

from __future__ import annotations

import pytest

from tests.datasets import tiny
from tlcore.datasets import waiting
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.training import Silent, train


def test_a_net_learns_from_photographs_that_were_fetched(tmp_path, monkeypatch):
    tiny.mirrored(monkeypatch, tmp_path / "mirror", tiny.mirror(tmp_path / "mirror"))
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    outcome = train(RunSpec.make("pretrain", dataset="cifar10", per_class=20, epochs=1, image=(8, 8, 3), batch_size=64), Silent())
    assert outcome.state == "finished" and outcome.result["train_size"] == 120
    assert outcome.weights["block1/conv/kernel"].shape[:3] == (3, 3, 3)


def test_a_stop_is_heard_while_data_are_fetched(kept, monkeypatch):
    def fetched(name, knobs=None, alive=None):
        with waiting.listening(alive):
            waiting.pulse()
        pytest.fail("it went on")

    monkeypatch.setattr("tlcore.training.run.load", fetched)
    outcome = train(RunSpec.make("pretrain", dataset="fashion"), kept(patience=0))
    assert (outcome.state, outcome.error, dict(outcome.weights)) == ("stopped", None, {})


def test_a_target_to_try_it_on_that_cannot_be_had_is_said_before_the_work(tmp_path, kept, monkeypatch):
    monkeypatch.setenv("TLCORE_MIRROR", str(tmp_path / "nothing"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nothing"))
    recorder = kept()
    with pytest.raises(InputError, match="TLCORE_MIRROR has no file"):
        train(RunSpec.make("pretrain", dataset="digits", probe="fashion"), recorder)
    assert recorder.rows == []
