"""Strategies are data: compared as tuples."""

from __future__ import annotations

import pytest

from tlcore.registry import InputError
from tlcore.strategies import GENTLE, STRATEGIES, Phase, plan, spread

NAMES = STRATEGIES.names()
FITTING = {"freeze": {"frozen": 1}, "surgical": {"block": 1}}  # what fits a backbone of one block too


@pytest.mark.parametrize("blocks", range(1, 7))
@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_fits_every_number_of_blocks(name, blocks):
    phases = plan(name, blocks, FITTING.get(name, {}))
    assert sum(phase.share for phase in phases) == pytest.approx(1.0)
    for phase in phases:
        assert 0 < phase.share <= 1 and phase.title
        assert len(phase.factors) == blocks and all(0 <= factor <= 1 for factor in phase.factors)
        assert 0 <= phase.head <= 1 and (phase.head or any(phase.factors))
        assert not any(phase.factors[: phase.prefix]) and (phase.prefix == blocks or phase.factors[phase.prefix])
    assert hash(phases) == hash(plan(name, blocks, FITTING.get(name, {})))


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_has_its_facts(name):
    facts = STRATEGIES[name].facts
    assert facts["label"] and facts["phrase"] and isinstance(facts["needs_source"], bool)


PLANS = {
    "scratch": ("scratch", {}, [(1.0, (1, 1, 1, 1), 1, True)]),
    "linear probe": ("linear_probe", {}, [(1.0, (0, 0, 0, 0), 1, True)]),
    "freeze two": ("freeze", {}, [(1.0, (0, 0, GENTLE, GENTLE), 1, True)]),
    "freeze none": ("freeze", {"frozen": 0, "body_rate": 0.5}, [(1.0, (0.5,) * 4, 1, True)]),
    "freeze all": ("freeze", {"frozen": 4}, [(1.0, (0, 0, 0, 0), 1, True)]),
    "full": ("full", {"body_rate": 1.0}, [(1.0, (1, 1, 1, 1), 1, True)]),
    "surgical": ("surgical", {"block": 3}, [(1.0, (0, 0, GENTLE, 0), 1, True)]),
    "surgical alone": ("surgical", {"block": 4, "with_head": False}, [(1.0, (0, 0, 0, GENTLE), 0, True)]),
    "lp-ft": ("lp_ft", {}, [(0.5, (0,) * 4, 1, True), (0.5, (GENTLE,) * 4, GENTLE, False)]),
    "lp-ft long": (
        "lp_ft",
        {"probe_share": 0.75, "tune_rate": 0.01, "statistics": True},
        [(0.75, (0,) * 4, 1, True), (0.25, (0.01,) * 4, 0.01, True)],
    ),
}


@pytest.mark.parametrize("case", PLANS)
def test_a_strategy_as_a_tuple(case):
    name, knobs, phases = PLANS[case]
    assert [(each.share, each.factors, each.head, each.statistics) for each in plan(name, 4, knobs)] == phases


@pytest.mark.parametrize(
    ("name", "knobs", "sentence"),
    [
        ("freeze", {"frozen": 5}, "Frozen blocks is 5, but this backbone has 4: choose 0 to 4."),
        ("surgical", {"block": 5}, "Tuned block is 5, but this backbone has 4: choose 1 to 4."),
        ("surgical", {"block": 0}, "Tuned block is 0: choose a whole number from 1 to 32."),
        ("lp_ft", {"probe_share": 1.0}, "Probe share is 1.0: choose a number from 0.1 to 0.9."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(name, knobs, sentence):
    with pytest.raises(InputError) as refused:
        plan(name, 4, knobs)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(("factors", "prefix"), [((0, 0, 1), 2), ((1, 0, 0), 0), ((0, 1, 0), 1), ((0, 0, 0), 3), ((), 0)])
def test_the_frozen_prefix_ends_at_the_first_block_that_moves(factors, prefix):
    assert Phase("any", 1.0, factors).prefix == prefix


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 40, 100, 2000])
@pytest.mark.parametrize("share", [0.1, 0.29, 0.3, 0.5, 0.57, 0.7, 0.9])
def test_phases_follow_each_other_without_a_gap(epochs, share):
    phases = plan("lp_ft", 4, {"probe_share": share})
    (first, begin, middle), (second, again, end) = spread(phases, epochs)
    assert (first, second) == phases
    assert (begin, again, end) == (0, middle, epochs) and 0 <= middle <= epochs
    assert middle == round(share * epochs * 1000) // 1000  # whole epochs of the share, however its digits are rounded
