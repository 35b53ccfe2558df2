"""Images against captions: how alike each pair is to a net that was taught to match them, with the true pairs on the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

STRONGEST = 0.85  # opacity of a cosine of 1


def table(cosines: np.ndarray | Sequence[Sequence[float]], captions: Sequence[str]) -> DataFrame:
    """A row for each pair of image and caption, image by image: image (from 1), caption (its place, from 1), said, cosine, nearest.

    cosines: (n, n), rows images, columns captions, in the same order. nearest: whether no other caption is nearer to the image.
    """
    import pandas as pd

    values = np.asarray(cosines, "float64").reshape(len(captions), len(captions))
    count = len(captions)
    best = values.argmax(1) if count else np.zeros(0, int)
    columns = {
        "image": np.repeat(np.arange(1, count + 1), count),
        "caption": np.tile(np.arange(1, count + 1), count),
        "said": np.tile(np.array([str(each) for each in captions], object), count),
        "cosine": values.ravel().round(4),
        "nearest": (np.tile(np.arange(count), count) == np.repeat(best, count)),
    }
    return pd.DataFrame(columns)


def figure(table: DataFrame, theme: str = "light", height: int = 380) -> paper.Figure:
    """A cell a pair: captions down, images across; the more alike, the stronger. The nearest caption of each image has a frame."""
    if table.empty:
        return paper.empty(theme, "How well each caption fits each image appears here.", height)
    count = int(table["image"].max())
    values = table["cosine"].to_numpy().reshape(count, count).T
    said = [paper.plain(each) for each in table["said"][:count]]
    violet = colours.palette(theme).violet
    cells = {
        "type": "heatmap",
        "x": list(range(1, count + 1)),
        "y": list(range(1, count + 1)),
        "z": values.tolist(),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, colours.fade(violet, 0.0)], [1, colours.fade(violet, STRONGEST)]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "skip",
    }
    return {"data": [cells, _numbers(values, said, theme)], "layout": _sheet(theme, table, count, height)}


def ground(cosine: float, theme: str) -> str:
    """What a cell looks like: its colour shines on the page, mixed as browsers mix, channel by channel."""
    ink, share = colours.palette(theme), STRONGEST * min(1.0, max(0.0, cosine))
    pairs = zip(colours.channels(ink.paper), colours.channels(ink.violet), strict=True)
    return "#{:02X}{:02X}{:02X}".format(*(round(under * (1 - share) + over * share) for under, over in pairs))


def _numbers(values: np.ndarray, said: list[str], theme: str) -> paper.Figure:
    """The cosines themselves; pointing at one tells its caption."""
    rows, columns = np.indices(values.shape)
    grounds = [ground(value, theme) for value in values.ravel().tolist()]
    return {
        "type": "scatter",
        "mode": "text",
        "x": (columns.ravel() + 1).tolist(),
        "y": (rows.ravel() + 1).tolist(),
        "text": [f"{value:.2f}".replace("-", "−") for value in values.ravel().tolist()],
        "textfont": {"size": 12, "color": [colours.readable(each) for each in grounds]},
        "hovertext": [said[row] for row in rows.ravel().tolist()],
        "hovertemplate": "image %{x} and “%{hovertext}”<br>cosine %{text}<extra></extra>",
    }


def _sheet(theme: str, table: DataFrame, count: int, height: int) -> paper.Figure:
    ink = colours.palette(theme)
    near = table[table["nearest"]]
    frames = [
        {
            "type": "rect",
            "x0": image - 0.47,
            "x1": image + 0.47,
            "y0": caption - 0.46,
            "y1": caption + 0.46,
            "line": {"color": ink.ink, "width": 2},
        }
        for image, caption in zip(near["image"].tolist(), near["caption"].tolist(), strict=True)
    ]
    ticks: dict[str, Any] = {"tickvals": list(range(1, count + 1)), "ticks": "", "showline": False, "fixedrange": True}
    across = paper.axis(theme, "Images, cosine from −1 to 1", range=[0.5, count + 0.5], **ticks)
    down = paper.axis(theme, "Captions", range=[count + 0.5, 0.5], **ticks)
    return paper.layout(theme, height, xaxis=across, yaxis=down, shapes=frames, margin={"l": 40, "r": 8, "t": 8, "b": 40})
