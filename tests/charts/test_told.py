"""Told against true: every point where it belongs, and the line where both are the same."""

from __future__ import annotations

from tlcore.charts import told


def test_every_example_is_a_point_and_the_line_is_the_diagonal():
    figure = told.figure(told.table([1.0, 2.0, 4.0], [1.5, 2.0, 3.0]), name="radius", unit="pixels")
    assert (figure["data"][0]["x"], figure["data"][0]["y"]) == ([1.0, 2.0, 4.0], [1.5, 2.0, 3.0])
    (line,) = figure["layout"]["shapes"]
    assert (line["x0"], line["x1"]) == (line["y0"], line["y1"]) == (1.0, 4.0)
    assert figure["layout"]["xaxis"]["range"] == figure["layout"]["yaxis"]["range"], "else the diagonal is none to the eye"
    assert figure["layout"]["xaxis"]["title"]["text"] == "True radius, pixels"


def test_one_number_told_to_all_is_no_division_by_zero():
    assert told.figure(told.table([2.0, 2.0], [2.0, 2.0]))["layout"]["xaxis"]["range"] == [1.96, 2.04]
