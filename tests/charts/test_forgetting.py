"""What is forgotten: gain against loss, and those that nobody beats in both."""

from __future__ import annotations

import itertools

import pytest

from tests.charts.examples import lost
from tlcore.charts import forgetting


def test_a_row_for_each_strategy_that_was_watched():
    table = forgetting.table(lost(), {"full": "All tuned"})
    assert tuple(table.columns) == forgetting.COLUMNS
    assert table["arm"].tolist() == ["linear_probe", "full", "bias_only"]
    assert table["gain"].tolist() == pytest.approx([10, 30, 5]) and table["kept"].tolist() == pytest.approx([0, -50, -10])
    assert table["name"].tolist() == ["linear_probe", "All tuned", "bias_only"]


def test_the_front_is_what_nobody_beats_in_both():
    assert forgetting.table(lost())["front"].tolist() == [True, True, False]


def test_seeds_without_scratch_do_not_count():
    rows = [row for row in lost(3) if (row["arm"], row["seed"]) != ("scratch", 2)]
    assert forgetting.table(rows)["seeds"].tolist() == [2, 2, 2]
    assert forgetting.table([row for row in rows if row["arm"] != "scratch"]).empty


def test_intervals_make_a_cross_from_five_seeds_on():
    summary = {
        "contrasts": [
            {"arm": "full", "against": "scratch", "low": 0.2, "high": 0.4},
            {"arm": "full", "against": "lp_ft", "low": 0, "high": 1},
        ],
        "forgotten": [{"arm": "full", "low": -0.6, "high": -0.4}],
    }
    few, many = (forgetting.figure(forgetting.table(lost(seeds), summary=summary)) for seeds in (4, 5))
    crosses = [[one["error_x"]["array"], one["error_y"]["arrayminus"]] for one in many["data"] if one.get("error_x", {}).get("array")]
    assert crosses == [[[10], [10]]]
    assert not [one for one in few["data"] if one.get("error_x", {}).get("array")]


def test_names_do_not_lie_on_each_other():
    rows = [{**row, "arm": f"{row['arm']} {copy}" if row["arm"] != "scratch" else "scratch"} for row in lost(2) for copy in range(3)]
    figure = forgetting.figure(forgetting.table(rows))
    layout = figure["layout"]
    low, high = layout["yaxis"]["range"]
    inner = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    places = sorted((one["y"] - low) / (high - low) * inner - one["ay"] for one in layout["annotations"] if "ay" in one)
    assert len(places) == 9 and all(after - before > 15 for before, after in itertools.pairwise(places))


def test_an_old_summary_gives_no_cross():
    assert forgetting.table(lost(5), summary={"arms": []})["kept_low"].isna().all()
