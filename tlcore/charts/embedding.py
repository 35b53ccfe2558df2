"""Where images lie in the embedding: each a dot in the plane in which they spread most, the classes told apart where they are few.

``table`` (that of the cloud) and ``figure`` are the chart; ``draw`` is the short way for a picture that moves with the epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.charts import cloud, colours, paper
from tlcore.charts.cloud import MOST, SYMBOLS

if TYPE_CHECKING:
    from pandas import DataFrame

LEGEND = 96  # pixels below, for the names of up to ten classes
EDGE = 3.0  # where the axes end; half of the dots lie within a distance of 1 from their middle

table = cloud.table


def figure(table: DataFrame, theme: str = "light", share: float | None = None, height: int = 320) -> paper.Figure:
    """The dots. share: of all spread that lies in this plane, 0 to 1."""
    names = {int(label): str(name) for label, name in zip(table["label"], table["name"], strict=True)}
    return draw(table[["x", "y"]].to_numpy(), table["label"].to_numpy(), names, theme, share, height)


def draw(
    places: np.ndarray, labels: np.ndarray, names: dict[int, str], theme: str = "light", share: float | None = None, height: int = 320
) -> paper.Figure:
    """The same without pandas. names: of the classes, by label."""
    if not len(places):
        return paper.empty(theme, "As soon as the run begins, a dot for each of some validation images appears here.", height)
    there = sorted(set(np.asarray(labels).tolist()))
    if len(there) > MOST:
        return {"data": [_dots(places, labels, names, colours.of("source", theme), "circle")], "layout": _sheet(theme, share, height)}
    sheet, inks = _sheet(theme, share, height), colours.palette(theme).classes
    below = {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.16, "yanchor": "top", "itemsizing": "constant", "tracegroupgap": 0}
    sheet |= {"showlegend": True, "legend": below, "margin": sheet["margin"] | {"b": LEGEND}}
    traces = []
    for place, label in enumerate(there):
        mine = np.asarray(labels) == label
        traces.append(_dots(places[mine], labels[mine], names, inks[place], SYMBOLS[place]))
    return {"data": traces, "layout": sheet}


def _dots(places: np.ndarray, labels: np.ndarray, names: dict[int, str], colour: str, symbol: str) -> paper.Figure:
    told = [paper.plain(names[int(label)]) for label in labels]
    kept = np.clip(places, -EDGE, EDGE)  # one far away lies at the edge, and the rest keeps its size from epoch to epoch
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.round(kept[:, 0], 3).tolist(),
        "y": np.round(kept[:, 1], 3).tolist(),
        "name": told[0],
        "text": told,
        "marker": {"color": colour, "size": 6, "opacity": 0.75, "symbol": symbol},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _sheet(theme: str, share: float | None, height: int) -> paper.Figure:
    shown = [] if share is None else [paper.heading(theme, f"{100 * share:.0f} % of the spread")]
    bare: dict[str, Any] = {"range": [-EDGE - 0.2, EDGE + 0.2], "showticklabels": False, "ticks": "", "zeroline": False}
    across = paper.axis(theme, "First axis", **bare, constrain="domain")
    up = paper.axis(theme, "Second axis", **bare, scaleanchor="x", constrain="domain")
    more = {"annotations": shown, "margin": {"l": 24, "r": 8, "t": 28, "b": 32}, "transition": {"duration": 600, "easing": "cubic-in-out"}}
    return paper.layout(theme, height, xaxis=across, yaxis=up, **more)
