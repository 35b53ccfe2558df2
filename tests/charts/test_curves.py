"""Learning curves: the table, the lines that come of it, and how they are told apart."""

from __future__ import annotations

import json
import math
import re

import pytest

from tests.charts.examples import rows
from tlcore.charts import colours, curves
from tlcore.charts import lines as each_line
from tlcore.charts.curves import Series


def lines(figure, part):
    """The traces of validation, training or seeds."""
    return [trace for trace in figure["data"] if trace.get("meta") == part]


def labels(figure):
    """What stands at the ends of lines."""
    return [one["text"] for one in figure["layout"]["annotations"] if one.get("name") == "end"]


def test_a_row_for_each_number_that_was_measured():
    table = curves.table([Series("Frozen", rows(2), "frozen", 4)])
    assert tuple(table.columns) == curves.COLUMNS
    assert len(table) == 3 * 2 + 2 * 2, "validation from epoch 0 on, training from epoch 1 on, two metrics"
    one = table[(table.epoch == 2) & (table.part == "validation") & (table.metric == "accuracy")].iloc[0]
    assert (one.series, one.role, one.seed, one.value) == ("Frozen", "frozen", 4, pytest.approx(0.8))


def test_no_runs_give_an_empty_table_with_the_same_columns():
    table = curves.table([])
    assert tuple(table.columns) == curves.COLUMNS and table.empty


def test_the_table_draws_the_same_figure_as_the_rows():
    series = [Series("A", rows(), "scratch", 0), Series("A", rows(lift=0.1), "scratch", 1), Series("B", rows(), "frozen", 0, 0.5)]
    for metric in curves.METRICS:
        assert curves.figure(curves.table(series), metric=metric) == curves.draw(series, metric=metric)


def test_forks_and_relatives_survive_the_table():
    series = [Series("A", rows(9)), Series("B", rows(9, lift=0.1), begins=4, quiet=True)]
    for metric in curves.METRICS:
        assert curves.figure(curves.table(series), metric=metric) == curves.draw(series, metric=metric)


def test_validation_is_thick_training_thin_and_a_run_alone_names_both():
    figure = curves.draw([Series("Frozen", rows(), "frozen", 0)])
    validation, training = lines(figure, "validation")[0], lines(figure, "training")[0]
    assert validation["line"]["width"] > 2 * training["line"]["width"]
    assert sorted(labels(figure)) == ["training", "validation"]
    assert validation["x"][0] == 0 and training["x"][0] == 1
    assert not lines(figure, "seed")


def test_seeds_are_faint_and_their_mean_is_strong():
    figure = curves.draw([Series("A", rows(), seed=0), Series("A", rows(lift=0.1), seed=1)])
    mean, first, second = lines(figure, "validation")[0], *lines(figure, "seed")
    assert mean["y"][-1] == pytest.approx((first["y"][-1] + second["y"][-1]) / 2, abs=0.01)
    assert first["opacity"] < 0.5 < mean["opacity"]
    assert "mean of 2 seeds" in mean["hovertemplate"] and "seed 1" in second["hovertemplate"]


def test_a_seed_that_is_behind_counts_where_it_has_come_to():
    figure = curves.draw([Series("A", rows(4), seed=0), Series("A", rows(4)[:2], seed=1)])
    mean = lines(figure, "validation")[0]
    assert len(mean["x"]) == 5 and mean["y"][-1] == pytest.approx(80)


@pytest.mark.parametrize(("epochs", "told"), [(0, ["10.0 %"]), (1, ["10.0 %", "80.0 %"])])
def test_one_epoch_is_points_with_their_numbers_and_no_line(epochs, told):
    figure = curves.draw([Series("A", rows(epochs)), Series("A", rows(epochs), seed=1)], epochs=1)
    (thick,) = lines(figure, "validation")
    assert thick["text"] == told and thick["mode"] == "markers+text"
    assert {trace["mode"] for trace in lines(figure, "seed")} == {"markers"} and not lines(figure, "training")
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 0 and high > 1, "no point lies on the edge"


def test_the_first_epochs_of_many_are_a_line():
    assert lines(curves.draw([Series("A", rows(25)[:2])], epochs=25), "validation")[0]["mode"] == "lines"


def test_names_of_traces_can_be_names_of_classes():
    names = ("Source", "Probe, then tune", "a/b.c #1", "Ω", "ω")
    figure = curves.draw([Series(name, rows(), seed=seed) for name in names for seed in range(2)])
    uids = [trace["uid"] for trace in figure["data"]]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", uid) for uid in uids), "Plotly looks for them with a selector"


def test_an_empty_chart_has_no_grid_behind_its_words():
    assert curves.draw([])["layout"]["yaxis"]["showgrid"] is False
    assert curves.draw([Series("A", rows())])["layout"]["yaxis"]["showgrid"] is True


def test_what_begins_alike_is_seen_twice():
    figure = curves.draw([Series("Frozen", rows(), "frozen"), Series("Probe, then tune", rows(), "probe_then_tune")])
    below, above = lines(figure, "validation")
    assert (below["line"]["dash"], above["line"]["dash"]) == ("solid", "longdash")
    assert below["marker"]["size"] > above["marker"]["size"]
    assert lines(figure, "training")[0]["line"]["width"] < 1


def test_missing_numbers_leave_a_gap_and_no_nan():
    broken = rows(4)
    broken[2]["val_accuracy"] = math.nan
    broken[4] |= {"val_accuracy": math.inf, "val_loss": math.nan, "loss": math.nan}
    for metric in curves.METRICS:
        figure = curves.draw([Series("A", broken, seed=0), Series("A", rows(4), seed=1), Series("B", rows(4), "frozen")], metric=metric)
        json.dumps(figure, allow_nan=False)
    figure = curves.draw([Series("A", broken)])
    assert lines(figure, "validation")[0]["y"] == [10.0, 27.5, None, 62.5, None]
    end = next(one for one in figure["layout"]["annotations"] if one["text"] == "validation")
    assert (end["x"], end["y"]) == (3, 62.5), "the name stands at the last number there is"


def test_rows_without_a_metric_draw_nothing_of_it():
    bare = [{"epoch": epoch, "val_loss": 0.1} for epoch in range(3)]
    assert "appears here" in curves.draw([Series("A", bare)], metric="accuracy")["layout"]["annotations"][-1]["text"]


def test_two_thousand_epochs_are_at_most_400_points_and_the_last_is_kept():
    figure = curves.draw([Series("A", rows(2000)), Series("B", rows(2000), "frozen")])
    for trace in figure["data"]:
        assert len(trace["x"]) == len(trace["y"]) <= each_line.POINTS
        assert trace["x"][-1] == 2000
    assert len(json.dumps(figure)) < 40_000, "an update stays small"


def test_up_to_six_lines_are_named_at_their_end_and_more_beside():
    several = [Series(f"arm {place}", rows(lift=place / 100), "tuned") for place in range(7)]
    assert labels(curves.draw(several[:6])) == [f"arm {place}" for place in range(6)]
    assert curves.draw(several[:6])["layout"]["showlegend"] is False
    crowded = curves.draw(several)
    assert labels(crowded) == [] and crowded["layout"]["showlegend"] is True


def test_long_names_are_cut_at_the_line_and_whole_when_hovered():
    name = "a very long name that nobody could fit beside a line"
    figure = curves.draw([Series(name, rows()), Series("B", rows(), "frozen")])
    assert max(len(label) for label in labels(figure)) == curves.LONGEST
    assert name in {trace["name"] for trace in figure["data"]}


def test_lines_are_told_apart_without_colour():
    groups = [Series(f"rate {place}", rows(lift=place / 100), "tuned") for place in range(3)]
    groups += [Series("From scratch", rows(), "scratch"), Series("Frozen", rows(), "frozen")]
    figure = curves.draw(groups)
    cues = [(trace["line"]["dash"], trace["marker"]["symbol"]) for trace in lines(figure, "validation")]
    assert len(set(cues)) == 5
    assert all(trace["marker"]["maxdisplayed"] == each_line.MARKS for trace in lines(figure, "validation"))


def test_frozen_shares_give_colour_and_the_square_is_for_all_of_it():
    figure = curves.draw([Series(f"{share}", rows(), "frozen", frozen=share) for share in (0.0, 0.5, 1.0)])
    drawn = lines(figure, "validation")
    assert [trace["line"]["color"] for trace in drawn] == [colours.frost(share) for share in (0.0, 0.5, 1.0)]
    assert [trace["marker"]["symbol"] for trace in drawn] == ["circle", "circle", "square"]


def test_series_come_in_the_order_of_the_roles():
    given = [Series(role, rows(), role) for role in ("probe_then_tune", "tuned", "scratch", "frozen")]
    assert [trace["name"] for trace in lines(curves.draw(given), "validation")] == ["scratch", "frozen", "tuned", "probe_then_tune"]


def test_axes_stand_still_from_the_first_epoch_on():
    early, late = curves.draw([Series("A", rows(40)[:2])], epochs=40), curves.draw([Series("A", rows(40))], epochs=40)
    assert early["layout"]["xaxis"]["range"] == late["layout"]["xaxis"]["range"] == [0, 40]
    assert early["layout"]["yaxis"]["range"] == late["layout"]["yaxis"]["range"]
    assert early["layout"]["uirevision"] == late["layout"]["uirevision"]


def test_accuracy_begins_at_chance_and_loss_at_zero():
    figure = curves.draw([Series("A", [{**row, "val_accuracy": 0.6, "accuracy": 0.7} for row in rows()])], chance=0.5)
    assert figure["layout"]["yaxis"]["range"] == [50, 100]
    assert [one["line"]["dash"] for one in figure["layout"]["shapes"]] == ["dot"]
    low, high = curves.draw([Series("A", rows())], metric="loss")["layout"]["yaxis"]["range"]
    assert low == 0 and 2.3 < high < 2.6


def test_the_dark_theme_is_the_light_one_with_other_colours():
    series = [Series("A", rows(), "scratch"), Series("B", rows(), "frozen", frozen=0.25), Series("C", rows(), "probe_then_tune")]
    text = json.dumps(curves.draw(series, "light", chance=0.1))
    for light, dark in colours.dark([0.25]).items():
        text = text.replace(light, dark)
    assert json.loads(text) == json.loads(json.dumps(curves.draw(series, "dark", chance=0.1)))


def test_an_update_keeps_the_identity_of_its_lines():
    first, second = curves.draw([Series("A", rows(3)[:2])], epochs=3), curves.draw([Series("A", rows(3))], epochs=3)
    assert [trace["uid"] for trace in first["data"]] == [trace["uid"] for trace in second["data"]]
