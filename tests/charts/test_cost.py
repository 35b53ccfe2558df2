"""What each depth costs: only what was measured, on the axis of the curve above."""

from __future__ import annotations

from tests.charts.examples import COSTS, arms
from tlcore.charts import cost, freezing


def test_a_row_for_each_depth():
    table = cost.table(reversed(COSTS))
    assert tuple(table.columns) == cost.COLUMNS
    assert table["frozen"].tolist() == [0, 1, 2] and table["trainable"].tolist() == [93_500, 37_000, 650]


def test_what_was_not_measured_is_left_out():
    figure = cost.figure(cost.table([{"arm": "freeze", "frozen": 0, "trainable": None, "seconds": 0.1}]))
    assert [trace["x"] for trace in figure["data"]] == [[], [0]]


def test_it_stands_below_the_curve_on_the_same_axis():
    blocks = (("conv 32", 416), ("conv 64", 18_688))
    above, below = (
        freezing.figure(freezing.table(arms(1)[:4]), blocks=blocks)["layout"],
        cost.figure(cost.table(COSTS), blocks=blocks)["layout"],
    )
    assert above["xaxis"]["range"] == below["xaxis"]["range"]
    assert [above["margin"][side] for side in "lr"] == [below["margin"][side] for side in "lr"]
    assert below["yaxis"]["type"] == "log"


def test_numbers_are_short():
    texts = [trace["text"] for trace in cost.figure(cost.table(COSTS))["data"]]
    assert texts == [["93.5k", "37k", "650"], ["0.2", "0.1", "0.067"]]
