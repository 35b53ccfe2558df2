"""Effect of freezing: accuracy against the number of frozen blocks, from ember (none) to ice (all), scratch beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "frozen", "seed", "accuracy", "mean", "low", "high")
INTERVAL_FROM = 5  # seeds; below, an interval would promise too much


def table(rows: Iterable[Mapping[str, Any]], summary: Mapping[str, Any] | None = None) -> DataFrame:
    """A row for each run: arm, frozen, seed, accuracy, and of its arm the mean, low, high; accuracies are shares.

    rows: ``{"arm", "frozen", "seed", "accuracy"}``; runs without an accuracy are left out. frozen is None for scratch.
    summary: ``{"arms": [{"arm", "frozen", "n", "mean", "low", "high"}]}``; gives the interval. Without it, low and high are None.
    """
    import pandas as pd

    done = [row for row in rows if row.get("accuracy") is not None]
    arms = {(arm["arm"], arm["frozen"]): arm for arm in (summary or {}).get("arms", ())}
    lines = []
    for row in sorted(done, key=lambda row: (row["frozen"] is not None, row["frozen"] or 0, row["seed"])):
        group = [other["accuracy"] for other in done if (other["arm"], other["frozen"]) == (row["arm"], row["frozen"])]
        arm = arms.get((row["arm"], row["frozen"]), {}) if len(group) >= INTERVAL_FROM else {}
        lines.append((row["arm"], row["frozen"], row["seed"], row["accuracy"], sum(group) / len(group), arm.get("low"), arm.get("high")))
    kinds = {"frozen": "Int64", "low": "float64", "high": "float64"}
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(kinds)


def figure(
    table: DataFrame,
    theme: str = "light",
    blocks: Sequence[tuple[str, int]] = (),
    majority: float | None = None,
    height: int = 380,
) -> paper.Figure:
    """A point a run and the line of the means. blocks: names on the axis; majority: accuracy of the commonest class, 0 to 1."""
    frozen = table[table["frozen"].notna()]
    scratch = table[table["frozen"].isna()]
    if table.empty:
        return paper.empty(theme, "For every number of frozen blocks a point appears here, one a seed.", height)
    most = max([len(blocks), 1, *frozen["frozen"].tolist()])
    means = frozen.drop_duplicates("frozen").sort_values("frozen")
    sheet = _sheet(theme, most, blocks, _range(table, majority), height)
    if majority is not None:
        _add(sheet, *paper.line(theme, 100 * majority, "always the commonest class", "chance", "dot"))
    if len(scratch):
        _scratch(sheet, scratch, theme)
    _mean_line(sheet, means, most, theme)
    traces = [_points(frozen, most, theme), _means(means, most, theme)] if len(frozen) else [paper.nothing()]
    return {"data": traces, "layout": sheet}


def _points(frozen: DataFrame, most: int, theme: str) -> paper.Figure:
    """A small point for each run, a little aside by its seed so that equal ones are all seen."""
    counts, seeds = frozen["frozen"].tolist(), frozen["seed"].tolist()
    width = max(seeds) + 1
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [count + 0.36 * ((seed + 0.5) / width - 0.5) for count, seed in zip(counts, seeds, strict=True)],
        "y": [round(100 * value, 2) for value in frozen["accuracy"]],
        "marker": {
            "size": 7,
            "opacity": 0.55,
            "color": [colours.frost(count / most, theme) for count in counts],
            "symbol": _symbols(counts, most),
        },
        "text": [f"{count} of {most} blocks frozen, seed {seed}" for count, seed in zip(counts, seeds, strict=True)],
        "hovertemplate": "%{text}<br>%{y:.1f} %<extra></extra>",
    }


def _means(means: DataFrame, most: int, theme: str) -> paper.Figure:
    """The mean of each number of frozen blocks, large, with its value."""
    counts = means["frozen"].tolist()
    ink = colours.palette(theme)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": counts,
        "y": [round(100 * value, 2) for value in means["mean"]],
        "text": [f"{100 * value:.1f}" for value in means["mean"]],
        "textposition": "top center",
        "textfont": {"size": 13, "color": ink.ink},
        "marker": {
            "size": 13,
            "color": [colours.frost(count / most, theme) for count in counts],
            "symbol": _symbols(counts, most),
            "line": {"color": ink.paper, "width": 2},
        },
        "hovertemplate": "%{x} blocks frozen, mean %{y:.1f} %<extra></extra>",
    }


def _symbols(counts: list[int], most: int) -> list[str]:
    return ["square" if count == most else "circle" for count in counts]


def _mean_line(sheet: paper.Figure, means: DataFrame, most: int, theme: str) -> None:
    """The line through the means, its colour going from ember to ice, and the interval as a band behind it."""
    rows = list(zip(*(means[name].tolist() for name in ("frozen", "mean", "low", "high")), strict=True))  # plain numbers, not NumPy's
    for (x0, y0, low0, high0), (x1, y1, low1, high1) in itertools.pairwise(rows):
        colour = colours.frost((x0 + x1) / 2 / most, theme)
        ends = {"x0": x0, "y0": 100 * y0, "x1": x1, "y1": 100 * y1}
        sheet["shapes"].append({"type": "line", **ends, "line": {"color": colour, "width": 3}, "layer": "below"})
        corners = [100 * value for value in (low0, low1, high1, high0)]
        if all(value == value for value in corners):  # a missing interval is NaN, which equals nothing
            path = "M {0},{2} L {1},{3} L {1},{4} L {0},{5} Z".format(x0, x1, *corners)
            band = {"fillcolor": colours.fade(colour, 0.15), "line": {"width": 0}, "layer": "below"}
            sheet["shapes"].append({"type": "path", "path": path, **band})


def _scratch(sheet: paper.Figure, scratch: DataFrame, theme: str) -> None:
    """From scratch over the whole width: a dashed line, and a band for the interval, or for the seeds where they are few."""
    mean, low, high = scratch[["mean", "low", "high"]].iloc[0]
    measured = low == low
    low, high = (low, high) if measured else (scratch["accuracy"].min(), scratch["accuracy"].max())
    band = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * low, "y1": 100 * high, "line": {"width": 0}, "layer": "below"}
    sheet["shapes"].append({**band, "fillcolor": colours.fade(colours.of("scratch", theme), 0.12)})
    spread = "95 % interval" if measured else "range of the seeds"
    about = f", {spread} {100 * low:.1f} to {100 * high:.1f}" if len(scratch) > 1 else ""
    shape, label = paper.line(theme, 100 * mean, f"from scratch {100 * mean:.1f}{about}", "scratch", "dash")
    _add(sheet, shape, {**label, "font": {"size": 13, "color": colours.of("scratch", theme)}})


def _add(sheet: paper.Figure, shape: paper.Figure, label: paper.Figure) -> None:
    sheet["shapes"].append(shape)
    sheet["annotations"].append(label)


def _range(table: DataFrame, majority: float | None) -> list[float]:
    """From the commonest class, or a little below the lowest run, to a little over the highest."""
    values = [100 * value for value in (*table["accuracy"], *table["low"].dropna(), *table["high"].dropna())]
    low = 100 * majority - 3 if majority is not None else min(values) - 5
    return [max(0.0, min(low, min(values) - 3)), min(101.0, max(values) + 7)]


def _sheet(theme: str, most: int, blocks: Sequence[tuple[str, int]], span: list[float], height: int) -> paper.Figure:
    names = ["none", *(paper.plain(name).replace(" ", "<br>", 1) for name, _ in blocks)]
    ticks = [f"<b>{count}</b><br>{names[count] if count < len(names) else ''}" for count in range(most + 1)]
    across = paper.axis(
        theme, "Frozen blocks, counted from the input", range=[-0.35, most + 0.35], tickvals=list(range(most + 1)), ticktext=ticks, ticks=""
    )
    said = [paper.heading(theme, "Accuracy on the test part, %")]
    return paper.layout(theme, height, xaxis=across, yaxis=paper.value_axis(theme, range=span), annotations=said, shapes=[])
