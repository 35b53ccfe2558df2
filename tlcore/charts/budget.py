"""How many labels: accuracy against labels a class on a log axis, a line an arm, and where scratch catches up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper
from tlcore.studies import label

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "labels", "seed", "accuracy", "mean", "low", "high")


def table(rows: Iterable[Mapping[str, Any]], summary: Mapping[str, Any] | None = None) -> DataFrame:
    """A row for each run: arm, labels (a class), seed, accuracy, and of its place the mean, low, high; accuracies are shares.

    rows: ``{"arm", "frozen", "seed", "accuracy"}``, frozen being the labels; summary: gives the interval, as for ``freezing``.
    """
    from tlcore.charts import freezing

    return freezing.table(rows, summary).rename(columns={"frozen": "labels"})


def catching_up(table: DataFrame, arm: str) -> dict[str, Any] | None:
    """Where scratch is as good as an arm from there on, in labels a class: at, low, high, most; None before all seeds are there.

    at: None if it does not catch up; low, high: 95 % of resampled seeds, from five seeds on. Between budgets a line on the log axis.
    """
    import numpy as np

    from tlcore.science.transfer import crossing

    grids = [table[table["arm"] == each].pivot(index="seed", columns="labels", values="accuracy").dropna() for each in (arm, "scratch")]
    seeds = grids[0].index.intersection(grids[1].index)
    if not len(seeds) or list(grids[0].columns) != list(grids[1].columns) or len(grids[0].columns) < 2:
        return None
    amounts = [int(each) for each in grids[0].columns]
    transfer, scratch = (np.asarray(grid.loc[seeds], "float64") for grid in grids)
    found = crossing([math.log(each) for each in amounts], transfer, scratch)
    ends = {"at": found.at, "low": found.low, "high": found.high}
    told = {name: None if value is None else math.exp(value) for name, value in ends.items()}
    return {**told, "least": amounts[0], "most": amounts[-1], "seeds": len(seeds)}


def figure(
    table: DataFrame, theme: str = "light", caught: float | None = None, majority: float | None = None, height: int = 380
) -> paper.Figure:
    """The mean of each arm as a line with its seeds and its band. caught: labels at which scratch has caught up, which are marked."""
    if table.empty:
        return paper.empty(theme, "For every number of labels a point appears here, one a seed and way of learning.", height)
    sheet = _sheet(table, theme, majority, height)
    if majority is not None:
        shape, words = paper.line(theme, 100 * majority, "always the commonest class", "chance", "dot")
        sheet["shapes"].append(shape)
        sheet["annotations"].append(words)
    if caught is not None:
        _catch(sheet, caught, theme)
    arms = sorted(table["arm"].unique(), key=lambda arm: colours.order(colours.role(arm)))
    means = {arm: table[table["arm"] == arm].drop_duplicates("labels").sort_values("labels") for arm in arms}
    bands = [_band(means[arm], arm, theme) for arm in arms if means[arm]["low"].notna().all()]
    points = [_points(table[table["arm"] == arm], arm, place - (len(arms) - 1) / 2, theme) for place, arm in enumerate(arms)]
    return {"data": [*bands, *points, *(_line(means[arm], arm, theme) for arm in arms)], "layout": sheet}


def _line(means: DataFrame, arm: str, theme: str) -> paper.Figure:
    role = colours.ROLES[colours.role(arm)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(arm),
        "showlegend": True,
        "x": means["labels"].tolist(),
        "y": [round(100 * value, 2) for value in means["mean"]],
        "line": {"color": _colour(arm, theme), "width": 2.6, "dash": role.dash},
        "marker": {"color": _colour(arm, theme), "size": 9, "symbol": role.marker},
        "hovertemplate": f"{label(arm)}, %{{x}} labels a class<br>mean %{{y:.1f}} %<extra></extra>",
    }


def _points(rows: DataFrame, arm: str, aside: float, theme: str) -> paper.Figure:
    """A small point a run; the arms stand a little beside each other."""
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [round(float(labels) * 1.045**aside, 3) for labels in rows["labels"]],
        "y": [round(100 * value, 2) for value in rows["accuracy"]],
        "marker": {"color": _colour(arm, theme), "size": 5, "opacity": 0.45, "symbol": colours.ROLES[colours.role(arm)].marker},
        "text": [f"{label(arm)}, {labels} labels a class, seed {seed}" for labels, seed in zip(rows["labels"], rows["seed"], strict=True)],
        "hovertemplate": "%{text}<br>%{y:.1f} %<extra></extra>",
    }


def _band(means: DataFrame, arm: str, theme: str) -> paper.Figure:
    """The interval as one closed area."""
    amounts = means["labels"].tolist()
    edge = [*means["high"].tolist(), *reversed(means["low"].tolist())]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*amounts, *reversed(amounts)],
        "y": [round(100 * value, 2) for value in edge],
        "fill": "toself",
        "showlegend": False,
        "fillcolor": colours.fade(_colour(arm, theme), 0.15),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _colour(arm: str, theme: str) -> str:
    return colours.of(colours.role(arm), theme)


def _catch(sheet: paper.Figure, caught: float, theme: str) -> None:
    """A thin upright line; its words stand where curves are not: above them at their left, or below them at their right."""
    place = math.log10(caught)
    line = {"color": colours.palette(theme).soft, "width": 1}
    sheet["shapes"].append({"type": "line", "x0": caught, "x1": caught, "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "below"})
    low, high = sheet["xaxis"]["range"]
    late = (place - low) / (high - low) > 0.6
    side = (
        {"xanchor": "right", "xshift": -5, "y": 0.99, "yanchor": "top"}
        if late
        else {"xanchor": "left", "xshift": 5, "y": 0.2, "yanchor": "bottom"}
    )
    said = f"from scratch<br>catches up at about {caught:.0f}"
    sheet["annotations"].append(
        {**paper.on_ground(theme, said, x=place, yref="paper", align="left" if not late else "right", **side), "name": "caught"}
    )


def _sheet(table: DataFrame, theme: str, majority: float | None, height: int) -> paper.Figure:
    amounts = sorted(int(each) for each in table["labels"].unique())
    values = [100 * value for value in (*table["accuracy"], *table["low"].dropna(), *table["high"].dropna())]
    span = [max(0.0, min([*values, 100 * (majority or 1)]) - 4), min(101.0, max(values) + 4)]
    ticks = {"tickvals": amounts, "ticktext": [f"{each:,}" for each in amounts]}
    reach = [math.log10(amounts[0]) - 0.06, math.log10(amounts[-1]) + 0.04]
    across = paper.axis(theme, "Labels a class (each step about twice as many)", type="log", range=reach, **ticks)
    said = [paper.heading(theme, "Accuracy on the test part, %")]
    up = paper.value_axis(theme, range=span)
    return paper.layout(
        theme,
        height,
        xaxis=across,
        yaxis=up,
        annotations=said,
        shapes=[],
        margin={"l": 48, "r": 16, "t": 28, "b": 48},
    )
