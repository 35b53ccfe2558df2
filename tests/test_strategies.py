"""Strategies are data: compared as tuples."""

from __future__ import annotations

import pytest

from tlcore.registry import InputError
from tlcore.strategies import GENTLE, STRATEGIES, Branch, Keep, Only, Phase, Pull, Relative, Renew, plan, spread

NAMES = STRATEGIES.names()
FITTING = {"freeze": {"frozen": 1}, "surgical": {"block": 1}, "random_frozen": {"frozen": 1}}  # what fits a backbone of one block too


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


ALL = (GENTLE,) * 4
PLANS = {  # share, factors, head, statistics, fresh blocks, modifiers
    "scratch": ("scratch", {}, [(1.0, (1, 1, 1, 1), 1, True, 0)]),
    "linear probe": ("linear_probe", {}, [(1.0, (0, 0, 0, 0), 1, True, 0)]),
    "freeze two": ("freeze", {}, [(1.0, (0, 0, GENTLE, GENTLE), 1, True, 0)]),
    "freeze none": ("freeze", {"frozen": 0, "body_rate": 0.5}, [(1.0, (0.5,) * 4, 1, True, 0)]),
    "freeze all": ("freeze", {"frozen": 4}, [(1.0, (0, 0, 0, 0), 1, True, 0)]),
    "freeze one, one fresh": ("freeze", {"frozen": 1, "fresh": 1}, [(1.0, (0, GENTLE, GENTLE, 1), 1, True, 1)]),
    "freeze one, the rest fresh": ("freeze", {"frozen": 1, "fresh": 3}, [(1.0, (0, 1, 1, 1), 1, True, 3)]),
    "full": ("full", {"body_rate": 1.0}, [(1.0, (1, 1, 1, 1), 1, True, 0)]),
    "full, two fresh": ("full", {"fresh": 2}, [(1.0, (GENTLE, GENTLE, 1, 1), 1, True, 2)]),
    "full, all fresh": ("full", {"fresh": 4}, [(1.0, (1, 1, 1, 1), 1, True, 4)]),
    "surgical": ("surgical", {"block": 3}, [(1.0, (0, 0, GENTLE, 0), 1, True, 0)]),
    "surgical alone": ("surgical", {"block": 4, "with_head": False}, [(1.0, (0, 0, 0, GENTLE), 0, True, 0)]),
    "surgical, two in a row": ("surgical", {"block": 2, "width": 2, "body_rate": 0.5}, [(1.0, (0, 0.5, 0.5, 0), 1, True, 0)]),
    "surgical, all in a row": ("surgical", {"width": 4}, [(1.0, ALL, 1, True, 0)]),
    "frozen at random": ("random_frozen", {}, [(1.0, (0, 0, 1, 1), 1, True, 0, Renew())]),
    "discriminative": ("discriminative", {}, [(1.0, (GENTLE / 1.6**3, GENTLE / 1.6**2, GENTLE / 1.6, GENTLE), 1, True, 0)]),
    "discriminative, twice as slow": ("discriminative", {"decay": 2.0, "body_rate": 0.8}, [(1.0, (0.1, 0.2, 0.4, 0.8), 1, True, 0)]),
    "gradual": (
        "gradual",
        {},
        [
            (0.125, (0, 0, 0, 0), 1, True, 0),
            (0.125, (0, 0, 0, GENTLE), 1, True, 0),
            (0.125, (0, 0, GENTLE, GENTLE), 1, True, 0),
            (0.125, (0, GENTLE, GENTLE, GENTLE), 1, True, 0),
            (0.5, ALL, 1, True, 0),
        ],
    ),
    "lp-ft": ("lp_ft", {}, [(0.5, (0,) * 4, 1, True, 0), (0.5, ALL, GENTLE, False, 0)]),
    "lp-ft long": (
        "lp_ft",
        {"probe_share": 0.75, "tune_rate": 0.01, "statistics": True},
        [(0.75, (0,) * 4, 1, True, 0), (0.25, (0.01,) * 4, 0.01, True, 0)],
    ),
    "auto-rgn": ("auto_rgn", {}, [(1.0, ALL, 1, False, 0, Relative())]),
    "biases only": ("bias_only", {}, [(1.0, (1, 1, 1, 1), 1, False, 0, Only("bias"))]),
    "normalization follows": ("batchnorm_only", {"own_rate": 0.5}, [(1.0, (0.5,) * 4, 1, True, 0, Only("norm"))]),
    "normalization keeps": ("batchnorm_only", {"statistics": "keep"}, [(1.0, (1,) * 4, 1, False, 0, Only("norm"))]),
    "normalization anew": ("batchnorm_only", {"statistics": "renew"}, [(1.0, (0,) * 4, 1, True, 0, Renew())]),
    "lora": ("lora", {"rank": 2, "alpha": 8}, [(1.0, (0.5,) * 4, 1, False, 0, Branch("lora", 2, 8.0))]),
    "adapter": ("adapter", {"own_rate": 1.0}, [(1.0, (1,) * 4, 1, False, 0, Branch("residual"))]),
    "l2-sp": ("l2_sp", {"strength": 0.1}, [(1.0, ALL, 1, True, 0, Pull(0.1, 0.01))]),
    "l2-sp of the head": ("l2_sp", {"strength": 0}, [(1.0, ALL, 1, True, 0, Pull(0.0, 0.01))]),
    "l2-sp of nothing": ("l2_sp", {"strength": 0, "head_strength": 0}, [(1.0, ALL, 1, True, 0)]),
    "distilled features": ("distill", {"weight": 3}, [(1.0, ALL, 1, False, 0, Keep("features", 3.0, 2.0))]),
    "distilled outputs": ("distill", {"keep": "outputs", "temperature": 4}, [(1.0, ALL, 1, False, 0, Keep("outputs", 1.0, 4.0))]),
    "painted": (
        "timeline",
        {"paint": "5x00001-10x0s110-1xs0s1s", "statistics": True},
        [(0.2, (0,) * 4, 1, True, 0), (0.4, (0, 0.1, 1, 1), 0, True, 0), (0.4, (0.1, 0, 0.1, 1), 0.1, True, 0)],
    ),
    "painted by nobody": ("timeline", {}, [(0.48, (0,) * 4, 1, False, 0), (0.52, ALL, 1, False, 0)]),
    "distilled at no weight": ("distill", {"weight": 0}, [(1.0, ALL, 1, True, 0)]),
}


def row(phase):
    return (phase.share, phase.factors, phase.head, phase.statistics, phase.fresh, *phase.modifiers)


@pytest.mark.parametrize("case", PLANS)
def test_a_strategy_as_a_tuple(case):
    name, knobs, phases = PLANS[case]
    assert [row(phase) for phase in plan(name, 4, knobs)] == phases


def test_every_strategy_is_given_as_a_tuple():
    assert {name for name, _, _ in PLANS.values()} == set(NAMES)


def test_without_decay_no_block_is_slower_than_another():
    assert plan("discriminative", 4, {"decay": 1.0})[0].factors == plan("full", 4, {})[0].factors


@pytest.mark.parametrize("blocks", range(1, 7))
def test_operations_on_one_block_each_reach_every_block_once(blocks):
    factors = [plan("surgical", blocks, {"block": block})[0].factors for block in range(1, blocks + 1)]
    assert [sum(1 for factor in of if factor) for of in zip(*factors, strict=True)] == [1] * blocks


@pytest.mark.parametrize("blocks", range(1, 7))
def test_gradual_melting_reaches_one_more_block_a_phase(blocks):
    phases = plan("gradual", blocks, {"melt_share": 0.9})
    assert [phase.prefix for phase in phases] == [*range(blocks, -1, -1)]
    assert all(not any(phase.factors[: phase.prefix]) and all(phase.factors[phase.prefix :]) for phase in phases)


def test_a_phase_finds_its_modifier_by_kind():
    phase = Phase("any", 1.0, (1.0,), modifiers=(Pull(1.0, 0.0), Relative()))
    assert phase.find(Pull) == Pull(1.0, 0.0) and phase.find(Relative) == Relative() and phase.find(Keep) is None


@pytest.mark.parametrize(
    ("name", "knobs", "sentence"),
    [
        ("freeze", {"frozen": 5}, "Frozen blocks is 5, but this backbone has 4: choose 0 to 4."),
        ("freeze", {"fresh": 5}, "Blocks that start anew is 5, but this backbone has 4: choose 0 to 4."),
        ("freeze", {"frozen": 3, "fresh": 2}, "3 blocks frozen and 2 that start anew are more than the 4 there are: take fewer of one."),
        ("full", {"fresh": 5}, "Blocks that start anew is 5, but this backbone has 4: choose 0 to 4."),
        ("full", {"fresh": -1}, "Blocks that start anew is -1: choose a whole number from 0 to 32."),
        ("random_frozen", {"frozen": 5}, "Frozen blocks is 5, but this backbone has 4: choose 0 to 4."),
        ("surgical", {"block": 5}, "Tuned block is 5, but this backbone has 4: choose 1 to 4."),
        ("surgical", {"block": 0}, "Tuned block is 0: choose a whole number from 1 to 32."),
        (
            "surgical",
            {"block": 3, "width": 3},
            "3 blocks in a row from block 3 on end at 5, but this backbone has 4: take fewer.",
        ),
        ("surgical", {"block": 5, "width": 2}, "Tuned block is 5, but this backbone has 4: choose 1 to 4."),
        ("discriminative", {"decay": 0.5}, "Decay is 0.5: choose a number from 1 to 10."),
        ("gradual", {"melt_share": 1.0}, "Melt share is 1.0: choose a number from 0.1 to 0.9."),
        ("l2_sp", {"strength": -1}, "Strength is -1: choose a number from 0 to 1e+09."),
        ("lora", {"rank": 0}, "Rank is 0: choose a whole number from 1 to 64."),
        ("distill", {"keep": "logits"}, "Keep is 'logits': choose one of features, outputs."),
        ("batchnorm_only", {"statistics": "drop"}, "BatchNorm statistics is 'drop': choose one of follow, keep, renew."),
        ("linear_probe", {"fresh": 1}, "The strategy linear_probe has no knob 'fresh': it has no knobs."),
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
