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
FAMILIES = {
    "sans": tuple(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    "mono": tuple(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    "serif": tuple(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    "times": tuple(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    "modern": ("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10", "cmmi10"),
}
FONTS = tuple(font for family in FAMILIES.values() for font in family)
ALIKE = 0.8625  # correlation from which on the second of two characters is left out; leaves 182 of the 304 letters
SIDE, BOX = 28, 20  # pixels of an image and of the character in it
FINER = 2  # how much finer a character is drawn than it is kept
FINE = SIDE * FINER
TURN, SLANT, STRETCH, SHIFT = 15.0, 0.25, (0.8, 1.1), 1.5  # degrees, share of the height, factors, pixels
BLUR = 1.0  # of the finer drawing, so that a pen can widen or narrow a line
PENS = tuple(np.linspace(0.25, 0.55, 8).tolist())  # grey value at which a blurred line ends
SHARP = 0.45  # grey values over which a line fades out
UNEVEN = 0.06  # spread of the ink's brightness


def package(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise InputError(f"The package {name} is missing: install what requirements.txt lists.")
    return Path(found.submodule_search_locations[0])


def characters(scripts: tuple[str, ...], digits: bool) -> tuple[str, ...]:
    """The characters of some scripts, in order, without those that look like an earlier one.

    Two classes that only a size or a hairline tells apart would teach a net to tell apart what nobody can.
    """
    wanted = (DIGITS if digits else "") + "".join(SCRIPTS[script] for script in scripts)
    kept: list[str] = []
    seen = np.empty((0, SIDE * SIDE))
    for character in wanted:
        pixels = np.asarray(_master(FONTS[0], character).reduce(FINER), dtype=np.float64).ravel()
        pixels = (pixels - pixels.mean()) / (pixels.std() * SIDE)  # so that a dot product is a correlation
        if not kept or (seen @ pixels).max() < ALIKE:
            kept.append(character)
            seen = np.vstack([seen, pixels])
    return tuple(kept)


def draw(characters: tuple[str, ...], per_class: int, seed: int, families: tuple[str, ...] = tuple(FAMILIES)) -> NDArray[np.uint8]:
    """Images of each character in turn: uint8 (len(characters) * per_class, 28, 28, 1), white on black.

    A letter is drawn alike whichever letters are drawn beside it.
    """
    fonts = tuple(font for family in families for font in FAMILIES[family])
    return np.concatenate([_images(character, per_class, seed, fonts) for character in characters])[..., None]


def _images(character: str, count: int, seed: int, fonts: tuple[str, ...]) -> NDArray[np.uint8]:
    """One character: every font that has it in turn, each time placed, slanted and inked another way."""
    from PIL import Image

    rng = np.random.default_rng([seed, ord(character)])
    masters = [_master(font, character) for font in fonts if ord(character) in _covered(font)]
    if not masters:
        raise InputError(f"None of these fonts has the letter {character}: choose sans too, or other scripts.")
    drawn_with = np.resize(rng.permutation(len(masters)), count)
    pens = rng.integers(0, len(PENS), count)
    images = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    for place, matrix in enumerate(_affine(rng, count)):
        drawn = masters[drawn_with[place]].transform((FINE, FINE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        images[place] = np.asarray(drawn.point(_ink(PENS[pens[place]])).reduce(FINER))
    uneven = rng.normal(1.0, UNEVEN, images.shape)
    return np.clip(images * uneven, 0, 255).astype(np.uint8)


def _affine(rng: np.random.Generator, count: int) -> list[Any]:
    """Six numbers an image that lead from its pixels back to the master's: turned, slanted, stretched, shifted."""
    angle = np.deg2rad(rng.uniform(-TURN, TURN, count))
    slant = rng.uniform(-SLANT, SLANT, count)
    wide, tall = rng.uniform(*STRETCH, (2, count))
    right, down = rng.uniform(-SHIFT, SHIFT, (2, count)) * FINER + FINE / 2
    a, b = np.cos(angle) / wide, (np.sin(angle) + slant) / wide
    d, e = -np.sin(angle) / tall, np.cos(angle) / tall
    matrices = [a, b, FINE / 2 - a * right - b * down, d, e, FINE / 2 - d * right - e * down]
    rows: list[Any] = np.stack(matrices, axis=1).tolist()
    return rows


@cache
def _ink(pen: float) -> list[int]:
    """What becomes of each grey value of a blurred line: the lower the pen, the thicker the line."""
    return [round(255 * min(1.0, max(0.0, (value / 255 - pen) / SHARP + 0.5))) for value in range(256)]


@cache
def _fonts() -> Path:
    return package("matplotlib") / "mpl-data" / "fonts" / "ttf"


@cache
def _covered(font: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_fonts() / f"{font}.ttf", lazy=True) as file:
        return frozenset(file.getBestCmap() or ())


@cache
def _face(font: str) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(_fonts() / f"{font}.ttf"), 96, layout_engine=ImageFont.Layout.BASIC)


def _master(font: str, character: str) -> Image.Image:
    """A character as data sets of handwriting frame it: fitted into a box, its centre of mass in the middle; drawn finer, and blurred."""
    from PIL import Image, ImageDraw, ImageFilter

    face = _face(font)
    left, top, right, bottom = face.getbbox(character)
    drawn = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(drawn).text((-left, -top), character, fill=255, font=face)
    return framed(drawn, BOX * FINER, FINE).filter(ImageFilter.GaussianBlur(BLUR))


def framed(drawn: Image.Image, box: int, side: int) -> Image.Image:
    """Something white on black, fitted into a box, in an image of side x side pixels with its centre of mass in the middle."""
    from PIL import Image

    scale = box / max(drawn.size)
    fitted = drawn.resize((max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale))), Image.Resampling.BOX)
    weight = np.asarray(fitted, dtype=np.float64)
    centre = [float((weight.sum(axis=axis) * (np.arange(size) + 0.5)).sum() / weight.sum()) for axis, size in enumerate(fitted.size)]
    canvas = Image.new("L", (side, side))
    canvas.paste(fitted, (round(side / 2 - centre[0]), round(side / 2 - centre[1])))
    return canvas
