"""The map of images: a point an image, a colour and a marker a class, and the number by which its image is found."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.charts import cloud, colours, cosines

NAMES = [f"class {place}" for place in range(14)]


def drawn(labels, **more):
    return cloud.figure(cloud.table(np.arange(2.0 * len(labels)).reshape(-1, 2), labels, NAMES), **more)


def test_each_point_carries_the_number_of_its_image():
    traces = drawn([1, 0, 1])["data"]
    assert [(one["name"], one["customdata"]) for one in traces] == [("class 0", [1]), ("class 1", [0, 2])]
    assert traces[1]["x"] == [0.0, 4.0] and traces[1]["text"] == ["class 1", "class 1"]


def test_classes_differ_in_colour_and_in_marker():
    markers = [one["marker"] for one in drawn(list(range(10)))["data"]]
    assert len({one["color"] for one in markers}) == len({one["symbol"] for one in markers}) == 10


def test_of_many_classes_only_the_chosen_have_a_colour():
    labels = list(range(14))
    assert [one["name"] for one in drawn(labels)["data"]] == ["images"]
    assert not drawn(labels)["layout"]["showlegend"]
    rest, one, other = drawn(labels, chosen=[3, 12])["data"]
    assert (rest["name"], one["name"], other["name"]) == ("other classes", "class 3", "class 12") and len(rest["x"]) == 12
    assert len(drawn(labels, chosen=labels)["data"]) == 11, "ten at most"


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_the_colours_of_classes_can_be_seen_and_told_apart(theme):
    palette = colours.palette(theme)
    assert len(set(palette.classes)) == cloud.MOST == len(set(cloud.SYMBOLS))
    assert all(colours.contrast(each, palette.paper) >= 3 for each in palette.classes)


def test_the_nearest_caption_of_each_image_has_a_frame():
    table = cosines.table([[0.9, 0.1], [0.4, 0.2]], ["a", "b"])
    assert table[table["nearest"]][["image", "caption"]].values.tolist() == [[1, 1], [2, 1]]
    frames = cosines.figure(table)["layout"]["shapes"]
    assert [(round(one["x0"] + 0.47), round(one["y0"] + 0.46)) for one in frames] == [(1, 1), (2, 1)]
    assert cosines.figure(table)["data"][0]["z"] == [[0.9, 0.4], [0.1, 0.2]], "rows are captions"


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_every_cosine_can_be_read_on_its_cell(theme):
    values = np.linspace(-1, 1, 16).reshape(4, 4)
    shown = cosines.figure(cosines.table(values, list("abcd")), theme)["data"][1]
    for ink, value in zip(shown["textfont"]["color"], values.T.ravel().tolist(), strict=True):
        assert colours.contrast(ink, cosines.ground(value, theme)) >= 4.2
