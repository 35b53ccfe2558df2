"""Views: the same images seen otherwise, so that a source and a target differ in one known way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Images = NDArray[np.uint8]  # (n, height, width, channels)
    Change = Callable[[Images, np.random.Generator], Images]

NOISE = 0.35  # standard deviation, of the range from black to white
SOFT = 1.5  # pixels of blur at a side of 28
FAINT = 0.3  # share of the contrast that is left


def noisy(images: Images, rng: np.random.Generator) -> Images:
    """Every pixel brighter or darker by chance."""
    return np.clip(images + rng.normal(0, 255 * NOISE, images.shape), 0, 255).astype(np.uint8)


def blurred(images: Images, rng: np.random.Generator) -> Images:
    """Out of focus."""
    from scipy.ndimage import gaussian_filter

    sigma = SOFT * images.shape[1] / 28
    soft: Images = np.rint(gaussian_filter(images.astype("float32"), (0, sigma, sigma, 0))).astype(np.uint8)
    return soft


def faint(images: Images, rng: np.random.Generator) -> Images:
    """Grey on black."""
    grey: Images = np.rint(images * FAINT).astype(np.uint8)
    return grey


def inverted(images: Images, rng: np.random.Generator) -> Images:
    """Black on white."""
    return (255 - images).astype(np.uint8)


def turned(images: Images, rng: np.random.Generator) -> Images:
    """Half of them upside down."""
    half = rng.random(len(images)) < 0.5
    return np.where(half[:, None, None, None], images[:, ::-1, ::-1], images)


def mixed(images: Images, rng: np.random.Generator) -> Images:
    """Each in a style of its own: as it is, noisy, faint, inverted or blurred."""
    styles = (images, noisy(images, rng), faint(images, rng), inverted(images, rng), blurred(images, rng))
    chosen = rng.integers(0, len(styles), len(images))
    return np.stack(styles)[chosen, np.arange(len(images))]


def shuffled(images: Images, rng: np.random.Generator, side: int) -> Images:
    """Cut into side x side blocks, which change places in every image (Neyshabur 2020)."""
    count, height, width, channels = images.shape
    if height % side or width % side:
        raise InputError(f"Images of {height} x {width} cannot be cut into {side} x {side} equal blocks: choose another view.")
    tall, wide = height // side, width // side
    blocks = images.reshape(count, side, tall, side, wide, channels).swapaxes(2, 3).reshape(count, side * side, tall, wide, channels)
    places = rng.permuted(np.tile(np.arange(side * side), (count, 1)), axis=1)
    moved = blocks[np.arange(count)[:, None], places].reshape(count, side, side, tall, wide, channels)
    whole: Images = moved.swapaxes(2, 3).reshape(images.shape)
    return whole


def plain(images: Images, rng: np.random.Generator) -> Images:
    """As they are."""
    return images


def quarters(images: Images, rng: np.random.Generator) -> Images:
    """Cut into 2 x 2 blocks that change places in every image: lines are there, shapes are not."""
    return shuffled(images, rng, 2)


def sixteenths(images: Images, rng: np.random.Generator) -> Images:
    """Cut into 4 x 4 blocks that change places in every image: only small pieces are left."""
    return shuffled(images, rng, 4)


VIEWS: dict[str, Change] = {
    "plain": plain,
    "noisy": noisy,
    "blurred": blurred,
    "faint": faint,
    "inverted": inverted,
    "turned": turned,
    "mixed": mixed,
    "blocks-2": quarters,
    "blocks-4": sixteenths,
}
TOLD = tuple((change.__doc__ or "").split(" (")[0] for change in VIEWS.values())  # what each does, in a sentence


def seen(images: Images, view: str) -> Images:
    """The images in a view, always the same for the same images; uint8 (n, height, width, channels) as they came."""
    return VIEWS[view](images, np.random.default_rng(0))
