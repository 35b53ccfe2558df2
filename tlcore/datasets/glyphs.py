"""Drawing printed letters: which characters, from which fonts, and how each image differs from the next."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

Shapes = dict[str, "list[Image.Image]"]


def _letters(*ranges: tuple[int, int]) -> str:
    return "".join(chr(code) for first, last in ranges for code in range(first, last + 1) if chr(code).isalpha())


# Alphabets without accents: an accent is lost first when an image is small.
SCRIPTS: dict[str, str] = {
    "latin": _letters((0x41, 0x5A), (0x61, 0x7A)),
    "greek": _letters((0x391, 0x3A9), (0x3B1, 0x3C9)),
    "cyrillic": _letters((0x410, 0x44F)) + "Ёё",
    "armenian": _letters((0x531, 0x556), (0x561, 0x587)),
    "georgian": _letters((0x10D0, 0x10F0)),
    "hebrew": _letters((0x5D0, 0x5EA)),
}
DIGITS = "0123456789"
FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10", "cmmi10"),
)
ALIKE = 0.85  # correlation of two characters from which on the second is left out
SIDE, BOX, SUPER = 28, 20, 2  # pixels of an image, of the character in it, and how much finer it is drawn


def package(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise InputError(f"The package {name} is missing: install what requirements.txt lists.")
    return Path(found.submodule_search_locations[0])


def characters(scripts: tuple[str, ...], digits: bool) -> tuple[str, ...]:
    """The characters of some scripts, in order, without those that look like an earlier one."""
    wanted = (DIGITS if digits else "") + "".join(SCRIPTS[script] for script in scripts)
    shapes = {character: _master(FONTS[0], character) for character in wanted}
    kept: list[str] = []
    vectors: list[NDArray[np.float64]] = []
    for character in wanted:
        picture = shapes[character].reduce(SUPER)
        vector = np.asarray(picture, dtype=np.float64).ravel()
        vector = (vector - vector.mean()) / (vector.std() * len(vector) ** 0.5 + 1e-9)
        if not vectors or max(float(vector @ other) for other in vectors) < ALIKE:
            kept.append(character)
            vectors.append(vector)
    return tuple(kept)


def draw(characters: tuple[str, ...], per_class: int, seed: int = 0) -> NDArray[np.uint8]:
    """Images of each character in turn, uint8 (len(characters) * per_class, 28, 28, 1), the same for the same seed."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    images = np.empty((len(characters) * per_class, SIDE, SIDE, 1), dtype=np.uint8)
    place = 0
    for character in characters:
        masters = [_master(font, character) for font in FONTS if ord(character) in _covered(font)]
        fonts = np.resize(rng.permutation(len(masters)), per_class)
        for font, matrix in zip(fonts, _affine(rng, per_class), strict=True):
            big = masters[font].transform((SIDE * SUPER, SIDE * SUPER), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
            images[place, :, :, 0] = np.asarray(big.reduce(SUPER))
            place += 1
    return images


def _affine(rng: np.random.Generator, count: int) -> list[Any]:
    angle = np.deg2rad(rng.uniform(-15, 15, count))
    shear = rng.uniform(-0.25, 0.25, count)
    scale = rng.uniform(0.85, 1.1, count)
    shift = rng.uniform(-2, 2, (2, count)) * SUPER
    middle = SIDE * SUPER / 2
    a, b = np.cos(angle) / scale, (np.sin(angle) + shear) / scale
    d, e = -np.sin(angle) / scale, np.cos(angle) / scale
    c = middle - a * (middle + shift[0]) - b * (middle + shift[1])
    f = middle - d * (middle + shift[0]) - e * (middle + shift[1])
    return np.stack([a, b, c, d, e, f], axis=1).tolist()


@cache
def _fonts() -> Path:
    return package("matplotlib") / "mpl-data" / "fonts" / "ttf"


@cache
def _covered(font: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_fonts() / f"{font}.ttf", lazy=True) as file:
        return frozenset(file.getBestCmap() or ())


@cache
def _type(font: str) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(_fonts() / f"{font}.ttf"), 96, layout_engine=ImageFont.Layout.BASIC)


def _master(font: str, character: str) -> Image.Image:
    """A character fitted into the box and put in the middle, SUPER times as fine as an image."""
    from PIL import Image, ImageDraw

    face = _type(font)
    left, top, right, bottom = face.getbbox(character)
    drawn = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(drawn).text((-left, -top), character, fill=255, font=face)
    factor = BOX * SUPER / max(drawn.size)
    size = (max(1, round(drawn.width * factor)), max(1, round(drawn.height * factor)))
    canvas = Image.new("L", (SIDE * SUPER, SIDE * SUPER))
    canvas.paste(drawn.resize(size, Image.Resampling.BOX), ((canvas.width - size[0]) // 2, (canvas.height - size[1]) // 2))
    return canvas
