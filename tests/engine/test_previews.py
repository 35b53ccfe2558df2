"""Previews as files: which runs share one, what a damaged one is worth, and what is said where none can be drawn."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tlcore import datasets, folder
from tlcore.engine import previews, worker
from tlcore.registry import InputError
from tlcore.spec import RunSpec


def spec(**given):
    return RunSpec.make("pretrain", **{"dataset": "digits", "objective": "simclr", **given})


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """A data folder of its own, with the small data set."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    return datasets.load("digits")


def keep(asked, data, rows=3):
    images = np.zeros((rows, 6, 8, 8, 1), np.uint8)
    folder.write(previews._place(asked, data), lambda file: np.save(file, images))


def test_runs_with_the_same_first_batch_share_a_preview(digits):
    keep(spec(), digits)
    for same in (spec(epochs=9), spec(learning_rate=0.1), spec(backbone="cnn-medium"), spec(probe="digits")):
        assert previews.find(same, digits) is not None
    for other in (
        spec(seed=1),
        spec(augmentations=("noise",)),
        spec(batch_size=32),
        spec(objective="supcon"),
        spec(image=[16, 16, 1]),
        spec(labels_per_class=5),
    ):
        assert previews.find(other, digits) is None


def test_what_is_damaged_counts_as_not_drawn(digits):
    assert previews.find(spec(), digits) is None
    keep(spec(), digits, rows=2)
    assert previews.find(spec(), digits) is None
    previews._place(spec(), digits).write_bytes(b"half")
    assert previews.find(spec(), digits) is None


def test_a_wish_is_the_run_again(digits):
    assert RunSpec.from_plain(previews.wish(spec(seed=3))) == previews.sample(spec(seed=3))


def test_only_the_newest_are_kept(digits, monkeypatch):
    monkeypatch.setattr(previews, "KEPT", 2)
    for seed in range(4):
        keep(spec(seed=seed), digits)
        os.utime(previews._place(spec(seed=seed), digits), (seed, seed))
    previews._thin()
    assert [previews.find(spec(seed=seed), digits) is not None for seed in range(4)] == [False, False, True, True]


@pytest.mark.parametrize(("error", "words"), [(InputError("Make room."), "Make room."), (RuntimeError("x"), previews.BROKE)])
def test_what_goes_wrong_is_one_sentence(error, words, digits, tmp_path, monkeypatch):
    def broken(asked):
        raise error

    monkeypatch.setattr(worker, "settle", lambda slots: None)
    monkeypatch.setattr(previews, "draw", broken)
    with pytest.raises(SystemExit):
        previews.work(previews.wish(spec()), str(tmp_path / "said"), 1)
    assert (tmp_path / "said").read_text() == words
