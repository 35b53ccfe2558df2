"""Drawing coloured shapes: what varies in them is known, so an image can be asked several questions, and told in words."""

from __future__ import annotations

import math
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACTORS: dict[str, tuple[str, ...]] = {
    "shape": ("circle", "square", "triangle", "diamond", "star", "cross", "ring", "bar"),
    "colour": ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "white"),
    "size": ("small", "medium", "large"),
    "place": ("centre", "top", "bottom", "left", "right"),
    "texture": ("solid", "striped", "dotted"),
}
COLOURS = ((225, 50, 45), (240, 140, 30), (235, 215, 50), (60, 175, 75), (70, 205, 215), (60, 95, 225), (165, 70, 200), (240, 240, 240))
RADII = (0.15, 0.2, 0.25)  # of the side
PLACES = ((0.0, 0.0), (0.0, -0.22), (0.0, 0.22), (-0.22, 0.0), (0.22, 0.0))  # right, down, of the side
SIDE, FINER = 32, 2  # pixels of an image, and how much finer it is drawn
TURN, WIDEN, SHIFT, TINT, GRAIN = 20.0, 0.08, 0.03, 14.0, 9.0  # degrees, share, share of the side, grey values, grey values
DARK = (18, 60)  # grey values of the ground
STRIPE, DOT = 5, 6  # pixels of the finer drawing: width of a stripe, distance of two holes
TIP, NOTCH = 1.2, 0.5  # how far the tips of a star and the notches between them are from its middle


def combinations(which: str) -> NDArray[np.int64]:
    """Every combination of the factors, (n, 5) int, or one of two halves that share no pair of shape and colour.

    Each half has every shape and every colour: only their pairs are new.
    """
    every = np.array(list(product(*(range(len(names)) for names in FACTORS.values()))))
    half = (every[:, 0] + every[:, 1]) % 2
    return every if which == "all" else every[half == (0 if which == "first" else 1)]


def draw(factors: NDArray[np.int64], seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Images uint8 (n, 32, 32, 3) of rows of factors, and the radius of each shape as a share of the side, (n,) float32.

    Each is turned, placed, tinted and grained by chance; two images of the same factors differ.
    """
    rng = np.random.default_rng(seed)
    count = len(factors)
    radius = np.array(RADII)[factors[:, 2]] * (1 + rng.uniform(-WIDEN, WIDEN, count))
    middle = 0.5 + np.array(PLACES)[factors[:, 3]] + rng.uniform(-SHIFT, SHIFT, (count, 2))
    angle = np.deg2rad(rng.uniform(-TURN, TURN, count))
    phase = rng.integers(0, 2 * STRIPE * DOT, count)
    masks = np.stack([_mask(*row) for row in zip(factors[:, 0], factors[:, 4], radius, middle, angle, phase, strict=True)])
    ink = np.clip(np.array(COLOURS)[factors[:, 1]] + rng.normal(0, TINT, (count, 3)), 0, 255)[:, None, None]
    ground = rng.uniform(*DARK, (count, 1, 1, 1))
    drawn = ground + masks[..., None] * (ink - ground) + rng.normal(0, GRAIN, (count, SIDE, SIDE, 3))
    return np.clip(drawn, 0, 255).astype(np.uint8), radius.astype(np.float32)


def caption(row: Any, template: int = 0) -> str:
    """An image in words, from its factors.

    >>> caption((0, 0, 0, 1, 2))
    'a small red dotted circle at the top'
    """
    said = {name: names[int(value)] for (name, names), value in zip(FACTORS.items(), row, strict=True)}
    where = "in the centre" if said["place"] == "centre" else f"at the {said['place']}" if int(row[3]) < 3 else f"on the {said['place']}"
    what = "" if said["texture"] == "solid" else f"{said['texture']} "
    told = f"a {said['size']} {said['colour']} {what}{said['shape']} {where}"
    return (told, f"there is {told}", f"{where}, {told.removesuffix(' ' + where)}")[template]


def _mask(shape: int, texture: int, radius: float, middle: Any, angle: float, phase: int) -> NDArray[np.float64]:
    """How much of each pixel is inside, (32, 32): drawn finer, patterned, then averaged."""
    across, down = _grid()
    x, y = (across / across.shape[1] - middle[0]) / radius, (down / down.shape[0] - middle[1]) / radius
    turned = math.cos(angle) * x + math.sin(angle) * y, -math.sin(angle) * x + math.cos(angle) * y
    inside = _SHAPES[FACTORS["shape"][shape]](*turned)
    if texture == 1:
        inside &= (across + down + phase).astype(int) // STRIPE % 2 == 0
    elif texture == 2:
        inside &= ((across + phase).astype(int) % DOT >= DOT / 2) | ((down + phase).astype(int) % DOT >= DOT / 2)
    share: NDArray[np.float64] = inside.reshape(SIDE, FINER, SIDE, FINER).mean((1, 3))
    return share


@cache
def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right and down of the middle of each pixel of the finer drawing."""
    middles = np.arange(SIDE * FINER) + 0.5
    across, down = np.meshgrid(middles, middles)
    return across, down


def _star(x: Any, y: Any) -> Any:
    """Five points: between a tip and the notch beside it the edge is straight."""
    away = np.hypot(x, y)
    turn = abs(np.mod(np.arctan2(x, -y) + math.pi / 5, 2 * math.pi / 5) - math.pi / 5)  # from the nearest tip, 0 to 36 degrees
    notch = NOTCH * math.cos(math.pi / 5), NOTCH * math.sin(math.pi / 5)
    return (notch[0] - TIP) * away * np.sin(turn) - notch[1] * (away * np.cos(turn) - TIP) > 0


_SHAPES: dict[str, Any] = {
    "circle": lambda x, y: np.hypot(x, y) < 1,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) < 0.86,
    "triangle": lambda x, y: (y < 0.75) & (1.8 * abs(x) - 1.15 < y),
    "diamond": lambda x, y: abs(x) * 1.35 + abs(y) < 1.1,
    "star": _star,
    "cross": lambda x, y: (np.minimum(abs(x), abs(y)) < 0.32) & (np.maximum(abs(x), abs(y)) < 1),
    "ring": lambda x, y: (np.hypot(x, y) < 1) & (np.hypot(x, y) > 0.55),
    "bar": lambda x, y: (abs(y) < 0.36) & (abs(x) < 1.1),
}
