"""What each depth costs: parameters that are trained (on a log axis) and seconds an epoch, on the axis of the curve above it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, levels, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("frozen", "trainable", "seconds")
ROOM = 0.42  # share of the height that each of the two has


def table(costs: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A row for each number of frozen blocks: frozen, trainable (parameters), seconds (of an epoch).

    costs: ``{"arm", "frozen", "trainable", "seconds"}``; only the curve's own arm is shown, and what was not measured is missing.
    """
    import pandas as pd

    mine = sorted((each for each in costs if each["arm"] == "freeze" and each["frozen"] is not None), key=lambda each: each["frozen"])
    lines = [(each["frozen"], each.get("trainable"), each.get("seconds")) for each in mine]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"frozen": "int64", "trainable": "float64", "seconds": "float64"})


def figure(table: DataFrame, theme: str = "light", blocks: Sequence[tuple[str, int]] = (), height: int = 250) -> paper.Figure:
    """Two rows of points; blocks: names on the axis."""
    if table.empty:
        return paper.empty(theme, "What each number of frozen blocks costs appears here.", height)
    most = max(len(blocks), 1, int(table["frozen"].max()))
    across = levels.depths(theme, most, blocks) | {"anchor": "y2"}
    upper = paper.value_axis(theme, domain=[1 - ROOM, 1], automargin=False, **_logarithmic(table["trainable"].dropna().tolist()))
    top = 1.35 * max([0.001, *table["seconds"].dropna().tolist()])
    lower = paper.value_axis(theme, domain=[0, ROOM - 0.08], automargin=False, range=[0, top], nticks=3)
    said = [paper.heading(theme, "Trained parameters"), _second(theme)]
    more = {"xaxis": across, "yaxis": upper, "yaxis2": lower, "annotations": said, "margin": {"l": levels.LEFT, "r": 16, "t": 28, "b": 76}}
    traces = [_trace(table, "trainable", "y", most, theme), _trace(table, "seconds", "y2", most, theme)]
    return {"data": traces, "layout": paper.layout(theme, height, **more)}


def _second(theme: str) -> paper.Figure:
    return {**paper.heading(theme, "Seconds an epoch"), "y": ROOM - 0.08}


def _trace(table: DataFrame, column: str, axis: str, most: int, theme: str) -> paper.Figure:
    counts, values = table["frozen"].tolist(), [None if math.isnan(value) else value for value in table[column]]
    ink = colours.palette(theme)
    shown = [_parameters(value) if column == "trainable" else f"{value:.2g}" for value in values if value is not None]
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [count for count, value in zip(counts, values, strict=True) if value is not None],
        "y": [value for value in values if value is not None],
        "yaxis": axis,
        "text": shown,
        "textposition": "top center",
        "cliponaxis": False,
        "textfont": {"size": 12, "color": ink.ink},
        "line": {"color": ink.line, "width": 1.5},
        "marker": {
            "size": 9,
            "color": [colours.frost(count / most, theme) for count, value in zip(counts, values, strict=True) if value is not None],
            "symbol": ["square" if count == most else "circle" for count, value in zip(counts, values, strict=True) if value is not None],
        },
        "hovertemplate": "%{x} blocks frozen: " + ("%{text} parameters" if column == "trainable" else "%{y:.3f} s") + "<extra></extra>",
    }


def _parameters(value: float) -> str:
    return f"{value:.0f}" if value < 1000 else f"{value / 1000:.3g}k" if value < 1e6 else f"{value / 1e6:.3g}M"


def _logarithmic(values: list[float]) -> dict[str, Any]:
    """A log axis that holds all values with room for their words; a tick a power of ten."""
    low, high = (math.floor(math.log10(max(1, min(values, default=1)))), math.log10(max(10, max(values, default=10))) + 0.5)
    powers = list(range(low, math.ceil(high)))
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": [10**power for power in powers],
        "ticktext": [_parameters(10**p) for p in powers],
    }
