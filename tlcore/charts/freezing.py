"""Effect of freezing: accuracy against the number of frozen blocks, from ember (none) to ice (all), scratch and controls beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, levels, paper
from tlcore.science.statistics import FEWEST

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "frozen", "seed", "accuracy", "mean", "low", "high")
MAIN = "freeze"
BESIDE = ("tuned", "self", "self_tuned", "random_frozen")  # controls that vary with the depth, in the order of the legend
WIDE = {"tuned": -0.3, "self": 0.3, "self_tuned": 0.3, "random_frozen": -0.3}  # where a lone control stands beside its tick


def table(rows: Iterable[Mapping[str, Any]], summary: Mapping[str, Any] | None = None) -> DataFrame:
    """A row for each run: arm, frozen, seed, accuracy, and of its arm the mean, low, high; accuracies are shares.

    rows: ``{"arm", "frozen", "seed", "accuracy"}``; runs without an accuracy are left out. frozen is None where it does not vary.
    summary: ``{"arms": [{"arm", "frozen", "n", "mean", "low", "high"}]}``; gives the interval. Without it, low and high are None.
    """
    import pandas as pd

    groups: dict[tuple[str, int | None], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.get("accuracy") is not None:
            groups.setdefault((row["arm"], row["frozen"]), []).append(row)
    arms = {(arm["arm"], arm["frozen"]): arm for arm in (summary or {}).get("arms", ())}
    lines = []
    for place, group in sorted(groups.items(), key=lambda each: (each[0][1] is not None, each[0][1] or 0)):
        mean = sum(row["accuracy"] for row in group) / len(group)
        arm = arms.get(place, {}) if len(group) >= FEWEST else {}
        known = (mean, arm.get("low"), arm.get("high"))
        lines += [(*place, row["seed"], row["accuracy"], *known) for row in sorted(group, key=lambda row: row["seed"])]
    kinds = {"frozen": "Int64", "low": "float64", "high": "float64"}
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(kinds)


def figure(
    table: DataFrame,
    theme: str = "light",
    blocks: Sequence[tuple[str, int]] = (),
    majority: float | None = None,
    best: int | None = None,
    cheapest: int | None = None,
    height: int = 380,
) -> paper.Figure:
    """A point a run and the line of the means.

    blocks: names on the axis. majority: accuracy of the commonest class, 0 to 1, drawn where it is not far below. best, cheapest:
    depths that are marked: the best on validation, and the most that can be frozen within one standard error of it.
    """
    frozen = table[table["arm"] == MAIN]
    if table.empty:
        return paper.empty(theme, "For every number of frozen blocks a point appears here, one a seed.", height)
    most = max([len(blocks), 1, *table["frozen"].dropna().tolist()])
    means = frozen.drop_duplicates("frozen").sort_values("frozen")
    marks = {} if frozen.empty else _marks(best, cheapest)
    span = _range(table, sum(1 + said.count("<br>") for said in marks.values()))
    sheet = _sheet(theme, most, blocks, span, height)
    bare = levels.draw(sheet, table, theme, majority if majority is not None and 100 * majority > span[0] else None)
    _mean_line(sheet, means, most, theme)
    _mark(sheet, means, marks, most, theme)
    _values(sheet, means, theme)
    _below(sheet, table, theme)
    beside = [_control(table[table["arm"] == arm], arm, theme) for arm in BESIDE if (table["arm"] == arm).any()]
    main = [_points(frozen, most, theme), _means(means, most, theme)] if len(frozen) else [paper.nothing()]
    return {"data": [*main, *bare, *beside], "layout": sheet}


def _points(frozen: DataFrame, most: int, theme: str) -> paper.Figure:
    """A small point for each run, a little aside by its seed so that equal ones are all seen."""
    counts, seeds = frozen["frozen"].tolist(), frozen["seed"].tolist()
    width = max(seeds) + 1
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
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
        "mode": "markers",
        "name": "Transferred and frozen",
        "showlegend": True,
        "x": counts,
        "y": [round(100 * value, 2) for value in means["mean"]],
        "text": [f"{100 * value:.1f}" for value in means["mean"]],
        "marker": {
            "size": 13,
            "color": [colours.frost(count / most, theme) for count in counts],
            "symbol": _symbols(counts, most),
            "line": {"color": ink.paper, "width": 2},
        },
        "hovertemplate": "%{x} blocks frozen, mean %{y:.1f} %<extra></extra>",
    }


def _values(sheet: paper.Figure, means: DataFrame, theme: str) -> None:
    """Every mean in numbers, above its point."""
    for count, mean in zip(means["frozen"].tolist(), means["mean"].tolist(), strict=True):
        place = {"x": count, "y": round(100 * mean, 2), "yanchor": "bottom", "yshift": 9}
        sheet["annotations"].append(paper.on_ground(theme, f"{100 * mean:.1f}", **place))


def _symbols(counts: list[int], most: int) -> list[str]:
    return ["square" if count == most else "circle" for count in counts]


def _control(rows: DataFrame, arm: str, theme: str) -> paper.Figure:
    """What transfer is held against at each depth: thin, open, and without its seeds."""
    role, means = colours.CONTROLS[arm], rows.drop_duplicates("frozen").sort_values("frozen")
    counts, colour = means["frozen"].tolist(), getattr(colours.palette(theme), role.colour)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": role.label,
        "showlegend": True,
        "opacity": 0.85,
        "x": counts if len(counts) > 1 else [count + WIDE[arm] / 2 for count in counts],
        "y": [round(100 * value, 2) for value in means["mean"]],
        "line": {"color": colour, "width": 1.3, "dash": role.dash},
        "marker": {"color": colour, "size": 8, "symbol": role.marker, "line": {"color": colour, "width": 1.5}},
        "hovertemplate": f"{role.label}, {levels.amount(rows)}<br>%{{x:.0f}} blocks, mean %{{y:.1f}} %<extra></extra>",
    }


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


def _marks(best: int | None, cheapest: int | None) -> dict[int, str]:
    """Depth -> what is said above it."""
    if best is not None and best == cheapest:
        return {best: "best on validation, and cheapest<br>within one standard error"}
    named = {best: "best on validation", cheapest: "cheapest within<br>one standard error"}
    return {depth: said for depth, said in named.items() if depth is not None}


def _mark(sheet: paper.Figure, means: DataFrame, marks: Mapping[int, str], most: int, theme: str) -> None:
    """Words at the upper edge and a thin line down to the mean; a row for each, so that they cannot meet."""
    top, ink = sheet["yaxis"]["range"][1], colours.palette(theme)
    heights = dict(zip(means["frozen"].tolist(), means["mean"].tolist(), strict=True))
    row = 0
    for depth, said in ((depth, said) for depth, said in marks.items() if depth in heights):
        side = "left" if depth < most / 3 else "right" if depth > most * 2 / 3 else "center"
        shift = {"left": -6, "right": 6, "center": 0}[side]
        place = {"x": depth, "xanchor": side, "xshift": shift, "yref": "paper", "y": 1, "yanchor": "top", "yshift": -18 * row}
        sheet["annotations"].append(paper.on_ground(theme, said, **place, name="mark"))
        span = sheet["yaxis"]["range"][1] - sheet["yaxis"]["range"][0]
        row += 1 + said.count("<br>")
        line = {"type": "line", "x0": depth, "x1": depth, "y0": top - 0.065 * row * span, "y1": 100 * heights[depth] + 0.08 * span}
        if line["y0"] > line["y1"]:
            sheet["shapes"].append({**line, "line": {"color": ink.soft, "width": 1}, "layer": "below"})


def _range(table: DataFrame, rows: int) -> list[float]:
    """From a little below the lowest run to a little over the highest; room for ``rows`` of words above.

    Blocks frozen at random may fall far below everything else: they do not press the rest together.
    """
    values = _values_of(table)
    core = _values_of(table[table["arm"] != "random_frozen"]) or values
    low = max(min(values), min(core) - max(max(core) - min(core), 6.0))
    spread = max(max(values) - low, 6.0)
    room = 0.12 * spread + (0.1 * rows * spread if rows else 0.0)
    return [max(0.0, low - 0.12 * spread), max(values) + room if rows else min(101.0, max(values) + room)]


def _values_of(rows: DataFrame) -> list[float]:
    return [100 * value for value in (*rows["accuracy"], *rows["low"].dropna(), *rows["high"].dropna())]


def _below(sheet: paper.Figure, table: DataFrame, theme: str) -> None:
    """What lies under the picture is said at its lower edge."""
    low = sheet["yaxis"]["range"][0]
    means = table[(table["arm"] == "random_frozen") & (100 * table["mean"] < low)].drop_duplicates("frozen")
    for frozen, mean in zip(means["frozen"].tolist(), means["mean"].tolist(), strict=True):
        side = {"xanchor": "right", "xshift": 12} if frozen > sheet["xaxis"]["range"][1] - 1 else {"xanchor": "center"}
        place = {"x": frozen, **side, "yref": "paper", "y": 0, "yanchor": "bottom"}
        sheet["annotations"].append(paper.on_ground(theme, f"\N{DOWNWARDS ARROW} at random {100 * mean:.1f}", **place, name="below"))


def _step(span: Sequence[float]) -> int:
    """Between two numbers on the axis, in points."""
    return next((step for step in (1, 2, 5) if span[1] - span[0] <= 8 * step), 10)


def _sheet(theme: str, most: int, blocks: Sequence[tuple[str, int]], span: list[float], height: int) -> paper.Figure:
    said = [paper.heading(theme, "Accuracy on the test part, %")]
    up = paper.value_axis(theme, range=span, tickvals=list(range(0, 101, _step(span))), automargin=False)
    margin = {"l": levels.LEFT, "r": 16, "t": 28, "b": 76}
    return paper.layout(theme, height, xaxis=levels.depths(theme, most, blocks), yaxis=up, annotations=said, shapes=[], margin=margin)
