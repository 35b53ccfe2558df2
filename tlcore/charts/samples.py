"""Sample sheets: thumbnails of images as one picture, each with its class.

``sheet`` puts all images into one PNG; ``figure`` lays that picture out as HTML, a thumbnail a cell, so that the cells flow
on a narrow screen; its style sheet is ``STYLE``. All text is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

ACROSS = 16  # thumbnails in a row of the PNG


def table(labels: Sequence[int] | np.ndarray, classes: Sequence[str], places: Sequence[int] | None = None) -> DataFrame:
    """A row for each image: place (in its part of the data set), label, name."""
    import pandas as pd

    found = [int(label) for label in labels]
    where = range(len(found)) if places is None else [int(place) for place in places]
    return pd.DataFrame({"place": list(where), "label": found, "name": [str(classes[label]) for label in found]})


def sheet(images: np.ndarray, across: int = ACROSS, lossy: bool = False) -> bytes:
    """All images as one PNG, row by row; the last row is filled up with black. images: uint8 (n, h, w, 1 or 3).

    lossy: as WebP, a tenth as large where colours are grained, and not to the pixel.
    """
    from PIL import Image

    if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
        raise ValueError(f"images must be uint8 (n, height, width, channels) with n over 0, not {images.dtype} {images.shape}")
    count, height, width, channels = images.shape
    down = -(-count // across)
    cells = np.zeros((down * across, height, width, channels), np.uint8)
    cells[:count] = images
    picture = cells.reshape(down, across, height, width, channels).swapaxes(1, 2).reshape(down * height, across * width, channels)
    file = BytesIO()
    how: dict[str, Any] = {"format": "WEBP", "quality": 80} if lossy else {"format": "PNG", "compress_level": 3}
    Image.fromarray(picture[..., 0] if channels == 1 else picture).save(file, **how)
    return file.getvalue()


def figure(
    images: np.ndarray, captions: Sequence[str] | None = None, size: int = 44, columns: int | None = None, rows: bool = False
) -> str:
    """The sheet as HTML. size: side of a thumbnail in CSS pixels; columns: at most so many in a row, else as many as fit.

    rows: each row has exactly ``columns``, and the thumbnails shrink where there is less room, so that rows keep their meaning.
    """
    if not len(images):
        return "<p class='none'>There are no images to show here.</p>"
    across = min(ACROSS, len(images))
    down = -(-len(images) // across)
    address = "data:image/png;base64," + base64.b64encode(sheet(images, across)).decode()
    cells = "".join(_cell(place, across, down, captions[place] if captions is not None else None) for place in range(len(images)))
    limit = f"max-width:{columns * (size + 6) - 6}px;" if columns else ""
    if columns and rows:
        limit += f"grid-template-columns:repeat({columns},minmax(0,1fr));"
    zoom = f"{100 * across}% {100 * down}%"
    return f"<div class='sheet' style='--size:{size}px;--zoom:{zoom};--picture:url({address});{limit}'>{cells}</div>"


def rows(images: np.ndarray, names: Sequence[str], size: int = 52) -> str:
    """Rows of images as HTML, the name of each before it, so that what is made of an image stands below it. images: uint8 (rows, n, h, w, c)."""
    down, across = images.shape[:2]
    address = "data:image/png;base64," + base64.b64encode(sheet(images.reshape(-1, *images.shape[2:]), across)).decode()
    lines = [
        f"<figcaption>{escape(name)}</figcaption>" + "".join(_cell(row * across + place, across, down, None) for place in range(across))
        for row, name in enumerate(names)
    ]
    style = f"--size:{size}px;--zoom:{100 * across}% {100 * down}%;--picture:url({address});--across:{across}"
    return f"<div class='sheet named' style='{style}'>{''.join(lines)}</div>"


def _cell(place: int, across: int, down: int, caption: str | None) -> str:
    row, column = divmod(place, across)
    left = 100 * column / (across - 1) if across > 1 else 0
    top = 100 * row / (down - 1) if down > 1 else 0
    said = "" if caption is None else f"<figcaption>{escape(str(caption))}</figcaption>"
    return f"<figure><i style='background-position:{left:.3f}% {top:.3f}%'></i>{said}</figure>"


STYLE = """
.sheet { display: grid; grid-template-columns: repeat(auto-fill, var(--size)); gap: 6px; color: var(--st-text-color);
  font-family: var(--st-font); font-size: .8125rem; line-height: 1.25; }
figure { margin: 0; text-align: center; overflow-wrap: anywhere; }
figure i { display: block; width: 100%; aspect-ratio: 1; border-radius: 14%; image-rendering: pixelated;
  background: var(--picture) no-repeat; background-size: var(--zoom); box-shadow: 0 0 0 1px var(--st-border-color); }
figcaption { padding-top: 2px; }
.named { grid-template-columns: minmax(4.5em, max-content) repeat(var(--across), minmax(0, var(--size))); align-items: center; }
.named figcaption { padding: 0 6px 0 0; }
.none { color: var(--st-text-color); font-family: var(--st-font); }
"""
