"""How many labels: means by labels on a log axis, and where scratch catches up."""

from __future__ import annotations

import math

import pytest

from tests.charts.examples import budgets
from tlcore.charts import budget, colours


def summary(seeds):
    """What the engine writes of five seeds and more."""
    return {
        "arms": [
            {"arm": row["arm"], "frozen": row["frozen"], "low": row["accuracy"] - 0.02, "high": row["accuracy"] + 0.02}
            for row in budgets(1)
            if seeds >= 5
        ]
    }


def test_a_row_for_each_run():
    table = budget.table(budgets(2))
    assert tuple(table.columns) == budget.COLUMNS and len(table) == 18
    assert set(table["labels"]) == {1, 5, 20} and table["low"].isna().all()


def test_scratch_catches_up_between_two_budgets_on_the_log_axis():
    found = budget.catching_up(budget.table(budgets(3)), "lp_ft")
    share = 0.1 / 0.15  # of the way from 5 to 20 labels: 0.1 behind, then 0.05 ahead
    assert found["at"] == pytest.approx(math.exp(math.log(5) + share * (math.log(20) - math.log(5))))
    assert (found["low"], found["high"], found["least"], found["most"], found["seeds"]) == (None, None, 1, 20, 3)


def test_an_interval_from_five_seeds_on():
    found = budget.catching_up(budget.table(budgets(5)), "lp_ft")
    assert found["low"] == pytest.approx(found["at"]) == pytest.approx(found["high"]), "all seeds are alike"


def test_it_may_not_catch_up_or_be_ahead_from_the_start():
    behind = [row for row in budgets(2) if row["frozen"] < 20]
    assert budget.catching_up(budget.table(behind), "lp_ft")["at"] is None
    assert budget.catching_up(budget.table(budgets(2, gain=-0.1)), "lp_ft")["at"] is None, "ahead at last only where it is ahead for good"
    ahead = [row | {"accuracy": 0.95} if row["arm"] == "scratch" else row for row in budgets(2)]
    assert budget.catching_up(budget.table(ahead), "lp_ft")["at"] == 1


def test_a_part_of_the_runs_says_nothing_yet():
    assert budget.catching_up(budget.table(budgets(2)[:4]), "lp_ft") is None
    assert budget.catching_up(budget.table([]), "lp_ft") is None


def test_lines_points_and_bands_keep_their_roles():
    few, many = budget.figure(budget.table(budgets(3))), budget.figure(budget.table(budgets(5), summary(5)))
    lines = [one for one in few["data"] if one.get("showlegend")]
    assert [one["name"] for one in lines] == ["From scratch", "Frozen", "Probe, then tune"]
    assert [one["line"]["dash"] for one in lines] == ["dash", "solid", "solid"]
    assert lines[1]["line"]["color"] == colours.of("frozen") and lines[0]["x"] == [1, 5, 20]
    bands = [one for one in many["data"] if one.get("fill")]
    assert len(bands) == 3 and not [one for one in few["data"] if one.get("fill")]
    assert few["layout"]["xaxis"]["type"] == "log" and few["layout"]["xaxis"]["tickvals"] == [1, 5, 20]


def test_the_place_is_marked():
    layout = budget.figure(budget.table(budgets(3)), caught=12.6, majority=0.1)["layout"]
    assert any("catches up at about 13" in one["text"] for one in layout["annotations"])
    assert any(one["x0"] == 12.6 for one in layout["shapes"] if one["type"] == "line" and "yref" in one)
