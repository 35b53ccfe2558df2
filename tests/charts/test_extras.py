"""What else a pretraining measures: which groups there are, and what is drawn of one."""

import pytest

from tlcore.charts import embedding, extras

ROWS = [
    {"epoch": 0, "knn": 0.2, "linear": 0.25, "rank": 9.0, "val_shape_loss": 2.0, "val_colour_loss": 2.1, "val_shape_accuracy": 0.1},
    {"epoch": 1, "val_shape_loss": 1.5, "val_colour_loss": 1.0, "val_shape_accuracy": 0.4, "shape_loss": 1.4},
    {"epoch": 2, "knn": 0.5, "linear": None, "rank": 22.0, "val_shape_loss": 1.0, "val_colour_loss": 0.5, "val_shape_accuracy": 0.6},
]


def test_only_what_was_measured_can_be_chosen_and_each_question_has_a_line():
    found = extras.groups(ROWS)
    assert list(found) == ["probe", "rank", "losses", "answers"]
    assert found["losses"].lines == {"val_shape_loss": "shape", "val_colour_loss": "colour"}
    assert list(extras.groups([{"epoch": 1, "val_pretext_accuracy": 0.5}])) == ["turns"]
    assert extras.groups([]) == {}


def test_shares_are_drawn_in_per_cent_with_a_level_to_compare_with():
    figure = extras.draw(ROWS, extras.groups(ROWS)["probe"], epochs=4, level=(0.1, "guessing"))
    assert {trace["name"]: (trace["x"], trace["y"]) for trace in figure["data"]} == {
        "linear probe": ([0], [25.0]),
        "nearest neighbours": ([0, 2], [20.0, 50.0]),
    }
    assert figure["layout"]["yaxis"]["range"] == [0.0, 100.0] and figure["layout"]["xaxis"]["range"] == [0, 4]
    assert figure["layout"]["shapes"][0]["y0"] == pytest.approx(10)


def test_lines_are_told_apart_without_their_colour():
    traces = extras.draw(ROWS, extras.groups(ROWS)["losses"])["data"]
    assert len({(trace["line"]["dash"], trace["marker"]["symbol"]) for trace in traces}) == len(traces) == 2


def test_the_short_way_draws_what_the_table_draws():
    assert extras.figure(extras.table(ROWS), group="rank") == extras.draw(ROWS, extras.groups(ROWS)["rank"])


def test_dots_have_colours_by_class_where_classes_are_few_and_one_far_away_lies_at_the_edge():
    import numpy as np

    places, labels = np.array([[0.0, 0.0], [99.0, 0.5], [1.0, -1.0]]), np.array([4, 7, 4])
    figure = embedding.draw(places, labels, {4: "four", 7: "seven"})
    assert [(trace["name"], trace["x"]) for trace in figure["data"]] == [("four", [0.0, 1.0]), ("seven", [embedding.EDGE])]
    many = embedding.draw(np.zeros((20, 2)), np.arange(20), {place: str(place) for place in range(20)})
    assert len(many["data"]) == 1 and many["data"][0]["text"][13] == "13"
