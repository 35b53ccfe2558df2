"""Which classes look the same upside down: a net that must find the way up can learn nothing from them.

Each image is held against the others of its class, as they are and turned by half: where the nearest is as often a turned one,
nothing tells the way up. What looks the same after a quarter turn does so after a half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlcore.datasets.split import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOKED_AT, IN_ALL = 200, 11000  # images of a class at most, and of all classes together
SIDE = 7  # pixels that are enough to see a shape by: strokes that differ by a pixel must not count
PLAIN = 0.89  # share of right answers below which a class has no way up


def upright(data: Dataset) -> dict[str, float]:
    """Class -> share of its training images that are nearer to others of the class than to those turned by half; .5 is guessing."""
    labels, most = np.asarray(data.train.labels), min(LOOKED_AT, max(2, IN_ALL // len(data.classes)))
    return {name: _told(data.train.images[np.flatnonzero(labels == place)[:most]]) for place, name in enumerate(data.classes)}


def turnable(data: Dataset) -> tuple[str, ...]:
    """The classes that look much the same upside down."""
    return tuple(name for name, share in upright(data).items() if share < PLAIN)


def _told(images: NDArray[np.uint8]) -> float:
    seen = images.max(-1).astype("float32") / 255  # a shape is one in any colour
    small = _shrunk(seen, (0,))[0]
    as_is, turned = (_nearest(small, _shrunk(each, (-1, 0, 1))) for each in (seen, seen[:, ::-1, ::-1]))
    return float((as_is < turned).mean())


def _shrunk(images: NDArray[np.float32], shifts: tuple[int, ...]) -> NDArray[np.float32]:
    """Images (n, h, w) at ``SIDE`` pixels a side, flat, once for each shift by some pixels down and right: (shifts squared, n, d)."""
    count, height, width = images.shape
    down, right = (np.vstack([_mean(side, shift) for shift in shifts]) for side in (height, width))
    narrow = np.ascontiguousarray(_products(images.reshape(-1, width), right).reshape(count, height, -1).swapaxes(1, 2))
    small = _products(narrow.reshape(-1, height), down).reshape(count, len(shifts), SIDE, len(shifts), SIDE)
    return np.ascontiguousarray(small.transpose(1, 3, 0, 2, 4)).reshape(len(shifts) ** 2, count, -1)


def _products(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """All products of rows, (n, m), in this thread alone: on a busy machine the threads of a matrix product wait for each other."""
    found: NDArray[np.float32] = np.einsum("nd,md->nm", some, others)
    return found


def _mean(side: int, shift: int) -> NDArray[np.float32]:
    """What takes the mean of neighbouring pixels, (SIDE, side)."""
    edges = np.linspace(0, side, SIDE + 1) + shift
    pixels = np.arange(side)
    share = np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])
    mean: NDArray[np.float32] = (np.maximum(share, 0) * SIDE / side).astype("float32")
    return mean


def _nearest(images: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distance of each image (n, d) to the nearest among the others (shifts, n, d), itself left out."""
    itself = np.where(np.eye(len(images), dtype=bool), np.float32(np.inf), np.float32(0))
    squares = (images**2).sum(1)[:, None]
    found = [((each**2).sum(1) - 2 * _products(images, each) + squares + itself).min(1) for each in others]
    nearest: NDArray[np.float32] = np.min(found, axis=0)
    return nearest
