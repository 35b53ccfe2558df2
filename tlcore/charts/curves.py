"""Learning curves: loss or accuracy over the epochs, training thin, validation thick, seeds faint, their mean strong.

``table`` and ``figure`` are the chart; ``draw`` is the short way from the store's rows to the figure, without pandas, for
a curve that moves. Above the curves, on the same epochs, there can be the timeline of what learns when, and flags for what was
changed by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tlcore.charts import colours, panels, paper
from tlcore.charts.flags import Flag
from tlcore.charts.timeline import Segment

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("series", "role", "seed", "frozen", "begins", "quiet", "epoch", "part", "metric", "value")
PARTS = {"train": "", "validation": "val_"}  # and the prefix of its numbers in the store's rows
METRICS = ("accuracy", "loss")
NAMES = {"accuracy": "Accuracy, %", "loss": "Loss"}
POINTS = 400  # of a line; more cannot be seen and only cost time
SEED_LINES = 40  # with more seeds than that only the means are drawn
DIRECT = 6  # up to so many series are named at their line's end
LONGEST = 26  # letters of a name at a line's end
SIZES = {"square": 10}  # of a marker on which others may lie; all others are smaller
MARKS = 7  # markers along a line, so that it is told from others without its colour
OVER = {"probe_then_tune": "longdash"}  # begins as the frozen one does and lies on it: through its gaps one sees both
FEW = 2  # of so many points each gets its number: a line between two would pretend to know the way
DASHES = ("dot", "dashdot", "longdash")  # for the second, third and fourth series of one role

Line = list[tuple[int, float]]


@dataclass(frozen=True)
class Series:
    """One run's epochs. Series of one name and different seeds belong together: their mean is drawn.

    rows: ``{"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}``, epoch 0 measured before training; a missing number is None.
    role: a name of ``colours.ROLES``. frozen: share of frozen blocks, 0 to 1, where the series differ in that: it gives the colour.
    begins: the epoch at which a fork leaves its parent; what it has from before is its parent's and is not drawn again.
    quiet: a relative of the run that is shown: thin, and without its training half.
    """

    name: str
    rows: Sequence[dict[str, Any]] = field(default_factory=list)
    role: str = "tuned"
    seed: int = 0
    frozen: float | None = None
    begins: int = 0
    quiet: bool = False


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
    groups = _groups(series)
    dashes = _dashes(groups)
    alone = sum(not one.quiet for one, *_ in groups) == 1
    drawn = [_traces(members, metric, theme, seeds=len(series) <= SEED_LINES) for members in groups]
    for group, dash in zip(drawn, dashes, strict=True):
        _tell_apart(group, dash, alone and group[0]["meta"] != "relative" if group else alone)
    last = max([epochs or 1, *(row["epoch"] for one in series for row in one.rows)])
    if last < FEW:
        drawn = [[_told(trace, metric) for trace in group if trace["meta"] != "training"] for group in drawn]
    forks = [_leaving(one, metric, theme) for one in series if one.begins and _line(one, "val_" + metric)]
    traces = [trace for group in _layers(groups, drawn) for trace in group] + forks
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


def _groups(series: Sequence[Series]) -> list[list[Series]]:
    """Series of one name together, in the order of the roles; relatives come last, so that the run has the dash of its role."""
    groups: dict[str, list[Series]] = {}
    for one in series:
        groups.setdefault(one.name, []).append(one)
    return sorted(groups.values(), key=lambda members: (members[0].quiet, colours.order(members[0].role)))


def _layers(groups: list[list[Series]], drawn: list[list[paper.Figure]]) -> list[list[paper.Figure]]:
    """Relatives first: the run itself lies above them."""
    pairs = list(zip(groups, drawn, strict=True))
    return [group for members, group in pairs if members[0].quiet] + [group for members, group in pairs if not members[0].quiet]


def _traces(members: list[Series], metric: str, theme: str, seeds: bool) -> list[paper.Figure]:
    """Of one name: the mean of validation first, then that of training, then the seeds."""
    validation = [_line(one, "val_" + metric) for one in members]
    means = [("validation", _mean(validation)), ("training", _mean([_line(one, metric) for one in members]))]
    if members[0].quiet:
        means, seeds = [("relative", means[0][1])], False
    many = len(members) > 1
    who = f"mean of {len(members)} seeds" if many else f"seed {members[0].seed}"
    traces = [_trace(members[0], theme, metric, part, who, line) for part, line in means if line]
    for trace in traces if members[0].quiet else ():
        trace["legendrank"] = 1001  # drawn first, named last
    if many and seeds:
        pairs = zip(members, validation, strict=True)
        traces += [_trace(one, theme, metric, "seed", f"seed {one.seed}", line) for one, line in pairs if line]
    return traces


def _dashes(groups: list[list[Series]]) -> list[str]:
    """The dash of each group: its role's, and another one for each further group of that role that has no colour of its own."""
    seen: dict[str, int] = {}
    several = sum(not one.quiet for one, *_ in groups) > 1
    found = []
    for one, *_ in groups:
        place = seen.get(one.role, 0) if one.frozen is None else 0
        seen[one.role] = place + 1
        own = OVER.get(one.role, colours.ROLES[one.role].dash) if several else colours.ROLES[one.role].dash
        found.append(DASHES[(place - 1) % len(DASHES)] if place else own)
    return found


def _tell_apart(group: list[paper.Figure], dash: str, alone: bool) -> None:
    """Dash every line of a group, and set a few markers on its mean where there are other groups."""
    for place, trace in enumerate(group):
        trace["line"]["dash"] = dash
        if trace["meta"] == "training" and not alone:
            trace["line"]["width"], trace["opacity"] = 0.9, 0.5
        if place == 0 and not alone and len(trace["x"]) > 1:
            trace |= {
                "mode": "lines+markers",
                "marker": {**trace["marker"], "size": _size(trace), "maxdisplayed": MARKS},
            }


def _size(trace: paper.Figure) -> int:
    """Of a marker on a line."""
    return 5 if trace["meta"] == "relative" else SIZES.get(trace["marker"]["symbol"], 7)


def _told(trace: paper.Figure, metric: str) -> paper.Figure:
    """A trace of one or two points: as points, the thick one with its numbers."""
    if trace["meta"] == "seed":
        return {**trace, "mode": "markers", "marker": {**trace["marker"], "size": 6}}
    told = ["" if value is None else f"{value:.1f} %" if metric == "accuracy" else f"{value:.3g}" for value in trace["y"]]
    most = 100 if metric == "accuracy" else max((value for value in trace["y"] if value is not None), default=0)
    sides = ["bottom center" if value is not None and value > most / 2 else "top center" for value in trace["y"]]  # inside the sheet
    shown = {"mode": "markers+text", "text": told, "textposition": sides, "textfont": {"size": 14}}
    return {**trace, **shown, "marker": {**trace["marker"], "size": 11}}


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


STYLES = {"validation": (2.6, 1.0), "training": (1.2, 0.75), "seed": (1.0, 0.35), "relative": (1.3, 0.6)}  # width, opacity


def _trace(one: Series, theme: str, metric: str, part: str, who: str, line: Line) -> paper.Figure:
    width, opacity = STYLES[part]
    scale, digits = (100, 2) if metric == "accuracy" else (1, 4)
    shown = line[:: math.ceil(len(line) / POINTS)] if len(line) > POINTS else line
    shown = shown if shown[-1] == line[-1] else [*shown[:-1], line[-1]]
    value = "%{y:.1f} %" if metric == "accuracy" else "%{y:.3g}"
    name = paper.plain(one.name)
    half = "training" if part == "training" else "validation"
    return {
        "type": "scatter",
        "mode": "lines" if len(shown) > 1 else "markers",
        "x": [epoch for epoch, _ in shown],
        "y": [round(value * scale, digits) if math.isfinite(value) else None for _, value in shown],
        "uid": _identity(one.name, part, who if part == "seed" else ""),
        "name": name,
        "meta": part,
        "legendgroup": one.name,
        "showlegend": part in ("validation", "relative"),
        "opacity": opacity,
        "line": {"color": _colour(one, theme), "width": width},
        "marker": {"color": _colour(one, theme), "size": 4 + width, "symbol": _symbol(one)},
        "hovertemplate": f"{name}, {who}<br>epoch %{{x}}, {half} {value}<extra></extra>",
    }


def _leaving(one: Series, metric: str, theme: str) -> paper.Figure:
    """The dot at which a fork leaves its parent."""
    trace = _trace(one, theme, metric, "relative", "", _line(one, "val_" + metric)[:1])
    ring = {"color": colours.palette(theme).paper, "width": 1.5}
    return {
        **trace,
        "uid": _identity(one.name, "fork", str(one.seed)),
        "meta": "fork",
        "showlegend": False,
        "opacity": 1,
        "marker": {"color": trace["marker"]["color"], "size": 9, "symbol": "circle", "line": ring},
        "hovertemplate": f"{trace['name']}<br>leaves its parent at epoch %{{x}}<extra></extra>",
    }


def _identity(*names: str) -> str:
    """The name by which Plotly knows a trace again: it becomes a CSS class, so it has letters, digits and hyphens only."""
    return f"{names[1]}-{crc32('/'.join(names).encode()):08x}"


def _colour(one: Series, theme: str) -> str:
    return colours.of(one.role, theme) if one.frozen is None else colours.frost(one.frozen, theme)


def _symbol(one: Series) -> str:
    """The marker of the role; where only a part is frozen, that of what is trained."""
    return colours.ROLES["tuned" if one.frozen is not None and one.frozen < 1 else one.role].marker


def _line(one: Series, key: str) -> Line:
    return [(row["epoch"], row[key]) for row in one.rows if row.get(key) is not None and row["epoch"] >= one.begins]


def _mean(lines: list[Line]) -> Line:
    """The mean over the seeds that have reached an epoch."""
    if len(lines) == 1:
        return lines[0]
    sums: dict[int, tuple[float, int]] = {}
    for line in lines:
        for epoch, value in line:
            total, count = sums.get(epoch, (0.0, 0))
            sums[epoch] = (total + value, count + 1)
    return [(epoch, total / count) for epoch, (total, count) in sorted(sums.items())]


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
