"""Sample sheets: one picture for all thumbnails, cells that flow or keep their rows, captions as text."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.charts.examples import EVIL
from tlcore.charts import samples


def images(count, channels=1, side=4):
    """Images each of one grey."""
    return np.repeat(np.arange(count, dtype=np.uint8), side * side * channels).reshape(count, side, side, channels)


def test_a_row_for_each_image():
    table = samples.table([1, 0], ["a", "b"], [7, 3])
    assert table.values.tolist() == [[7, 1, "b"], [3, 0, "a"]]
    assert samples.table(np.array([0]), ["a"]).values.tolist() == [[0, 0, "a"]]
    assert samples.table([], []).empty


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_all_images_are_in_one_picture(channels, mode):
    picture = Image.open(BytesIO(samples.sheet(images(5, channels), across=3)))
    assert picture.size == (12, 8) and picture.mode == mode
    pixels = np.asarray(picture.convert("L"))
    assert [pixels[1, 1], pixels[1, 5], pixels[5, 5], pixels[5, 9]] == [0, 1, 4, 0]


@pytest.mark.parametrize("wrong", [images(0), images(2).astype("f4"), images(2)[..., 0]])
def test_what_is_no_set_of_images_is_refused(wrong):
    with pytest.raises(ValueError, match="uint8"):
        samples.sheet(wrong)


def test_each_thumbnail_shows_its_own_part_of_the_picture():
    html = samples.figure(images(20), columns=5)
    assert html.count("<figure>") == 20
    places = re.findall(r"background-position:([\d.]+)% ([\d.]+)%", html)
    assert len(set(places)) == 20 and places[16] == ("0.000", "100.000")
    address = re.search(r"url\(data:image/png;base64,([^)]+)\)", html)
    assert Image.open(BytesIO(base64.b64decode(address.group(1)))).size == (16 * 4, 2 * 4)


def test_captions_are_only_text():
    html = samples.figure(images(1), [EVIL])
    assert "<img" not in html and "&lt;img" in html


def test_rows_keep_their_number_of_columns_on_any_screen():
    assert "repeat(10,minmax(0,1fr))" in samples.figure(images(20), columns=10, rows=True)
    assert "repeat(10" not in samples.figure(images(20), columns=10)


def test_no_images_are_a_sentence():
    assert "There are no images" in samples.figure(images(0))


def test_what_is_made_of_an_image_stands_below_it():
    html = samples.rows(images(6).reshape(2, 3, 4, 4, 1), ["As it is", EVIL])
    assert html.count("<figure>") == 6 and html.count("<figcaption>") == 2 and "--across:3" in html and "<img" not in html
    assert re.findall(r"background-position:([\d.]+)% ([\d.]+)%", html)[3:5] == [("0.000", "100.000"), ("50.000", "100.000")]
