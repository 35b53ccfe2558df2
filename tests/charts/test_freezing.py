"""The effect of freezing: means and intervals of the table, and the way from ember to ice."""

from __future__ import annotations

import math

import pytest

from tests.charts.examples import arms, controls
from tlcore.charts import colours, freezing

BLOCKS = (("conv 32", 416), ("conv 64", 18_688), ("conv 64", 37_120), ("embedding 64", 37_120))


CONTROLS = colours.CONTROLS.values()


def named(figure):
    """What the legend names."""
    return [one["name"] for one in figure["data"] if one.get("showlegend")]


def summary(seeds):
    """What the engine writes: an interval from five seeds on."""
    known = seeds >= 5
    cells = [("scratch", None, 0.6), *(("freeze", frozen, 0.7 + 0.04 * frozen) for frozen in range(5))]
    return {
        "arms": [
            {
                "arm": arm,
                "frozen": frozen,
                "n": seeds,
                "mean": mean,
                "low": mean - 0.02 if known else None,
                "high": mean + 0.02 if known else None,
            }
            for arm, frozen, mean in cells
        ]
    }


def test_a_row_for_each_run_with_the_mean_of_its_arm():
    table = freezing.table(arms(3))
    assert tuple(table.columns) == freezing.COLUMNS and len(table) == 18
    two = table[table.frozen == 2]
    assert two["accuracy"].tolist() == pytest.approx([0.78, 0.79, 0.80]) and two["mean"].tolist() == pytest.approx([0.79] * 3)
    assert table["low"].isna().all() and table["high"].isna().all()
    assert table.iloc[0]["arm"] == "scratch", "scratch comes first"


def test_intervals_come_from_the_summary_and_from_five_seeds_on():
    assert freezing.table(arms(4), summary(5))["low"].isna().all(), "four measured seeds show none, whatever was promised"
    table = freezing.table(arms(5), summary(5))
    assert table[table.frozen == 4][["low", "high"]].iloc[0].tolist() == pytest.approx([0.84, 0.88])


def test_runs_without_an_accuracy_and_no_runs():
    assert len(freezing.table([*arms(1), {"arm": "freeze", "frozen": 1, "seed": 1, "accuracy": None}])) == 6
    empty = freezing.table([])
    assert empty.empty and tuple(empty.columns) == freezing.COLUMNS


def test_each_mean_has_its_frost_and_the_last_one_its_square():
    points, means, *_ = freezing.figure(freezing.table(arms(3)), blocks=BLOCKS)["data"]
    assert means["x"] == [0, 1, 2, 3, 4] and means["text"] == ["71.0", "75.0", "79.0", "83.0", "87.0"]
    assert means["marker"]["color"] == [colours.frost(place / 4) for place in range(5)]
    assert means["marker"]["symbol"] == ["circle"] * 4 + ["square"]
    assert len(points["x"]) == 15 and len(set(points["x"])) == 15, "seeds lie beside each other"


def test_scratch_is_a_dashed_line_with_a_band_that_says_what_it_is():
    few, many = freezing.figure(freezing.table(arms(3))), freezing.figure(freezing.table(arms(5), summary(5)))
    assert "From scratch 61.0 (seeds: 60.0 to 62.0)" in named(few), "the range of the seeds"
    assert "From scratch 62.0 (95 %: 58.0 to 62.0)" in named(many), "the interval"
    assert [one["line"]["dash"] for one in many["layout"]["shapes"] if "dash" in one["line"]] == ["dash"]


def test_controls_are_open_and_thin_and_named():
    figure = freezing.figure(freezing.table(controls(3)), blocks=BLOCKS)
    beside = {one["name"]: one for one in figure["data"] if one.get("marker", {}).get("symbol", "") in [each.marker for each in CONTROLS]}
    assert list(beside) == ["Copied and tuned", "From the target itself, frozen", "From the target itself, tuned", "Frozen at random"]
    assert all(one["line"]["width"] < 2 and one["line"]["dash"] != "solid" for one in beside.values())
    assert beside["Frozen at random"]["x"] == [1, 2, 3, 4] and len(beside["From the target itself, tuned"]["x"]) == 1
    assert "5 times as long 63.0" in named(figure)


def test_the_best_and_the_cheapest_are_marked():
    def marks(**given):
        layout = freezing.figure(freezing.table(arms(3)), blocks=BLOCKS, **given)["layout"]
        return [(one["x"], one["text"]) for one in layout["annotations"] if one.get("name") == "mark"]

    assert not marks()
    assert marks(best=1, cheapest=3) == [(1, "best on validation"), (3, "cheapest within<br>one standard error")]
    assert marks(best=4, cheapest=4) == [(4, "best on validation, and cheapest<br>within one standard error")]
    assert marks(best=9) == [], "a depth that is not measured"


def test_the_interval_is_a_faint_band_from_five_seeds_on():
    def bands(seeds):
        layout = freezing.figure(freezing.table(arms(seeds), summary(seeds)))["layout"]
        return [one for one in layout["shapes"] if one["type"] == "path"]

    assert not bands(4)
    assert len(bands(5)) == 4 and all(one["fillcolor"].endswith(",0.15)") for one in bands(5))


def test_the_axis_holds_every_point_and_the_commonest_class_where_it_is_near():
    far, near = (freezing.figure(freezing.table(arms(3)), majority=majority)["layout"] for majority in (0.1, 0.58))
    low, high = far["yaxis"]["range"]
    assert 50 < low < 60 and high > 88, "what matters fills the height"
    words = [[one["text"] for one in layout["annotations"]].count("always the commonest class") for layout in (far, near)]
    assert words == [0, 1]
    low, high = freezing.figure(freezing.table([{"arm": "freeze", "frozen": 0, "seed": 0, "accuracy": 1.0}]))["layout"]["yaxis"]["range"]
    assert low < 100 <= high <= 101


def test_random_blocks_that_fall_far_below_do_not_press_the_rest_together():
    rows = [{**row, "accuracy": 0.2} if row["arm"] == "random_frozen" and row["frozen"] == 4 else row for row in controls(3)]
    layout = freezing.figure(freezing.table(rows))["layout"]
    assert layout["yaxis"]["range"][0] > 21
    [said] = [one for one in layout["annotations"] if one.get("name") == "below"]
    assert (said["x"], said["text"]) == (4, "↓ at random 20.0")


@pytest.mark.parametrize(("span", "step"), [((80, 88), 1), ((80, 95), 2), ((60, 95), 5), ((5, 95), 10)])
def test_the_numbers_on_the_axis_are_few(span, step):
    assert freezing._step(span) == step


def test_one_seed_and_a_part_of_the_arms():
    figure = freezing.figure(freezing.table(arms(1)[:3]), blocks=BLOCKS)
    assert figure["data"][1]["x"] == [0, 1]
    assert figure["layout"]["xaxis"]["tickvals"] == [0, 1, 2, 3, 4], "the axis has room for those that come"
    only = freezing.figure(freezing.table(arms(1)[:1]), blocks=BLOCKS)
    assert "From scratch 60.0" in named(only)


def test_blocks_are_named_on_the_axis_and_their_names_are_only_names():
    ticks = freezing.figure(freezing.table(arms(1)), blocks=(("<b>", 1), *BLOCKS[1:]))["layout"]["xaxis"]["ticktext"]
    assert ticks[0].endswith("none") and "&lt;b&gt;" in ticks[1] and "embedding" in ticks[4]


def test_numbers_of_the_figure_are_finite():
    figure = freezing.figure(freezing.table(arms(2)))
    assert all(math.isfinite(value) for trace in figure["data"] for value in trace["y"] if value is not None)
