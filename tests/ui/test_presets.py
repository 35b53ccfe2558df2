"""Presets of the painting."""

from __future__ import annotations

import pytest

from tlcore.strategies import STRATEGIES, plan
from tlcore.strategies.timeline import columns_of, exact
from tlcore.ui.presets import preset

NAMES = [each for each in STRATEGIES.names() if each != "timeline"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("blocks", "epochs"), [(4, 1), (4, 25), (6, 2), (6, 2000)])
def test_every_preset_can_be_run(name, blocks, epochs):
    assert len(columns_of(preset(name, blocks, epochs).text, blocks, epochs)) == epochs


@pytest.mark.parametrize("name", NAMES)
def test_only_what_can_be_painted_is_called_so(name):
    whole = exact(plan(name, 4, {})) and STRATEGIES[name].facts["needs_source"]
    assert ("just as it is" in preset(name, 4, 25).told) == whole


@pytest.mark.parametrize("name", [name for name in NAMES if exact(plan(name, 4, {})) and STRATEGIES[name].facts["needs_source"]])
def test_what_can_be_painted_trains_as_the_strategy_does(name):
    """The same rates in every epoch, and BatchNorm as there wherever a block is trained."""
    made = preset(name, 4, 20)
    painted = plan("timeline", 4, {"paint": made.text, "statistics": made.statistics}, 20)
    assert [each.factors for each in painted] == [each.factors for each in plan(name, 4, {}, 20)]
    assert {each.statistics for each in plan(name, 4, {}, 20) if any(each.factors)} <= {made.statistics}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gradual", "Gradual, just as it is. Change what you like."),
        ("discriminative", "Slower below with its rates rounded to ×0.1 and full."),
        ("scratch", "From scratch without its start at random: that cannot be painted."),
        (
            "lora",
            "LoRA with its rates rounded to ×0.1 and full, without its small layers beside frozen blocks: here the blocks themselves learn.",
        ),
        (
            "random_frozen",
            "Frozen at random without its BatchNorm statistics measured anew and its start at random: that cannot be painted.",
        ),
    ],
)
def test_one_sentence_says_what_is_lost(name, told):
    assert preset(name, 4, 25).told == told
