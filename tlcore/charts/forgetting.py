"""What is forgotten: what each strategy gains on the target against what it loses on the source task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper
from tlcore.science.statistics import FEWEST

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "name", "seeds", "gain", "gain_low", "gain_high", "kept", "kept_low", "kept_high", "front")


def table(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str] | None = None, summary: Mapping[str, Any] | None = None) -> DataFrame:
    """A row for each strategy: arm, name, seeds, gain over scratch and change of source accuracy (kept), each with low and high, in points.

    rows: ``{"arm", "seed", "accuracy", "kept"}``, shares; kept is the change of source accuracy in that run, None where it was not
    watched. names: arm -> what it is called. summary: gives the intervals. front: whether no other strategy is better in both.
    """
    import pandas as pd

    done = [row for row in rows if row.get("accuracy") is not None]
    scratch = {row["seed"]: row["accuracy"] for row in done if row["arm"] == "scratch"}
    pairs: dict[str, list[tuple[float, float]]] = {}
    for row in done:
        if row.get("kept") is not None and row["seed"] in scratch:
            pairs.setdefault(row["arm"], []).append((row["accuracy"] - scratch[row["seed"]], row["kept"]))
    means = {arm: tuple(100 * sum(column) / len(each) for column in zip(*each, strict=True)) for arm, each in pairs.items()}
    spreads = (_spread(summary, "contrasts"), _spread(summary, "forgotten"))
    lines = []
    for arm, (gain, kept) in means.items():
        ends = [spread.get(arm, (None, None)) if len(pairs[arm]) >= FEWEST else (None, None) for spread in spreads]
        lines.append((arm, (names or {}).get(arm, arm), len(pairs[arm]), gain, *ends[0], kept, *ends[1], _undominated(arm, means)))
    kinds = dict.fromkeys(("gain_low", "gain_high", "kept_low", "kept_high"), "float64")
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(kinds)


def _spread(summary: Mapping[str, Any] | None, key: str) -> dict[str, tuple[float | None, float | None]]:
    """Arm -> interval in points."""
    found = [each for each in (summary or {}).get(key) or () if key != "contrasts" or each.get("against") == "scratch"]
    return {each["arm"]: (100 * each["low"], 100 * each["high"]) for each in found if each.get("low") is not None}


def _undominated(arm: str, means: Mapping[str, tuple[float, ...]]) -> bool:
    gain, kept = means[arm]
    return not any(g >= gain and k >= kept and (g, k) != (gain, kept) for g, k in means.values())


def figure(table: DataFrame, theme: str = "light", height: int = 380) -> paper.Figure:
    """A dot a strategy: further up it gained more, further right it forgot less; those that no other beats in both are joined."""
    if table.empty:
        return paper.empty(theme, "For every strategy a point appears here: what it gained, and what it forgot.", height)
    sheet = _sheet(table, theme, height)
    _names(sheet, table, theme)
    front = table[table["front"]].sort_values("kept")
    ink = colours.palette(theme)
    joined = {
        "type": "scatter",
        "mode": "lines",
        "x": [round(each, 2) for each in front["kept"]],
        "y": [round(each, 2) for each in front["gain"]],
        "line": {"color": ink.soft, "width": 1.2, "dash": "dot"},
        "hoverinfo": "skip",
    }
    return {"data": [joined, *(_dot(row, theme) for row in table.to_dict("records"))], "layout": sheet}


def _dot(row: Mapping[str, Any], theme: str) -> paper.Figure:
    """One strategy, with its two intervals as a cross."""
    role = colours.ROLES[colours.role(str(row["arm"]))]
    colour = getattr(colours.palette(theme), role.colour)
    told = f"{paper.plain(row['name'])}, {row['seeds']} seeds<br>target %{{y:+.1f}} points, source %{{x:+.1f}} points<extra></extra>"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [round(row["kept"], 2)],
        "y": [round(row["gain"], 2)],
        "error_x": _cross(row, "kept", colour),
        "error_y": _cross(row, "gain", colour),
        "marker": {"size": 12 if row["front"] else 9, "color": colour, "symbol": role.marker, "opacity": 1 if row["front"] else 0.7},
        "hovertemplate": told,
    }


def _cross(row: Mapping[str, Any], name: str, colour: str) -> paper.Figure:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low != low:  # NaN: no interval
        return {"visible": False}
    plus, minus = [round(high - row[name], 2)], [round(row[name] - low, 2)]
    return {
        "type": "data",
        "symmetric": False,
        "array": plus,
        "arrayminus": minus,
        "color": colours.fade(colour, 0.45),
        "thickness": 1.2,
        "width": 0,
    }


def _names(sheet: paper.Figure, table: DataFrame, theme: str) -> None:
    """Every strategy has its name beside its dot: towards the middle of the sheet, and no name on the height of another."""
    low, high = sheet["yaxis"]["range"]
    left, right = sheet["xaxis"]["range"]
    inner = sheet["height"] - sheet["margin"]["t"] - sheet["margin"]["b"]
    pixels = [(gain - low) / (high - low) * inner for gain in table["gain"]]
    columns = _columns(table["kept"].tolist(), left, right)
    for row, column, pixel, place in zip(table.to_dict("records"), columns, pixels, paper.apart(pixels, 17), strict=True):
        line = {"showarrow": True, "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": colours.palette(theme).soft, "standoff": 6}
        aim = {"x": round(row["kept"], 2), "y": round(row["gain"], 2), "axref": "x", "ax": round(column, 2), "ay": round(pixel - place)}
        font = {"size": 13, "color": colours.of(colours.role(str(row["arm"])), theme)}
        side = "left" if column > row["kept"] else "right"
        said = paper.on_ground(theme, paper.plain(row["name"]), xanchor=side, **aim)
        sheet["annotations"].append({**said, **line, "font": font})


def _columns(kept: list[float], left: float, right: float) -> list[float]:
    """Where each name begins: beside the dots that stand near its own, towards the middle, so that no name lies on a dot.

    >>> _columns([-50, -48, 0], -60, 10)
    [-44.5, -44.5, -3.5]
    """
    span, middle = right - left, (left + right) / 2
    found = []
    for each in kept:
        near = [other for other in kept if abs(other - each) < 0.12 * span]
        found.append(max(near) + 0.05 * span if each < middle else min(near) - 0.05 * span)
    return found


def _sheet(table: DataFrame, theme: str, height: int) -> paper.Figure:
    across, up = (
        _span([value for column in columns for value in table[column].dropna()])
        for columns in (("kept", "kept_low", "kept_high"), ("gain", "gain_low", "gain_high"))
    )
    grid = {"showgrid": True, "gridcolor": colours.palette(theme).grid}
    x = paper.axis(theme, "Source task: change of accuracy, points", range=across, **grid)
    zero = {"line": {"color": colours.palette(theme).soft, "width": 1.2}, "layer": "below"}
    shapes = [
        {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, **zero},
        {"type": "line", "y0": 0, "y1": 0, "xref": "paper", "x0": 0, "x1": 1, **zero},
    ]
    said = [paper.heading(theme, "Target task: points above training from scratch")]
    y = paper.value_axis(theme, range=up)
    return paper.layout(theme, height, xaxis=x, yaxis=y, annotations=said, shapes=shapes, margin={"l": 48, "r": 16, "t": 28, "b": 48})


def _span(values: list[float]) -> list[float]:
    """All values and zero, with room at both ends."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.12 * max(high - low, 2.0)
    return [low - room, high + room]
