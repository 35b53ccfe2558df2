"""The audit: what the phases promise, and what moved."""

import numpy as np
import pytest

from tlcore.strategies import Phase, plan
from tlcore.training.audit import frozen, moved
from tlcore.training.network import network


@pytest.fixture
def net(pretraining):
    return network(pretraining, 10)


def kinds(paths):
    """Parts of which every variable is in the paths, and those of which some are."""
    return {path.split("/")[0] for path in paths}


@pytest.mark.parametrize(
    "strategy, knobs, parts",
    [
        ("scratch", {}, set()),
        ("full", {}, set()),
        ("linear_probe", {}, {"block1", "block2", "block3", "block4"}),
        ("freeze", {"frozen": 3}, {"block1", "block2", "block3"}),
        ("surgical", {"block": 2}, {"block1", "block3", "block4"}),
        ("surgical", {"block": 2, "with_head": False}, {"block1", "block3", "block4", "head"}),
        ("lp_ft", {"statistics": True}, set()),
    ],
)
def test_a_strategy_promises_whole_parts(net, strategy, knobs, parts):
    promised = frozen(net, plan(strategy, 4, knobs))
    assert promised == {path for path in net.variables if path.split("/")[0] in parts}


def test_statistics_are_promised_where_no_phase_lets_them_follow(net):
    assert frozen(net, plan("lp_ft", 4, {})) == {path for path in net.variables if "/moving_" in path}


def test_what_any_phase_moves_is_not_promised(net):
    phases = (Phase("last", 0.5, (0, 0, 0, 1.0)), Phase("first", 0.5, (1.0, 0, 0, 0), head=0.0))
    assert kinds(frozen(net, phases)) == {"block2", "block3"}


def test_a_single_bit_is_a_move():
    start = {"a": np.zeros(3, "float32"), "b": np.ones(3, "float32")}
    end = {"a": np.array([0, -0.0, 0], "float32"), "b": np.ones(3, "float32")}
    assert moved(start, end) == {"a": True, "b": False}
