"""Coloured shapes: what is known of an image is what is drawn, and the halves share no pair."""

from itertools import pairwise

import numpy as np
import pytest

from tlcore.datasets import find, load, shapes
from tlcore.datasets.shapes import COLOURS, FACTORS, RADII, SIDE, caption, combinations, draw

NAMES = list(FACTORS)


def test_every_combination_is_there_once():
    every = combinations("all")
    assert every.shape == (8 * 8 * 3 * 5 * 3, 5) and len(np.unique(every, axis=0)) == len(every)


def test_the_halves_share_no_pair_and_each_has_every_shape_and_colour():
    first, second = ({tuple(row[:2]) for row in combinations(which)} for which in ("first", "second"))
    assert not first & second and len(first | second) == 64
    for half in (first, second):
        assert {shape for shape, _ in half} == set(range(8)) == {colour for _, colour in half}


def test_the_same_seed_draws_the_same_and_no_two_images_are_alike():
    rows = np.repeat(combinations("all")[:20], 3, axis=0)
    (one, radius), (again, _), (other, _) = (draw(rows, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and len(np.unique(one.reshape(60, -1), axis=0)) == 60
    assert one.shape == (60, SIDE, SIDE, 3) and one.dtype == np.uint8 and radius.shape == (60,)


def bright(images):
    """Where there is a shape: brighter than the ground can be."""
    return images.max(-1) > 120


def solid(**fixed):
    rows = combinations("all")
    for name, value in {"texture": "solid", **fixed}.items():
        rows = rows[rows[:, NAMES.index(name)] == FACTORS[name].index(value)]
    return rows


@pytest.mark.parametrize("colour", FACTORS["colour"])
def test_a_shape_has_the_colour_that_it_is_said_to_have(colour):
    rows = solid(colour=colour, size="large")
    images, _ = draw(rows)
    inside = images[bright(images)].mean(0)
    nearest = np.abs(np.array(COLOURS) - inside).sum(1).argmin()
    assert FACTORS["colour"][nearest] == colour


@pytest.mark.parametrize(("place", "right", "down"), [("centre", 0, 0), ("top", 0, -1), ("bottom", 0, 1), ("left", -1, 0), ("right", 1, 0)])
def test_a_shape_is_where_it_is_said_to_be(place, right, down):
    images, _ = draw(solid(place=place, shape="circle"))
    for image in bright(images):
        rows, columns = np.nonzero(image)
        assert abs(columns.mean() / SIDE - 0.5 - 0.22 * right) < 0.09 and abs(rows.mean() / SIDE - 0.5 - 0.22 * down) < 0.09


def test_a_size_is_a_size():
    areas, radii = [], []
    for size in FACTORS["size"]:
        images, radius = draw(solid(size=size, shape="square", place="centre"))
        areas.append(bright(images).sum((1, 2)))
        radii.append(radius)
    for small, large in pairwise(range(3)):
        assert radii[small].max() < radii[large].min() and (areas[small] < areas[large]).all()
    assert [abs(np.median(each) - wanted) < 0.02 for each, wanted in zip(radii, RADII, strict=True)] == [True] * 3


def test_shapes_cover_different_parts():
    """On the same place in the same size, the mean outlines differ by a good part of their area."""
    means = [bright(draw(solid(shape=shape, place="centre", size="large"))[0]).mean(0) for shape in FACTORS["shape"]]
    for place, one in enumerate(means):
        assert all(np.abs(one - other).sum() > 0.08 * (one.sum() + other.sum()) for other in means[:place])


def test_a_texture_has_holes():
    rows = solid(size="large", place="centre", shape="square", colour="white")
    full, striped, dotted = (bright(draw(rows + np.array([0, 0, 0, 0, texture]))[0]).mean() for texture in range(3))
    assert striped < 0.75 * full and dotted < 0.95 * full and striped < dotted


@pytest.mark.parametrize("template", range(3))
def test_a_caption_says_every_factor(template):
    for row in combinations("all")[::97]:
        told = caption(row, template)
        for name, value in zip(NAMES, row, strict=True):
            assert FACTORS[name][value] in told or FACTORS[name][value] == "solid"
    assert len({caption(row, template) for row in combinations("all")}) == 2880


@pytest.mark.parametrize("label", NAMES)
def test_any_factor_can_be_the_label(label, tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    data = load("shapes", {"label": label, "per_combination": 1})
    assert data.classes == FACTORS[label]
    for part in (data.train, data.validation, data.open_test()):
        assert part.factors.shape == (len(part), 5)
        np.testing.assert_array_equal(part.factors[:, NAMES.index(label)], part.labels)


def test_a_set_that_lost_what_is_known_of_its_images_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    knobs = {"per_combination": 1, "pairs": "first"}
    data = load("shapes", knobs)
    (data.folder / "factors.npy").write_bytes(b"")
    assert find("shapes", knobs) is None
    assert load("shapes", knobs).train.factors.shape[1] == 5


def test_drawing_has_no_star_that_is_a_circle():
    rows = solid(shape="star", size="large", place="centre")
    filled = (
        bright(draw(rows)[0]).sum((1, 2)).mean() / bright(draw(solid(shape="circle", size="large", place="centre"))[0]).sum((1, 2)).mean()
    )
    assert shapes.NOTCH < filled < 0.75
