"""Recall and precision of each class: what is found of a class, and what is right of what was called so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("name", "count", "measure", "value")
SHOWN = 30  # of more classes only the hardest are drawn
MEASURES = {"recall": "Recall: found of the class", "precision": "Precision: right of what was called so"}


def table(classes: Iterable[Mapping[str, Any]]) -> DataFrame:
    """Two rows for each class, in the order given: name, count (examples), measure (recall, precision), value (share).

    classes: ``{"name", "precision", "recall", "count"}``.
    """
    import pandas as pd

    rows = [(str(one["name"]), one["count"], measure, one[measure]) for one in classes for measure in MEASURES]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def figure(table: DataFrame, theme: str = "light", height: int = 320) -> paper.Figure:
    """Two bars a class; of more than 30 classes the hardest 30, lowest recall first."""
    if table.empty:
        return paper.empty(theme, "When the run has ended, recall and precision of each class appear here.", height)
    recall = table[table["measure"] == "recall"]
    names = recall["name"].tolist()
    said = "Share of the class, %"
    if len(names) > SHOWN:
        said = f"Share of the class, %, of the {SHOWN} hardest of {len(names)} classes"
        names = recall.sort_values("value", kind="stable")["name"][:SHOWN].tolist()
    traces = [_bars(table, measure, names, theme) for measure in MEASURES]
    return {"data": traces, "layout": _sheet(names, said, theme, height)}


def _bars(table: DataFrame, measure: str, names: list[str], theme: str) -> paper.Figure:
    one = table[table["measure"] == measure].set_index("name").loc[names]
    colour = colours.palette(theme).accent
    fill: dict[str, Any] = (
        {"color": colour} if measure == "recall" else {"color": colours.fade(colour, 0.3), "line": {"color": colour, "width": 1}}
    )
    return {
        "type": "bar",
        "x": [paper.plain(name) for name in names],
        "y": [round(100 * value, 2) for value in one["value"]],
        "name": MEASURES[measure],
        "customdata": one["count"].tolist(),
        "marker": fill,
        "hovertemplate": f"class %{{x}}, {measure} %{{y:.1f}} %<br>%{{customdata}} test examples<extra></extra>",
    }


def _sheet(names: list[str], said: str, theme: str, height: int) -> paper.Figure:
    across = paper.axis(
        theme, "Class", type="category", categoryorder="array", categoryarray=[paper.plain(name) for name in names], ticks=""
    )
    up = paper.value_axis(theme, range=[0, 100], nticks=6)
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.14, "yanchor": "bottom"}
    more = {
        "barmode": "group",
        "bargap": 0.3,
        "bargroupgap": 0.06,
        "showlegend": True,
        "legend": legend,
        "margin": {"l": 44, "r": 8, "t": 68, "b": 44},
    }
    return paper.layout(theme, height, xaxis=across, yaxis=up, annotations=[paper.heading(theme, said)], **more)
