"""The lines of learning curves: one series a run, runs of one name together, each told from the others without its colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tlcore.charts import colours, paper

POINTS = 400  # of a line; more cannot be seen and only cost time
SEED_LINES = 40  # with more seeds than that only the means are drawn
SIZES = {"square": 10}  # of a marker on which others may lie; all others are smaller
MARKS = 7  # markers along a line, so that it is told from others without its colour
OVER = {"probe_then_tune": "longdash"}  # begins as the frozen one does and lies on it: through its gaps one sees both
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


def draw(series: Sequence[Series], theme: str, metric: str) -> list[list[paper.Figure]]:
    """The traces of each name, in the order of the roles: the mean of validation first, then that of training, then the seeds."""
    groups = _groups(series)
    alone = sum(not one.quiet for one, *_ in groups) == 1
    drawn = [_traces(members, metric, theme, seeds=len(series) <= SEED_LINES) for members in groups]
    for (one, *_), group, dash in zip(groups, drawn, _dashes(groups), strict=True):
        _tell_apart(group, dash, alone and not one.quiet)
    return drawn


def layers(drawn: Sequence[list[paper.Figure]]) -> list[paper.Figure]:
    """All traces from the lowest to the highest: relatives lie below the run that is shown."""
    below = sorted(drawn, key=lambda group: bool(group) and group[0]["meta"] != "relative")
    return [trace for group in below for trace in group]


def forks(series: Sequence[Series], theme: str, metric: str) -> list[paper.Figure]:
    """The dots at which forks leave their parents."""
    return [_leaving(one, metric, theme) for one in series if one.begins and _line(one, "val_" + metric)]


def _groups(series: Sequence[Series]) -> list[list[Series]]:
    """Series of one name together, in the order of the roles; relatives come last, so that the run has the dash of its role."""
    groups: dict[str, list[Series]] = {}
    for one in series:
        groups.setdefault(one.name, []).append(one)
    return sorted(groups.values(), key=lambda members: (members[0].quiet, colours.order(members[0].role)))


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


def told(trace: paper.Figure, metric: str) -> paper.Figure:
    """A trace of one or two points: as points, the thick one with its numbers."""
    if trace["meta"] == "seed":
        return {**trace, "mode": "markers", "marker": {**trace["marker"], "size": 6}}
    told = ["" if value is None else f"{value:.1f} %" if metric == "accuracy" else f"{value:.3g}" for value in trace["y"]]
    most = 100 if metric == "accuracy" else max((value for value in trace["y"] if value is not None), default=0)
    sides = ["bottom center" if value is not None and value > most / 2 else "top center" for value in trace["y"]]  # inside the sheet
    shown = {"mode": "markers+text", "text": told, "textposition": sides, "textfont": {"size": 14}}
    return {**trace, **shown, "marker": {**trace["marker"], "size": 11}}


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
