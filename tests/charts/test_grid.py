"""Image grids: rows and columns that have names, and numbers as pictures."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.charts.examples import EVIL
from tlcore.charts import colours, grid


def test_each_cell_shows_its_own_part_of_the_picture():
    images = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1).repeat(4, 2).repeat(4, 3)
    html = grid.figure(images, ["a", "b"], ["x", "y", "z"])
    places = re.findall(r"background-position:([\d.]+)% ([\d.]+)%", html)
    assert places == [(x, y) for y in ("0.000", "100.000") for x in ("0.000", "50.000", "100.000")]
    picture = Image.open(BytesIO(base64.b64decode(re.search(r"base64,([^)]+)\)", html).group(1))))
    assert np.asarray(picture)[::4, ::4].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert re.findall(r"<b>(.*?)</b>", html) == ["x", "y", "z"] and re.findall(r"<span>(.*?)</span>", html) == ["", "a", "b"]


def test_names_are_only_text_and_no_images_are_a_sentence():
    html = grid.figure(np.zeros((1, 2, 3, 3, 1), np.uint8), [EVIL], [EVIL, "b"])
    assert "<img" not in html and html.count("&lt;img") == 2
    assert "There are no images" in grid.figure(np.zeros((0, 2, 3, 3, 1), np.uint8), [])


def test_long_rows_without_names_of_columns_are_broken_on_a_narrow_screen():
    def drawn(count, columns=()):
        return grid.figure(np.zeros((1, count, 3, 3, 1), np.uint8), ["a"], columns)

    assert "grid wide" in drawn(16) and "grid wide" not in drawn(7)
    assert "grid wide" not in drawn(16, ["x"] * 16)


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_a_sign_is_a_colour_and_a_size_its_strength(theme):
    steps = [colours.channels(step) for step in colours.palette(theme).signed]
    drawn = grid.signed(np.array([[-2.0, 0.0, 2.0], [1.0, -9.0, 9.0]]), theme, most=2.0)
    assert drawn.dtype == np.uint8 and drawn.shape == (2, 3, 3)
    assert [tuple(each) for each in drawn[0].tolist()] == [steps[0], steps[4], steps[8]]
    assert tuple(drawn[1, 0].tolist()) == steps[6] and drawn[1, 1].tolist() == drawn[0, 0].tolist()
    assert (grid.signed(np.zeros((2, 2)), theme) == steps[4]).all()


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_both_signs_are_told_apart_by_people_of_any_sight(theme):
    """Brown and teal differ in blue, which those who confuse red and green see as others do; the same size is about as strong."""
    palette = colours.palette(theme)
    for low, high in zip(palette.signed[:4], palette.signed[:4:-1], strict=True):
        assert colours.channels(high)[2] - colours.channels(low)[2] > 20
        assert 0.5 < colours.contrast(low, palette.signed[4]) / colours.contrast(high, palette.signed[4]) < 2
    assert min(colours.contrast(palette.signed[at], palette.signed[4]) for at in (0, 8)) > 4.5


def test_grey_begins_at_zero_and_small_maps_grow():
    drawn = grid.grey(np.array([[[0.0, 4.0], [2.0, -1.0]]]), side=4)
    assert drawn.shape == (1, 4, 4, 1)
    assert drawn[0, ::2, ::2, 0].tolist() == [[0, 255], [128, 0]]
    assert (drawn[0, :2, 2:] == 255).all() and not grid.grey(np.zeros((1, 2, 2)), 4).any()
