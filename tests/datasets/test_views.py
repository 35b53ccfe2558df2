"""Views: the same images, changed in one known way."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.datasets.views import TOLD, VIEWS, seen, shuffled
from tlcore.registry import InputError

IMAGES = np.random.default_rng(1).integers(0, 256, (50, 28, 28, 1)).astype(np.uint8)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_keeps_number_shape_and_type_and_is_always_the_same(view):
    found = seen(IMAGES, view)
    assert (found.shape, found.dtype) == (IMAGES.shape, np.uint8)
    assert found.tobytes() == seen(IMAGES, view).tobytes()
    assert (found == IMAGES).all() == (view == "plain")


def test_inverting_twice_is_seeing_plainly():
    assert (seen(seen(IMAGES, "inverted"), "inverted") == IMAGES).all()


def test_blocks_change_places_and_keep_their_pixels():
    found = seen(IMAGES, "blocks-2")
    for before, after in zip(IMAGES, found, strict=True):
        corners = [[image[a : a + 14, b : b + 14].tobytes() for a in (0, 14) for b in (0, 14)] for image in (before, after)]
        assert sorted(corners[0]) == sorted(corners[1])


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(InputError, match="cannot be cut into 4 x 4 equal blocks"):
        shuffled(np.zeros((2, 10, 10, 1), np.uint8), np.random.default_rng(0), 4)


def test_half_are_upside_down():
    found = seen(IMAGES, "turned")
    kept, over = ((found == other).all(axis=(1, 2, 3)) for other in (IMAGES, IMAGES[:, ::-1, ::-1]))
    assert (kept | over).all() and 10 < kept.sum() < 40


def test_a_mixture_has_every_style():
    found = seen(IMAGES, "mixed")
    assert 3 <= (found == IMAGES).all(axis=(1, 2, 3)).sum() <= 20
    assert 3 <= (found == 255 - IMAGES).all(axis=(1, 2, 3)).sum() <= 20


def test_noise_spreads_and_blur_smooths():
    grey = np.full((5, 28, 28, 1), 128, np.uint8)
    assert 60 < seen(grey, "noisy").std() < 90
    assert seen(IMAGES, "blurred").std() < 0.5 * IMAGES.std() and seen(IMAGES, "faint").max() == 76


def test_noise_blur_contrast_half_turn_and_blocks_are_there_and_each_is_told():
    assert {"noisy", "blurred", "faint", "turned", "blocks-2", "blocks-4"} <= set(VIEWS)
    assert len(TOLD) == len(VIEWS) and all(told.endswith(".") and "(" not in told for told in TOLD)
