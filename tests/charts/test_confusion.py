"""The confusion matrix: a row for each pair, a quiet diagonal, loud mistakes, numbers where they fit."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from tlcore.charts import colours, confusion

MATRIX = [[8, 2, 0], [1, 9, 0], [0, 0, 0]]
CLASSES = ["cat", "dog", "owl"]


def unpacked(packed):
    """The array that Plotly reads."""
    shape = tuple(int(side) for side in packed["shape"].split(","))
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).reshape(shape)


def test_a_row_for_each_pair_with_its_share_of_the_true_class():
    table = confusion.table(MATRIX, CLASSES)
    assert list(table.columns) == ["true", "predicted", "count", "share"] and len(table) == 9
    one = table[(table.true == "cat") & (table.predicted == "dog")].iloc[0]
    assert (one["count"], one["share"]) == (2, pytest.approx(0.2))
    assert table[table.true == "owl"]["share"].tolist() == [0, 0, 0], "a class without examples has no shares"


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(ValueError, match="reshape"):
        confusion.table([[1, 2]], CLASSES)


def test_rows_are_true_and_columns_predicted_and_the_figure_says_so():
    figure = confusion.figure(confusion.table(MATRIX, CLASSES))
    mistakes = unpacked(figure["data"][0]["z"])
    assert mistakes[0, 1] == pytest.approx(20) and np.isnan(np.diag(mistakes)).all()
    assert unpacked(figure["data"][0]["customdata"])[0, 1] == 2
    layout = figure["layout"]
    assert layout["yaxis"]["title"]["text"] == "True class (rows)" and layout["xaxis"]["title"]["text"] == "Predicted class (columns)"
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1], "the first class is the upper row"


def test_the_diagonal_is_one_quiet_colour():
    right = confusion.figure(confusion.table(MATRIX, CLASSES))["data"][1]
    assert {colour for _, colour in right["colorscale"]} == {colours.palette("light").grid}
    assert np.diag(unpacked(right["z"]))[:2].tolist() == pytest.approx([80, 90])


@pytest.mark.parametrize(("shown", "first"), [("count", ["8", "2", ""]), ("share", ["80", "20", ""])])
def test_counts_or_shares_stand_in_the_cells(shown, first):
    numbers = confusion.figure(confusion.table(MATRIX, CLASSES), shown=shown)["data"][2]
    assert numbers["text"][:3] == first


def test_many_classes_have_no_numbers_and_fewer_names():
    size = 182
    figure = confusion.figure(confusion.table(np.eye(size, dtype=int) * 5, [str(place) for place in range(size)]), whole=True)
    assert len(figure["data"]) == 2
    assert len(figure["layout"]["xaxis"]["ticktext"]) <= 26
    assert figure["data"][0]["xgap"] == 0 and figure["layout"]["height"] > 380


def many(size=40):
    """A matrix of many classes with three pairs that were mixed up."""
    matrix = np.eye(size, dtype=int) * 5
    matrix[3, 7], matrix[7, 3], matrix[20, 21] = 2, 4, 1
    return confusion.table(matrix, [f"<{place}>" for place in range(size)])


@pytest.mark.parametrize(("shown", "told"), [("count", ["4", "2", "1"]), ("share", ["44.4 %", "28.6 %", "16.7 %"])])
def test_of_many_classes_the_pairs_that_were_mixed_up_most_are_drawn(shown, told):
    (bars,) = confusion.figure(many(), shown=shown)["data"]
    assert bars["y"] == ["&lt;7&gt; taken for &lt;3&gt;", "&lt;3&gt; taken for &lt;7&gt;", "&lt;20&gt; taken for &lt;21&gt;"]
    assert bars["text"] == told


def test_many_classes_without_a_mistake_say_so():
    table = confusion.table(np.eye(40, dtype=int), [str(place) for place in range(40)])
    assert "No class" in confusion.figure(table)["layout"]["annotations"][0]["text"]


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_numbers_can_be_read_on_their_cells(theme):
    spread = [[100 - worst, worst] for worst in (0, 5, 10, 15, 20, 25, 60, 100)]
    for row in spread:
        numbers = confusion.figure(confusion.table([row, [0, 1]], ["a", "b"]), theme=theme)["data"][2]
        ground = colours.mistake(row[1] / 100 / confusion.LOUD, theme)
        assert colours.contrast(numbers["textfont"]["color"][1], ground) >= 4.5
        assert colours.contrast(numbers["textfont"]["color"][0], colours.palette(theme).grid) >= 4.5
