"""Image grids: pictures in rows and columns that have names, as HTML around one PNG; the style sheet is ``STYLE``.

``signed`` and ``grey`` turn numbers into such pictures. All text is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import numpy as np

from tlcore.charts import colours, samples

WIDE = 8  # images in a row of a narrow screen; longer rows without names of columns are broken there


def figure(images: np.ndarray, rows: Sequence[str], columns: Sequence[str] = (), size: int = 44) -> str:
    """The grid as HTML. images: uint8 (rows, columns, h, w, 1 or 3); rows, columns: their names; size: the largest side in CSS pixels."""
    if not images.size:
        return "<p class='none'>There are no images to show here.</p>"
    down, across = images.shape[:2]
    picture = base64.b64encode(samples.sheet(images.reshape(-1, *images.shape[2:]), across)).decode()
    head = "".join(["<span></span>", *(f"<b>{escape(str(name))}</b>" for name in columns)]) if len(columns) else ""
    lines = "".join(f"<span>{escape(str(name))}</span>{_cells(row, down, across)}" for row, name in enumerate(rows))
    style = f"--zoom:{100 * across}% {100 * down}%;--picture:url(data:image/png;base64,{picture});"
    style += f"grid-template-columns:max-content repeat({across},minmax(0,{size}px))"
    kind = "grid wide" if across > WIDE and not len(columns) else "grid"
    return f"<div class='{kind}' style='{style}'>{head}{lines}</div>"


def _cells(row: int, down: int, across: int) -> str:
    top = 100 * row / (down - 1) if down > 1 else 0
    lefts = (100 * column / (across - 1) if across > 1 else 0 for column in range(across))
    return "".join(f"<i style='background-position:{left:.3f}% {top:.3f}%'></i>" for left in lefts)


def signed(values: np.ndarray, theme: str = "light", most: float | None = None) -> np.ndarray:
    """Numbers (..., h, w) as colours, uint8 (..., h, w, 3): one colour below zero, another above, the same strength for the same size.

    most: the size that has the full colour; without it the largest there is.
    """
    steps = np.array([colours.channels(step) for step in colours.palette(theme).signed], "float64")
    most = float(abs(values).max()) if most is None else most
    place = (np.clip(values / (most or 1.0), -1, 1) + 1) / 2 * (len(steps) - 1)
    low = np.minimum(place.astype(int), len(steps) - 2)
    share = (place - low)[..., None]
    mixed: np.ndarray = (steps[low] * (1 - share) + steps[low + 1] * share).round().astype("uint8")
    return mixed


def grey(values: np.ndarray, side: int, most: float | None = None) -> np.ndarray:
    """Numbers from 0 up (..., h, w) as squares of grey, uint8 (..., side, side, 1): black is 0, white is ``most`` or the largest."""
    most = float(values.max()) if most is None else most
    rows, columns = (np.arange(side) * size // side for size in values.shape[-2:])
    large = values[..., rows[:, None], columns]
    shown: np.ndarray = np.clip(large / (most or 1.0) * 255, 0, 255).round().astype("uint8")[..., None]
    return shown


STYLE = """
.grid { display: grid; gap: 4px; align-items: center; color: var(--st-text-color); font-family: var(--st-font); font-size: .8125rem; }
.grid span { padding-right: 8px; line-height: 1.2; }
.grid b { font-weight: 400; text-align: center; font-variant-numeric: tabular-nums; }
.grid i { display: block; width: 100%; aspect-ratio: 1; border-radius: 12%; image-rendering: pixelated;
  background: var(--picture) no-repeat; background-size: var(--zoom); box-shadow: 0 0 0 1px var(--st-border-color); }
.none { color: var(--st-text-color); font-family: var(--st-font); }
@media (max-width: 640px) {
  .grid { gap: 3px; }
  .grid span { padding-right: 4px; font-size: .75rem; }
  .grid b { font-size: .6875rem; }
  .grid.wide { grid-template-columns: repeat(8, minmax(0, 1fr)) !important; }
  .grid.wide span { grid-column: 1 / -1; padding-top: 4px; }
}
"""
