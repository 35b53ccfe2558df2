"""The two charts of bars: recall and precision of each class, and how many images a class has."""

from __future__ import annotations

import pytest

from tlcore.charts import balance, per_class


def measured(count):
    """Classes from hard to easy."""
    return [{"name": f"c{place}", "precision": 0.9, "recall": place / count, "count": 10 + place} for place in range(count)]


def test_two_rows_for_each_class():
    table = per_class.table(measured(2))
    assert tuple(table.columns) == per_class.COLUMNS
    assert table.values.tolist() == [
        ["c0", 10, "recall", 0.0], ["c0", 10, "precision", 0.9], ["c1", 11, "recall", 0.5], ["c1", 11, "precision", 0.9],
    ]  # fmt: skip
    assert per_class.table([]).empty


def test_recall_is_filled_and_precision_outlined():
    recall, precision = per_class.figure(per_class.table(measured(3)))["data"]
    assert recall["y"] == pytest.approx([0, 33.33, 66.67]) and precision["y"] == [90, 90, 90]
    assert "line" in precision["marker"] and "line" not in recall["marker"]
    assert recall["customdata"] == [10, 11, 12]


def test_of_many_classes_the_hardest_are_shown():
    figure = per_class.figure(per_class.table(measured(182)))
    assert figure["data"][0]["x"] == [f"c{place}" for place in range(per_class.SHOWN)]
    assert any("30 hardest of 182" in one["text"] for one in figure["layout"]["annotations"])


def test_a_row_for_each_class_and_part():
    table = balance.table({"train": {"a": 6, "b": 4}, "test": {"a": 2, "b": 1}})
    assert list(table.columns) == ["class", "part", "images"]
    assert table.values.tolist() == [["a", "train", 6], ["b", "train", 4], ["a", "test", 2], ["b", "test", 1]]
    assert balance.table({}).empty and list(balance.table({}).columns) == ["class", "part", "images"]


def test_parts_are_told_apart_without_colour():
    counts = {"a": 3, "b": 3}
    bars = balance.figure(balance.table({"train": counts, "validation": counts, "test": counts}))["data"]
    assert [bar["name"] for bar in bars] == ["Pool", "Validation", "Test"]
    cues = [(bar["marker"]["color"].rsplit(",", 1)[1], bar["marker"]["pattern"]["shape"]) for bar in bars]
    assert len(set(cues)) == 3 and cues[2][1]


def test_how_even_the_classes_are_in_words():
    assert balance.words({"train": {"a": 5, "b": 5}}) == "Yes: 5 images of each."
    assert balance.words({"train": {"a": 5, "b": 1500}}) == "The rarest class has 5 images, the commonest 1,500."
