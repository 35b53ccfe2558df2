"""Which blocks to tune: a triangle of means, the stronger the better."""

from __future__ import annotations

import pytest

from tests.charts.examples import triangle
from tlcore.charts import colours, surgical


def test_a_row_for_each_run_of_blocks():
    table = surgical.table([*triangle(2), {"arm": "scratch", "seed": 0, "accuracy": 0.5}])
    assert tuple(table.columns) == surgical.COLUMNS
    assert list(zip(table["first"], table["last"], strict=True)) == [(first, last) for first in range(1, 5) for last in range(first, 5)]
    assert table["mean"].iloc[2] == pytest.approx(0.71) and table["seeds"].iloc[0] == 2


def test_the_interval_counts_from_five_seeds_on():
    summary = {"arms": [{"arm": "surgical 1-3", "low": 0.6, "high": 0.8}]}
    assert surgical.table(triangle(4), summary)["low"].isna().all()
    assert surgical.table(triangle(5), summary)["low"].iloc[2] == 0.6


def test_every_cell_has_its_value_and_the_best_a_frame():
    figure = surgical.figure(surgical.table(triangle()), scratch=0.6, best="surgical 1-3")
    said = [one["text"] for one in figure["layout"]["annotations"]]
    assert {"<b>51.0</b>", "<b>61.0</b>", "<b>71.0</b>", "<b>81.0</b>", "from scratch 60.0"} <= set(said)
    framed = [one for one in figure["layout"]["shapes"] if one["line"]["width"]]
    assert [(one["x0"] + 0.47, one["y0"] + 0.46) for one in framed] == [(3, 1)]


def test_ice_where_most_stays_frozen_and_stronger_where_it_is_better():
    shapes = surgical.figure(surgical.table(triangle()))["layout"]["shapes"]
    one, two, _, four = shapes[:4]
    assert four["fillcolor"] == colours.fade(colours.frost(0), surgical.STRONGEST), "all tuned is ember, and it is the best here"
    assert one["fillcolor"] == colours.fade(colours.frost(3 / 4), surgical.LIGHTEST)
    assert two["fillcolor"] not in (one["fillcolor"], four["fillcolor"])
