"""Confusion matrix: which classes were taken for which. The right answers stay quiet, the mistakes are loud."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COUNTED = 12  # up to so many classes the counts are printed
NAMED = 30  # up to so many every class is named on the axes
PAIRS = 15  # of more classes than that the pairs that were confused most often are drawn
LOUD = 0.25  # a mistake in a quarter of a class has the full colour; more cannot be louder


def table(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> DataFrame:
    """A row for each pair of classes, true class by true class: true, predicted, count, share (of the true class).

    matrix: (classes, classes) counts, rows true, columns predicted.
    """
    import pandas as pd

    counts = np.asarray(matrix, np.int64).reshape(len(classes), len(classes))
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    names = np.array([str(name) for name in classes], object)
    columns = {
        "true": np.repeat(names, len(names)),
        "predicted": np.tile(names, len(names)),
        "count": counts.ravel(),
        "share": shares.ravel(),
    }
    return pd.DataFrame(columns)


def figure(
    table: DataFrame, theme: str = "light", height: int | None = None, shown: str = "count", whole: bool | None = None
) -> paper.Figure:
    """The matrix as coloured cells, or the pairs that were confused most often.

    shown: count or share, printed for up to 12 classes; both are told by hovering. whole: the matrix, however many classes
    there are; without it more than 30 classes, whose matrix would be an almost empty square, give the pairs.
    """
    if table.empty:
        return paper.empty(theme, "When the run has ended, its mistakes appear here, class by class.", height or 300)
    size = round(len(table) ** 0.5)
    if not (size <= NAMED if whole is None else whole):
        return _pairs(table, theme, shown)
    counts = table["count"].to_numpy().reshape(size, size)
    shares = table["share"].to_numpy().reshape(size, size)
    names = [paper.plain(name) for name in table["predicted"][:size]]
    traces = [_mistakes(counts, shares, theme), _right(counts, shares, names, theme)]
    if size <= COUNTED:
        traces.append(_numbers(counts, shares, theme, shown))
    return {"data": traces, "layout": _sheet(names, theme, height or (380 if size <= NAMED else 560))}


def pairs(table: DataFrame, by: str = "count", most: int = PAIRS) -> DataFrame:
    """The rows of the pairs of classes that were mixed up most, the worst first. by: count or share."""
    wrong = table[(table["true"] != table["predicted"]) & (table["count"] > 0)]
    return wrong.sort_values(by, ascending=False, kind="stable")[:most]


def _pairs(table: DataFrame, theme: str, shown: str) -> paper.Figure:
    """A bar for each of the worst pairs."""
    worst = pairs(table, shown)
    if worst.empty:
        return paper.empty(theme, "No class was taken for another: pairs that are mixed up would stand here.", 300)
    bars = _bars(worst, theme, shown)
    said = paper.heading(theme, f"Mixed up most often, {'test images' if shown == 'count' else '% of the true class'}")
    across = paper.axis(theme, range=[0, 1.12 * max(bars["x"])], visible=False)
    down = paper.axis(theme, type="category", autorange="reversed", showline=False, ticks="", ticklabelstandoff=8)
    more = {"margin": {"l": 40, "r": 24, "t": 36, "b": 12}, "bargap": 0.5, "annotations": [said]}
    return {"data": [bars], "layout": paper.layout(theme, 60 + 26 * len(worst), xaxis=across, yaxis=down, **more)}


def _bars(worst: DataFrame, theme: str, shown: str) -> paper.Figure:
    counts, shares = worst["count"].tolist(), (100 * worst["share"]).round(1).tolist()
    both = zip(worst["true"], worst["predicted"], strict=True)
    return {
        "type": "bar",
        "orientation": "h",
        "x": counts if shown == "count" else shares,
        "y": [f"{paper.plain(true)} taken for {paper.plain(predicted)}" for true, predicted in both],
        "text": [str(count) for count in counts] if shown == "count" else [f"{share:g} %" for share in shares],
        "textposition": "outside",
        "textfont": {"size": 12},
        "constraintext": "none",
        "cliponaxis": False,
        "marker": {"color": colours.palette(theme).mistakes[-3]},
        "customdata": list(zip(counts, shares, strict=True)),
        "hovertemplate": "%{y}<br>%{customdata[0]} examples, %{customdata[1]:.1f} % of the class<extra></extra>",
    }


def _mistakes(counts: np.ndarray, shares: np.ndarray, theme: str) -> paper.Figure:
    """Everything off the diagonal, coloured by its share of the true class."""
    off = np.where(np.eye(len(counts), dtype=bool), np.nan, 100 * shares)
    steps = colours.palette(theme).mistakes
    return {
        "type": "heatmap",
        "z": _packed(off.astype("f4")),
        "customdata": _packed(counts.astype("i4")),
        "zmin": 0,
        "zmax": 100 * LOUD,
        "colorscale": [[place / (len(steps) - 1), step] for place, step in enumerate(steps)],
        "showscale": False,
        "hoverongaps": False,
        "xgap": 2 if len(counts) <= NAMED else 0,
        "ygap": 2 if len(counts) <= NAMED else 0,
        "hovertemplate": "true %{y}, taken for %{x}<br>%{customdata} examples, %{z:.1f} % of the class<extra></extra>",
    }


def _right(counts: np.ndarray, shares: np.ndarray, names: list[str], theme: str) -> paper.Figure:
    """The diagonal: a quiet neutral cell each."""
    own = np.where(np.eye(len(counts), dtype=bool), 100 * shares, np.nan)
    quiet = colours.palette(theme).grid
    return {
        "type": "heatmap",
        "z": _packed(own.astype("f4")),
        "customdata": _packed(counts.astype("i4")),
        "colorscale": [[0, quiet], [1, quiet]],
        "showscale": False,
        "hoverongaps": False,
        "xgap": 2 if len(counts) <= NAMED else 0,
        "ygap": 2 if len(counts) <= NAMED else 0,
        "hovertemplate": "%{y} recognised<br>%{customdata} examples, %{z:.1f} % of the class<extra></extra>",
    }


def _numbers(counts: np.ndarray, shares: np.ndarray, theme: str, shown: str) -> paper.Figure:
    """The numbers themselves; no number where nothing was confused."""
    texts = counts.ravel().tolist() if shown == "count" else np.round(100 * shares, 1).ravel().tolist()
    ink = colours.palette(theme)
    lines = enumerate(shares.tolist())
    inks = [ink.soft if row == column else _ink(share, theme) for row, line in lines for column, share in enumerate(line)]
    rows, columns = np.indices(counts.shape)
    return {
        "type": "scatter",
        "mode": "text",
        "x": columns.ravel().tolist(),
        "y": rows.ravel().tolist(),
        "text": [f"{each:g}" if each else "" for each in texts],
        "textfont": {"size": 12, "color": inks},
        "hoverinfo": "skip",
    }


def _ink(share: float, theme: str) -> str:
    return colours.readable(colours.mistake(share / LOUD, theme))


def _sheet(names: list[str], theme: str, height: int) -> paper.Figure:
    step = 1 if len(names) <= NAMED else -(-len(names) // 26)
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(0, len(names), step)),
        "ticktext": names[::step],
        "ticks": "",
        "ticklabelstandoff": 4,
    }
    square: dict[str, Any] = {"constrain": "domain", "range": [-0.5, len(names) - 0.5]}
    across = paper.axis(theme, "Predicted class (columns)", **ticks, **square, showline=False)
    down = paper.axis(
        theme, "True class (rows)", **ticks, constrain="domain", range=[len(names) - 0.5, -0.5], scaleanchor="x", showline=False
    )
    return paper.layout(theme, height, xaxis=across, yaxis=down, margin={"l": 40, "r": 8, "t": 8, "b": 40})


def _packed(values: np.ndarray) -> dict[str, str]:
    """An array as Plotly reads it in one piece: 33,000 cells as a list would cost 50 ms."""
    kind = values.dtype.str.lstrip("<=|>")
    shape = ", ".join(str(side) for side in values.shape)
    return {"dtype": kind, "bdata": base64.b64encode(values.tobytes()).decode(), "shape": shape}
