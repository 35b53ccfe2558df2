"""What the pictures of freezing share: the axis of depths, and the levels from scratch that lie across it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

LEFT = 56  # margin in pixels: the same for pictures that stand below each other on one axis
BARE = ("scratch", "scratch_long")


def depths(theme: str, most: int, blocks: Sequence[tuple[str, int]], title: str = "Frozen blocks, counted from the input") -> paper.Figure:
    """The axis from nothing frozen to everything, with the name of the last frozen block."""
    names = ["none", *(paper.plain(name).replace(" ", "<br>", 1) for name, _ in blocks)]
    ticks = [f"<b>{count}</b><br>{names[count] if count < len(names) else ''}" for count in range(most + 1)]
    return paper.axis(theme, title, range=[-0.35, most + 0.35], tickvals=list(range(most + 1)), ticktext=ticks, ticks="", automargin=False)


def draw(sheet: paper.Figure, table: DataFrame, theme: str, majority: float | None = None) -> list[paper.Figure]:
    """From scratch, from scratch for longer, and the commonest class: dashed lines; returns what stands for them in the legend."""
    if majority is not None:
        shape, label = paper.line(theme, 100 * majority, "always the commonest class", "chance", "dot")
        sheet["shapes"].append(shape)
        sheet["annotations"].append(label)
    scratch, longer = (table[table["arm"] == arm] for arm in BARE)
    named = [_scratch(sheet, scratch, theme)] if len(scratch) else []
    return named + ([_longer(sheet, longer, theme)] if len(longer) else [])


def amount(rows: DataFrame) -> str:
    """How many seeds stand behind a mean."""
    seeds = rows["seed"].nunique()
    return f"{seeds} seed{'s' if seeds != 1 else ''}"


def _scratch(sheet: paper.Figure, scratch: DataFrame, theme: str) -> paper.Figure:
    """From scratch over the whole width: a dashed line, and a band for the interval, or for the seeds where they are few."""
    mean, low, high = scratch[["mean", "low", "high"]].iloc[0].tolist()
    known = low == low  # a missing interval is NaN
    low, high = (low, high) if known else (float(scratch["accuracy"].min()), float(scratch["accuracy"].max()))
    band = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * low, "y1": 100 * high, "line": {"width": 0}, "layer": "below"}
    sheet["shapes"].append({**band, "fillcolor": colours.fade(colours.of("scratch", theme), 0.12)})
    about = f" ({'95 %' if known else 'seeds'}: {100 * low:.1f} to {100 * high:.1f})" if len(scratch) > 1 else ""
    return _level(sheet, mean, f"From scratch {100 * mean:.1f}{about}", "dash", 1.5, theme)


def _longer(sheet: paper.Figure, longer: DataFrame, theme: str) -> paper.Figure:
    mean = float(longer["mean"].iloc[0])
    return _level(sheet, mean, f"5 times as long {100 * mean:.1f}", colours.CONTROLS["scratch_long"].dash, 1.2, theme)


def _level(sheet: paper.Figure, mean: float, name: str, dash: str, width: float, theme: str) -> paper.Figure:
    """A line across the sheet, which a trace without a point names in the legend."""
    line = {"color": colours.of("scratch", theme), "width": width, "dash": dash}
    sheet["shapes"].append(
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * mean, "y1": 100 * mean, "line": line, "layer": "below"}
    )
    return {**paper.nothing(), "mode": "lines", "name": name, "line": line, "showlegend": True}
