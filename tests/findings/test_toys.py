"""The theory behind two findings in nets of two layers, in NumPy: when probe-then-tune wins, and which layer a shift asks for."""

from __future__ import annotations

import numpy as np
import pytest

SEEDS = range(10)


def distorted(seed, noise, steps=1500, rate=0.04):
    """Error on all inputs of probe, tuning and probe-then-tune, learned on inputs of a subspace only (Kumar 2022, section 3).

    A linear net of 20 inputs and 4 features, 100 examples from 6 dimensions, features that are right but for noise.
    """
    rng = np.random.default_rng(seed)
    features = np.linalg.qr(rng.normal(size=(20, 4)))[0].T
    wanted = features.T @ rng.normal(size=4)
    inputs = rng.normal(size=(100, 6)) @ np.linalg.qr(rng.normal(size=(20, 6)))[0].T
    learned = np.linalg.qr((features + noise * rng.normal(size=(4, 20)) / np.sqrt(20)).T)
    body = (learned[0] * np.sign(np.diag(learned[1]))).T
    probe = np.linalg.lstsq(inputs @ body.T, inputs @ wanted, rcond=None)[0]

    def tuned(head):
        blocks, head = body.copy(), head.copy()
        for _ in range(steps):
            slope = inputs.T @ (inputs @ (blocks.T @ head - wanted)) / 100
            blocks, head = blocks - rate * np.outer(head, slope), head - rate * blocks @ slope
        return blocks, head

    def error(blocks, head):
        return ((blocks.T @ head - wanted) ** 2).sum() / (wanted**2).sum()

    return error(body, probe), error(*tuned(0.01 * rng.normal(size=4))), error(*tuned(probe))


def test_good_features_are_distorted_by_tuning_at_once():
    probe, tuned, after = np.array([distorted(seed, 0.1) for seed in SEEDS]).T
    assert (after < tuned).all() and np.mean(after) < 0.05 < 0.2 < np.mean(tuned)
    assert (after <= probe + 0.01).all()


def test_bad_features_had_better_be_tuned_at_once():
    _, tuned, after = np.array([distorted(seed, 3.0) for seed in SEEDS]).T
    assert (tuned < after).sum() >= 8


def shifted(seed, where, steps=800, rate=0.15):
    """Error of tuning the first layer, the last or all after a shift of the inputs or of the outputs (Lee 2023, section 4)."""
    rng = np.random.default_rng(seed)
    first, last = rng.normal(size=(20, 10)) / np.sqrt(10), rng.normal(size=20) / np.sqrt(20)
    turn = np.linalg.qr(rng.normal(size=(10, 10)))[0] if where == "input" else np.eye(10)
    heads = last if where == "input" else rng.normal(size=20) / np.sqrt(20)
    seen, test = rng.normal(size=(100, 10)), rng.normal(size=(500, 10))
    wanted, truth = (np.maximum(each @ turn.T @ first.T, 0) @ heads for each in (seen, test))
    found = {}
    for what in ("first", "last", "all"):
        lower, upper = first.copy(), last.copy()
        for _ in range(steps):
            inside = seen @ lower.T
            slope = (np.maximum(inside, 0) @ upper - wanted) / 100
            down = (np.outer(slope, upper) * (inside > 0)).T @ seen
            upper = upper - rate * np.maximum(inside, 0).T @ slope * (what != "first")
            lower = lower - rate * down * (what != "last")
        found[what] = np.mean((np.maximum(test @ lower.T, 0) @ upper - truth) ** 2) / np.var(truth)
    return found["first"], found["last"], found["all"]


@pytest.mark.parametrize(("where", "better"), [("input", 0), ("output", 1)])
def test_a_shift_asks_for_the_layer_it_happened_at(where, better):
    errors = np.array([shifted(seed, where) for seed in SEEDS])
    assert (errors[:, better] < errors[:, 1 - better]).sum() >= 9
    if where == "output":
        assert (errors[:, 1] < errors[:, 2]).all(), "all layers forget what one did not have to learn"
