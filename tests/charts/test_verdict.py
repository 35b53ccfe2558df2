"""The difference of two arms: pairs of a seed, and colours that do not promise more than was measured."""

from __future__ import annotations

import pytest

from tests.charts.examples import pairs
from tlcore.charts import colours, verdict


def test_a_row_for_each_seed_that_both_arms_have():
    done = [row for row in pairs(3) if (row["arm"], row["seed"]) != ("scratch", 2)]
    table = verdict.table(done)
    assert tuple(table.columns) == verdict.COLUMNS
    assert table["seed"].tolist() == [0, 1] and table["difference"].tolist() == pytest.approx([23, 24])
    assert table["mean"].iloc[0] == pytest.approx(23.5)


def test_an_interval_counts_from_five_seeds_on():
    assert verdict.table(pairs(4), interval=(0.1, 0.3))["low"].isna().all()
    table = verdict.table(pairs(5), interval=(0.1, 0.3))
    assert (table["low"].iloc[0], table["high"].iloc[0]) == (pytest.approx(10), pytest.approx(30))


def test_other_arms_can_be_set_against_each_other():
    rows = [{"arm": "full", "seed": 0, "accuracy": 0.7}, {"arm": "linear_probe", "seed": 0, "accuracy": 0.8}]
    assert verdict.table(rows, "full", "linear_probe")["difference"].tolist() == pytest.approx([-10])


def test_nothing_done_gives_an_empty_table():
    assert verdict.table([]).empty and verdict.table([{"arm": "lp_ft", "seed": 0, "accuracy": None}]).empty


@pytest.mark.parametrize(
    ("seeds", "interval", "colour"),
    [(1, None, "ink"), (4, (0.1, 0.3), "ink"), (5, (0.1, 0.3), "helps"), (5, (-0.3, -0.1), "harms"), (5, (-0.1, 0.3), "inconclusive")],
)
def test_only_an_interval_gives_a_colour(seeds, interval, colour):
    figure = verdict.figure(verdict.table(pairs(seeds), interval=interval))
    assert figure["data"][1]["marker"]["color"] == getattr(colours.palette("light"), colour)
    bars = [one for one in figure["layout"]["shapes"] if one["type"] == "rect"]
    assert len(bars) == (colour != "ink")


@pytest.mark.parametrize("label", ["helps", "harms", "equivalent", "inconclusive"])
def test_the_verdict_gives_the_colour_where_there_is_one(label):
    figure = verdict.figure(verdict.table(pairs(5), interval=(0.1, 0.3)), label=label)
    ink = colours.palette("light")
    assert figure["data"][1]["marker"]["color"] == getattr(ink, label, ink.ink)
    few = verdict.figure(verdict.table(pairs(3)), label=label)
    assert few["data"][1]["marker"]["color"] == ink.ink, "no colour without an interval"


def test_zero_is_always_on_the_axis_with_its_words():
    for rows in (pairs(2), [{"arm": "lp_ft", "seed": 0, "accuracy": 0.5}, {"arm": "scratch", "seed": 0, "accuracy": 0.9}]):
        layout = verdict.figure(verdict.table(rows))["layout"]
        low, high = layout["xaxis"]["range"]
        assert low < 0 < high
        assert any(one["text"] == "no difference" for one in layout["annotations"])


def test_the_mean_is_said_with_its_sign():
    figure = verdict.figure(verdict.table([{"arm": "lp_ft", "seed": 0, "accuracy": 0.5}, {"arm": "scratch", "seed": 0, "accuracy": 0.6}]))
    assert any(one["text"] == "<b>−10.0 points</b>" for one in figure["layout"]["annotations"])
    assert figure["data"][1]["marker"]["symbol"] == "diamond" and "symbol" not in figure["data"][0]["marker"]
