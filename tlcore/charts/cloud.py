"""Where images lie in a net's own space, on a plane: a point an image, a colour and a shape a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

MOST = 10  # classes that have a colour of their own
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down", "hexagon", "pentagon")
REST = "other classes"


def table(points: np.ndarray | Sequence[Sequence[float]], labels: Sequence[int] | np.ndarray, classes: Sequence[str]) -> DataFrame:
    """A row for each image: x, y, label, name (of its class). points: (n, 2)."""
    import pandas as pd

    places = np.asarray(points, "float64").reshape(-1, 2).round(4)
    found = [int(label) for label in labels]
    names = [str(classes[label]) for label in found]
    return pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "label": found, "name": names})


def figure(
    table: DataFrame,
    theme: str = "light",
    axes: tuple[str, str] = ("First direction", "Second direction"),
    chosen: Sequence[int] | None = None,
    height: int = 380,
) -> paper.Figure:
    """The points. axes: what the two directions are. chosen: labels that get a colour, ten at most; None: all, if there are so few.

    Each point carries the number of its row, so that whoever draws it can show the image.
    """
    if table.empty:
        return paper.empty(theme, "Every image that the net was shown appears here as a point.", height)
    there = sorted(int(label) for label in table["label"].unique())
    named = [label for label in (there if chosen is None else chosen) if label in there]
    named = named[:MOST] if chosen is not None or len(there) <= MOST else []
    ink = colours.palette(theme)
    traces = []
    if len(rest := table[~table["label"].isin(named)]):
        colour = colours.fade(ink.violet, 0.55) if not named else colours.fade(ink.chance, 0.4)
        traces.append(_points(rest, REST if named else "images", colour, "circle", 6, theme))
    for place, label in enumerate(named):
        own = table[table["label"] == label]
        traces.append(_points(own, own["name"].iloc[0], ink.classes[place], SYMBOLS[place], 8, theme))
    return {"data": traces, "layout": _sheet(theme, axes, height, bool(named))}


def _points(rows: DataFrame, name: str, colour: str, symbol: str, size: int, theme: str) -> paper.Figure:
    said = [paper.plain(each) for each in rows["name"]]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": paper.plain(name),
        "x": rows["x"].tolist(),
        "y": rows["y"].tolist(),
        "customdata": [int(place) for place in rows.index],
        "text": said,
        "marker": {"color": colour, "symbol": symbol, "size": size, "line": {"width": 0.5, "color": colours.palette(theme).paper}},
        "hoverinfo": "none",  # the image itself is shown, not its numbers
        "showlegend": True,
    }


def _sheet(theme: str, axes: tuple[str, str], height: int, legend: bool) -> paper.Figure:
    plain = {"showticklabels": False, "ticks": "", "showline": True, "mirror": True}
    across = paper.axis(theme, paper.plain(axes[0]), **plain)
    up = paper.axis(theme, paper.plain(axes[1]), **plain)
    top = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "itemsizing": "constant"}
    margin = {"l": 28, "r": 12, "t": 44 if legend else 8, "b": 34}
    return paper.layout(theme, height, xaxis=across, yaxis=up, margin=margin, showlegend=legend, legend=top)
