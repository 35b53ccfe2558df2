"""The strip: what each block does in each phase, before, during and after a run, and of all arms of a study."""

from __future__ import annotations

import re

import pytest

from tests.charts.examples import EVIL
from tlcore.charts import strip
from tlcore.spec import RunSpec
from tlcore.strategies import STRATEGIES, Phase, plan

BLOCKS = (("conv 32", 416), ("conv 64", 18_688), ("conv 64", 37_120), ("embedding 64", 37_120))
PROBE_THEN_TUNE = plan("lp_ft", 4, {})


def cells(html):
    """ice or ember of each cell, in order."""
    return re.findall(r"class='cell (ice|ember)", html)


def test_a_row_for_each_phase_and_block_with_the_head_last():
    table = strip.table(BLOCKS, PROBE_THEN_TUNE, 40)
    assert tuple(table.columns) == strip.COLUMNS and len(table) == 10
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["phase"], first["first"], first["last"], first["name"], first["state"]) == ("head only", 1, 20, "conv 32", "frozen")
    assert (last["first"], last["last"], last["name"], last["factor"], last["state"]) == (21, 40, "head", 0.1, "trained")


def test_a_phase_without_an_epoch_is_left_out():
    assert set(strip.table(BLOCKS, PROBE_THEN_TUNE, 1)["phase"]) == {"everything tuned gently"}
    assert strip.figure(BLOCKS, PROBE_THEN_TUNE, 1).count("class='phase") == 1


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_is_drawn_and_said(name):
    phases = plan(name, 4, {})
    drawn = cells(strip.figure(BLOCKS, phases, 40))
    wanted = ["ember" if factor else "ice" for phase in phases for factor in (*phase.factors, phase.head)]
    assert drawn == wanted
    assert strip.words(BLOCKS, phases, 40).startswith("4 blocks from input to head. Epochs 1 to ")


@pytest.mark.parametrize(
    ("name", "knobs", "words", "hatched"),
    [
        ("bias_only", {}, "of each block only its biases", 4),
        ("batchnorm_only", {}, "of each block only its normalization", 4),
        ("batchnorm_only", {"statistics": "renew"}, "BatchNorm statistics measured anew first", 0),
        ("lora", {}, "low-rank layers beside frozen blocks", 4),
        ("adapter", {}, "small convolutions beside frozen blocks", 4),
        ("l2_sp", {}, "pulled back to the source after each step", 0),
        ("distill", {}, "features stay near the source&#x27;s", 0),
        ("distill", {"keep": "outputs"}, "old answers stay near the source&#x27;s", 0),
        ("auto_rgn", {}, "each epoch the rates follow the gradients", 0),
        ("full", {}, "everything tuned", 0),
    ],
)
def test_what_is_more_than_a_rate_is_said_and_a_part_is_hatched(name, knobs, words, hatched):
    phases = plan(name, 4, knobs)
    html = strip.figure(BLOCKS, phases, 40)
    assert words in html and html.count(" part'") == hatched
    assert words.replace("&#x27;", "'") in strip.words(BLOCKS, phases, 40)


def test_blocks_that_start_anew_are_dashed_as_the_head_is():
    assert strip.figure(BLOCKS, plan("freeze", 4, {"frozen": 2, "fresh": 2}), 40).count(" new'") == 3


def test_ice_and_ember_have_a_sign_each():
    html = strip.figure(BLOCKS, PROBE_THEN_TUNE, 40)
    assert html.count("ice-glyph") == 4 and html.count("ember-glyph") == 6
    assert html.count("&times;0.1") == 5, "a gentler rate is said"


@pytest.mark.parametrize(
    ("epoch", "states", "widths"),
    [(0, ["now", "later"], [0, 0]), (10, ["now", "later"], [50, 0]), (20, ["past", "now"], [100, 0]), (40, ["past", "past"], [100, 100])],
)
def test_during_a_run_it_shows_where_it_is(epoch, states, widths):
    html = strip.figure(BLOCKS, PROBE_THEN_TUNE, 40, epoch)
    assert re.findall(r"class='phase (\w+)'", html) == states
    assert [float(width) for width in re.findall(r"width:([\d.]+)%", html)] == widths


def test_before_a_run_nothing_moves():
    assert "class='bar'" not in strip.figure(BLOCKS, PROBE_THEN_TUNE, 40)


@pytest.mark.parametrize(("seal", "words"), [(True, "bit for bit"), (False, "does not count")])
def test_after_a_run_it_says_what_moved(seal, words):
    moved = {"block1/conv/kernel": False, "block2/conv/kernel": True, "block2/norm/gamma": False, "head/logits/bias": True}
    html = strip.figure(BLOCKS, PROBE_THEN_TUNE, 40, moved=moved, seal=seal)
    assert re.findall(r">(moved|kept)<", html) == ["kept", "moved", "kept", "kept", "moved"]
    assert words in html


def test_narrow_blocks_keep_room_for_a_word():
    widths = [float(width) for width in re.findall(r"([\d.]+)fr", strip.figure((("a", 1), ("b", 4_000_000)), (Phase("x", 1, (1, 1)),), 3))]
    assert min(widths) > 0.5 * max(widths)


def test_names_are_only_text():
    html = strip.figure(((EVIL, 10),), (Phase(EVIL, 1.0, (0.0,)),), 5)
    assert "<img" not in html and html.count("&lt;img") == 2


def test_the_arms_of_a_study_lie_below_each_other():
    source = RunSpec.make("pretrain", dataset="glyphs")
    each = [
        (f"{frozen} frozen", RunSpec.make("finetune", source=source, dataset="mnist", strategy="freeze", frozen=frozen).phases[0])
        for frozen in range(5)
    ]
    html = strip.arms(BLOCKS, each)
    rows = [cells(row) for row in html.split("class='arm'")[1:-1]]
    assert rows == [["ice"] * frozen + ["ember"] * (4 - frozen) + ["ember"] for frozen in range(5)]
    assert strip.arm_words(each).startswith("What each arm trains: 0 frozen: no block frozen; 1 frozen")
    assert "<img" not in strip.arms(BLOCKS, [(EVIL, each[0][1])])
