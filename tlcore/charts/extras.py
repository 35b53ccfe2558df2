"""What a pretraining measures besides its loss, a group of curves at a time: what a probe names, how many dimensions are filled, and
what the objective itself is made of, such as the loss of each of several questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("group", "line", "epoch", "value")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "x", "star")
QUARTER = 0.25  # of the dimensions: features that fill less say much the same
POINTS = 400  # of a line

Rows = Sequence[Mapping[str, Any]]


class Group(NamedTuple):
    """Curves on one axis. label: in a choice; heading: what the axis shows; share: whether values are shares; lines: key -> name."""

    label: str
    heading: str
    share: bool
    lines: Mapping[str, str]


GROUPS = {
    "probe": Group("Probe", "Named rightly on the target, %", True, {"linear": "linear probe", "knn": "nearest neighbours"}),
    "rank": Group("Rank", "Dimensions that the embedding fills", False, {"rank": "rank"}),
    "views": Group(
        "Views",
        "Distance of views, and crowding; lower is better",
        False,
        {"val_alignment": "two views of an image", "val_uniformity": "crowding"},
    ),
    "bound": Group("Likelihood", "Nats an image", False, {"val_likelihood": "unlikeliness", "val_divergence": "KL divergence"}),
    "turns": Group("Turns", "Turns told rightly, %", True, {"val_pretext_accuracy": "turns"}),
    "retrieval": Group("Retrieval", "Nearest caption is true, %", True, {"val_retrieval": "measured", "val_retrieval_chance": "by chance"}),
}
ENDS = {  # groups with a line for each question, by how their names end
    "losses": ("_loss", Group("Questions' loss", "Loss of each question", False, {})),
    "answers": ("_accuracy", Group("Questions' accuracy", "Named rightly, %", True, {})),
    "words": ("_zero_shot", Group("By words", "Named rightly by the nearest word, %", True, {})),
}


def groups(rows: Rows) -> dict[str, Group]:
    """The groups of which something was measured, by name."""
    keys = list(dict.fromkeys(key for row in (*rows[:1], *rows[-1:], *rows[-40:]) for key in row))
    known = {key for group in GROUPS.values() for key in group.lines}
    found = {name: group for name, group in GROUPS.items() if any(key in keys for key in group.lines)}
    for name, (end, group) in ENDS.items():
        lines = {key: key[4 : -len(end)] for key in keys if key.startswith("val_") and key.endswith(end) and key not in known}
        found |= {name: group._replace(lines=lines)} if lines else {}
    return found


def table(rows: Rows) -> DataFrame:
    """A row for each number: group, line (its name), epoch, value; of validation images. rows: as ``Store.extras`` gives them."""
    import pandas as pd

    found = [
        (group, name, row["epoch"], row[key])
        for group, each in groups(rows).items()
        for key, name in each.lines.items()
        for row in rows
        if row.get(key) is not None
    ]
    return pd.DataFrame(found, columns=list(COLUMNS))


def figure(table: DataFrame, theme: str = "light", group: str = "probe", **more: Any) -> paper.Figure:
    """The curves of one group; ``more`` as for ``draw``."""
    mine = table[table["group"] == group]
    points = {str(name): list(zip(one["epoch"], one["value"], strict=True)) for name, one in mine.groupby("line", sort=False)}
    known = GROUPS.get(group) or ENDS[group][1]
    return _draw(points, known, theme, **more)


def draw(rows: Rows, group: Group, theme: str = "light", **more: Any) -> paper.Figure:
    """The same straight from the store's rows. epochs: where the axis ends. level: a value to compare with, and what it is called."""
    points = {name: [(row["epoch"], row[key]) for row in rows if row.get(key) is not None] for key, name in group.lines.items()}
    return _draw({name: line for name, line in points.items() if line}, group, theme, **more)


def _draw(
    points: Mapping[str, Sequence[tuple[int, float]]],
    group: Group,
    theme: str,
    epochs: int | None = None,
    level: tuple[float, str] | None = None,
    height: int = 300,
) -> paper.Figure:
    if not points:
        return paper.empty(theme, "After every epoch a point of what else is measured appears here.", height)
    scale = 100 if group.share else 1
    traces = [_line(place, name, line, scale, theme) for place, (name, line) in enumerate(points.items())]
    values = [value for trace in traces for value in trace["y"]] + ([scale * level[0]] if level else [])
    low, high = min(0.0, *values), 100.0 if group.share else max(values)
    room = 0.06 * ((high - low) or 1.0)
    span = (low - (room if low < 0 else 0), high if group.share else high + room)
    last = max([epochs or 1, *(trace["x"][-1] for trace in traces)])
    sheet = _sheet(theme, group.heading, last, span, height)
    if level:
        shape, words = paper.line(theme, scale * level[0], level[1], "chance", "dot")
        sheet["shapes"].append(shape)
        sheet["annotations"].append(words)
    _name(sheet, traces, theme, span)
    return {"data": traces, "layout": sheet}


def _line(place: int, name: str, line: Sequence[tuple[int, float]], scale: int, theme: str) -> paper.Figure:
    shown = [*line[:: -(-len(line) // POINTS)], line[-1]] if len(line) > POINTS else line
    inks = colours.palette(theme).classes
    unit = " %" if scale == 100 else ""
    said = paper.plain(name)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [int(epoch) for epoch, _ in shown],
        "y": [round(scale * float(value), 4) for _, value in shown],
        "name": said,
        "showlegend": True,
        "line": {"color": inks[place % len(inks)], "width": 2.2, "dash": DASHES[place % len(DASHES)]},
        "marker": {"color": inks[place % len(inks)], "size": 6, "symbol": SYMBOLS[place % len(SYMBOLS)], "maxdisplayed": 8},
        "hovertemplate": f"{said}<br>epoch %{{x}}: %{{y:.3g}}{unit}<extra></extra>",
    }


def _sheet(theme: str, heading: str, last: int, span: tuple[float, float], height: int) -> paper.Figure:
    up = paper.value_axis(theme, range=list(span), nticks=6)
    said = [paper.heading(theme, paper.plain(heading))]
    return paper.layout(theme, height, xaxis=paper.epochs(theme, last), yaxis=up, annotations=said, shapes=[])


def _name(sheet: paper.Figure, traces: Sequence[paper.Figure], theme: str, span: tuple[float, float]) -> None:
    """Each line's name at its end, where there is room for all."""
    inner = sheet["height"] - sheet["margin"]["t"] - sheet["margin"]["b"]
    pixels = [(trace["y"][-1] - span[0]) / (span[1] - span[0]) * inner for trace in traces]
    for trace, pixel, place in zip(traces, pixels, paper.apart(pixels, 17), strict=True):
        put = {"x": trace["x"][-1], "xanchor": "left", "xshift": 8, "y": trace["y"][-1], "yanchor": "middle"}
        words = paper.words(theme, trace["name"], **put, yshift=round(place - pixel), name="end")
        sheet["annotations"].append({**words, "font": {"size": 13, "color": trace["line"]["color"]}})
    sheet["margin"] = {**sheet["margin"], "r": 20 + 7 * max(len(trace["name"]) for trace in traces)}
