"""True numbers against told ones: on the line lies what is told rightly, and how far from it the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("true", "told")
ROOM = 0.04  # of the range, around the points


def table(true: Sequence[float], told: Sequence[float]) -> DataFrame:
    """A row for each test example: true, told, in the number's own unit."""
    import pandas as pd

    return pd.DataFrame(list(zip(true, told, strict=True)), columns=list(COLUMNS))


def figure(table: DataFrame, theme: str = "light", name: str = "number", unit: str = "", height: int = 340) -> paper.Figure:
    """A point for each example; the line is where both are the same. name, unit: of the number."""
    if table.empty:
        return paper.empty(theme, "When the run has ended, told and true numbers appear here.", height)
    said = paper.plain(f"{name}, {unit}" if unit else name)
    low, high = float(table.min().min()), float(table.max().max())
    room = ROOM * ((high - low) or 1.0)
    across = paper.axis(theme, f"True {said}", range=[low - room, high + room])
    up = paper.value_axis(theme, range=[low - room, high + room])
    same = {"type": "line", "x0": low, "y0": low, "x1": high, "y1": high, "layer": "below"}
    same |= {"line": {"color": colours.palette(theme).soft, "width": 1.5, "dash": "dot"}}
    words = [paper.heading(theme, f"Told {said}")]
    return {
        "data": [_points(table, theme, said)],
        "layout": paper.layout(theme, height, xaxis=across, yaxis=up, shapes=[same], annotations=words),
    }


def _points(table: DataFrame, theme: str, said: str) -> paper.Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [float(f"{value:.5g}") for value in table["true"]],
        "y": [float(f"{value:.5g}") for value in table["told"]],
        "marker": {"color": colours.fade(colours.palette(theme).accent, 0.55), "size": 7},
        "hovertemplate": f"{said}<br>true %{{x}}, told %{{y}}<extra></extra>",
        "showlegend": False,
    }
