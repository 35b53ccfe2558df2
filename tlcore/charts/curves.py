"""Learning curves: loss or accuracy over the epochs, training thin, validation thick, seeds faint, their mean strong.

``table`` and ``figure`` are the chart; ``draw`` is the short way from the store's rows to the figure, without pandas, for
a curve that moves. Above the curves, on the same epochs, there can be the timeline of what learns when, and flags for what was
changed by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlcore.charts import lines, panels, paper
from tlcore.charts.flags import Flag
from tlcore.charts.lines import Series as Series
from tlcore.charts.timeline import Segment

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("series", "role", "seed", "frozen", "begins", "quiet", "epoch", "part", "metric", "value")
PARTS = {"train": "", "validation": "val_"}  # and the prefix of its numbers in the store's rows
METRICS = ("accuracy", "loss")
NAMES = {"accuracy": "Accuracy, %", "loss": "Loss"}
DIRECT = 6  # up to so many series are named at their line's end
LONGEST = 26  # letters of a name at a line's end
FEW = 2  # of so many points each gets its number: a line between two would pretend to know the way


def table(series: Iterable[Series]) -> DataFrame:
    """A row for each number: the fields of its series, epoch, part (train, validation), metric (accuracy, loss), value (accuracy as a share)."""
    import pandas as pd

    rows = [
        (one.name, one.role, one.seed, one.frozen, one.begins, one.quiet, row["epoch"], part, metric, row[prefix + metric])
        for one in series
        for row in one.rows
        for part, prefix in PARTS.items()
        for metric in METRICS
        if row.get(prefix + metric) is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def figure(
    table: DataFrame,
    theme: str = "light",
    metric: str = "accuracy",
    epochs: int | None = None,
    chance: float | None = None,
    height: int = 340,
    timeline: Sequence[Segment] = (),
    flags: Sequence[Flag] = (),
) -> paper.Figure:
    """The curves of one metric. epochs: where the axis ends; chance: the accuracy of guessing, 0 to 1.

    timeline: segments of ``tlcore.charts.timeline``, drawn above the curves; the figure grows by them. flags: changes made by hand.
    """
    return draw(_series(table), theme, metric, epochs, chance, height, timeline, flags)


def draw(
    series: Sequence[Series],
    theme: str = "light",
    metric: str = "accuracy",
    epochs: int | None = None,
    chance: float | None = None,
    height: int = 340,
    timeline: Sequence[Segment] = (),
    flags: Sequence[Flag] = (),
) -> paper.Figure:
    """The same figure straight from series."""
    drawn = lines.draw(series, theme, metric)
    last = max([epochs or 1, *(row["epoch"] for one in series for row in one.rows)])
    if last < FEW:
        drawn = [[lines.told(trace, metric) for trace in group if trace["meta"] != "training"] for group in drawn]
    traces = [*lines.layers(drawn), *lines.forks(series, theme, metric)]
    values = [value for trace in traces for value in trace["y"] if value is not None]
    bottom, top = _range(metric, values, chance)
    sheet = _sheet(theme, metric, last, (bottom, top), height)
    _guess(sheet, theme, metric, chance)
    _name(sheet, _ends(drawn) if last >= FEW or len(drawn) > 1 else [], theme, (bottom, top))
    if not traces:
        sheet["yaxis"]["showgrid"] = False
        text = f"After every epoch a point<br>of the {metric} appears here."
        sheet["annotations"].append(paper.words(theme, text, xref="paper", x=0.5, yref="paper", y=0.55))
    found = {"data": traces or [paper.nothing()], "layout": sheet}
    panels.add(found, theme, last, timeline, flags)
    return found


def _series(table: DataFrame) -> list[Series]:
    """The way back from a table to series."""
    found: dict[tuple[str, int], tuple[Series, dict[int, dict[str, Any]]]] = {}
    for name, role, seed, frozen, begins, quiet, epoch, part, metric, value in table[list(COLUMNS)].itertuples(index=False, name=None):
        share = None if frozen is None or math.isnan(frozen) else frozen
        _, rows = found.setdefault((name, seed), (Series(name, [], role, seed, share, begins, quiet), {}))
        rows.setdefault(epoch, {"epoch": epoch})[PARTS[part] + metric] = value
    return [replace(one, rows=list(rows.values())) for one, rows in found.values()]


def _ends(drawn: list[list[paper.Figure]]) -> list[tuple[str, str, int, float]]:
    """What stands at line ends: name, colour, and the last point that has a value. A group alone names its two parts instead."""
    shown = [group[:2] for group in drawn] if len(drawn) == 1 else [group[:1] for group in drawn]
    found = []
    for trace in (trace for group in shown for trace in group):
        points = [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None]
        if points:
            name = trace["legendgroup"] if len(drawn) > 1 else trace["meta"]
            found.append((name, trace["line"]["color"], *points[-1]))
    return found


def _range(metric: str, values: list[float], chance: float | None) -> tuple[float, float]:
    """Accuracy from chance level to 100 %, lower if a curve is; loss from zero to a little over the largest."""
    if metric == "accuracy":
        low = min([*values, 100 * (chance or 0)])
        return (5 * math.floor(low / 5) if low > 0 else 0.0), 100.0
    return min([0.0, *values]), 1.06 * max([1.0 if not values else 0.0, *values])


def _sheet(theme: str, metric: str, last: int, span: tuple[float, float], height: int) -> paper.Figure:
    across = paper.epochs(theme, last, 0.35 if last < FEW else 0)
    up = paper.value_axis(theme, range=list(span), nticks=7)
    parts = "on validation images" if last < FEW else "thick: validation, thin: training"
    said = [paper.heading(theme, f"{NAMES[metric]} <span style='font-size:12px'>· {parts}</span>")]
    more = {"annotations": said, "shapes": [], "uirevision": "keep", "dragmode": "zoom"}
    return paper.layout(theme, height, xaxis=across, yaxis=up, **more)


def _guess(sheet: paper.Figure, theme: str, metric: str, chance: float | None) -> None:
    if metric == "accuracy" and chance is not None:
        shape, label = paper.line(theme, 100 * chance, "guessing", "chance", "dot")
        sheet["shapes"].append(shape)
        sheet["annotations"].append(label)


def _name(sheet: paper.Figure, ends: list[tuple[str, str, int, float]], theme: str, span: tuple[float, float]) -> None:
    """Up to six series get their name at the line's end, more a legend beside the figure."""
    if len(ends) > DIRECT:
        sheet |= {"showlegend": True, "legend": {"tracegroupgap": 0}}
        return
    inner = sheet["height"] - sheet["margin"]["t"] - sheet["margin"]["b"]
    pixels = [(y - span[0]) / ((span[1] - span[0]) or 1) * inner for *_, y in ends]
    for (name, colour, x, y), pixel, place in zip(ends, pixels, paper.apart(pixels, 17), strict=True):
        put = {"x": x, "xanchor": "left", "xshift": 8, "y": y, "yanchor": "middle", "yshift": round(place - pixel), "name": "end"}
        sheet["annotations"].append({**paper.words(theme, paper.plain(_short(name)), **put), "font": {"size": 13, "color": colour}})
    if ends:
        longest = max(len(_short(name)) for name, *_ in ends)
        sheet["margin"] = {**sheet["margin"], "r": 20 + 7 * longest}


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
