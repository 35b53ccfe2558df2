"""The difference between two arms around zero: a point a seed, the mean, and from five seeds on the interval as a bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper
from tlcore.science.statistics import FEWEST

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "against", "seed", "difference", "mean", "low", "high")


def table(
    rows: Iterable[Mapping[str, Any]], arm: str = "lp_ft", against: str = "scratch", interval: Sequence[float] | None = None
) -> DataFrame:
    """A row for each seed that both arms have finished: arm, against, seed, difference, mean, low, high, in points of accuracy.

    rows: ``{"arm", "seed", "accuracy"}``, accuracies as shares.
    interval: (low, high) of the mean difference, as shares; it counts from five seeds on.
    """
    import pandas as pd

    done = {(row["arm"], row["seed"]): row["accuracy"] for row in rows if row.get("accuracy") is not None}
    seeds = sorted(seed for name, seed in done if name == arm and (against, seed) in done)
    points = [100 * (done[arm, seed] - done[against, seed]) for seed in seeds]
    mean = sum(points) / len(points) if points else None
    low, high = [100 * end for end in interval] if interval and len(points) >= FEWEST else (None, None)
    lines = [(arm, against, seed, point, mean, low, high) for seed, point in zip(seeds, points, strict=True)]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"low": "float64", "high": "float64"})


def figure(table: DataFrame, theme: str = "light", label: str | None = None, height: int = 150) -> paper.Figure:
    """The difference on one horizontal axis; right of zero the arm is better than what it is compared with.

    label: the verdict where one was given (helps, harms, equivalent, inconclusive); it knows of the other comparisons, the interval not.
    """
    if table.empty:
        return paper.empty(theme, "When both arms of a seed have ended, their difference appears here.", height)
    mean, low, high = table[["mean", "low", "high"]].iloc[0]
    colour = _colour(low, high, label, theme)
    sheet = _sheet(table, theme, height)
    if low == low:
        bar = {"type": "rect", "x0": low, "x1": high, "y0": -0.22, "y1": 0.22, "line": {"width": 0}, "layer": "below"}
        sheet["shapes"].append({**bar, "fillcolor": colours.fade(colour, 0.25)})
    value = paper.on_ground(theme, f"<b>{mean:+.1f} points</b>".replace("-", "\N{MINUS SIGN}"), x=mean, y=0.34, yanchor="bottom")
    sheet["annotations"].append({**value, "font": {"size": 16, "color": colour}})
    return {"data": [_seeds(table, theme), _mean(mean, colour, theme)], "layout": sheet}


def _colour(low: float, high: float, label: str | None, theme: str) -> str:
    """Only an interval may speak of help or harm; without one the colour is that of the text."""
    ink = colours.palette(theme)
    if low != low:
        return ink.ink
    said = label or ("helps" if low > 0 else "harms" if high < 0 else "inconclusive")
    return str(getattr(ink, said, ink.ink))


def _seeds(table: DataFrame, theme: str) -> paper.Figure:
    ink = colours.palette(theme)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [round(point, 2) for point in table["difference"]],
        "y": [0] * len(table),
        "marker": {"size": 9, "color": ink.soft, "opacity": 0.65, "line": {"color": ink.paper, "width": 1}},
        "text": [f"seed {seed}" for seed in table["seed"]],
        "hovertemplate": "%{text}: %{x:+.1f} points<extra></extra>",
    }


def _mean(mean: float, colour: str, theme: str) -> paper.Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [round(mean, 2)],
        "y": [0],
        "marker": {"size": 15, "symbol": "diamond", "color": colour, "line": {"color": colours.palette(theme).paper, "width": 2}},
        "hovertemplate": "mean %{x:+.1f} points<extra></extra>",
    }


def _sheet(table: DataFrame, theme: str, height: int) -> paper.Figure:
    ends = [value for column in ("difference", "low", "high") for value in table[column].dropna()]
    reach = max(2.0, 1.25 * max(abs(end) for end in ends))
    low, high = (-reach if min(ends) < 0 else -0.18 * reach), (reach if max(ends) > 0 else 0.18 * reach)
    across = paper.axis(theme, "Points of accuracy", range=[low, high], nticks=8, showgrid=True, gridcolor=colours.palette(theme).grid)
    hidden = {"visible": False, "range": [-0.6, 0.9], "fixedrange": True}
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colours.palette(theme).soft, "width": 1.5},
    }
    side = {"xanchor": "left", "xshift": 5} if high >= -low else {"xanchor": "right", "xshift": -5}
    said = paper.words(theme, "no difference", x=0, **side, yref="paper", y=0, yanchor="bottom")
    return paper.layout(
        theme, height, xaxis=across, yaxis=hidden, shapes=[zero], annotations=[said], margin={"l": 8, "r": 8, "t": 8, "b": 40}
    )
