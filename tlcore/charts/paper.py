"""What all figures share: the sheet they are drawn on, axes, words on it, and labels that do not cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

from tlcore.charts import colours

Figure = dict[str, Any]


def layout(theme: str, height: int, **more: Any) -> Figure:
    """The layout of an empty sheet; ``more`` replaces or adds keys."""
    ink = colours.palette(theme)
    return {
        "height": height,
        "template": {"data": {}, "layout": {}},  # else Plotly sends its own, which is larger than the figure
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": colours.FONT, "size": 13, "color": ink.soft},
        "margin": {"l": 48, "r": 16, "t": 28, "b": 44},
        "hoverlabel": {"bgcolor": ink.panel, "bordercolor": ink.line, "font": {"family": colours.FONT, "size": 13, "color": ink.ink}},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,  # else a finger that scrolls the page zooms the figure
        **more,
    }


def axis(theme: str, title: str = "", **more: Any) -> Figure:
    """An axis without a grid; ``more`` replaces or adds keys."""
    ink = colours.palette(theme)
    plain = {"showgrid": False, "zeroline": False, "linecolor": ink.line, "tickcolor": ink.line, "automargin": True}
    return {**plain, "title": {"text": title, "standoff": 10, "font": {"size": 13}}, **more}


def epochs(theme: str, last: int, room: float = 0) -> Figure:
    """The horizontal axis of everything that goes over epochs. room: before the first and after the last, in epochs."""
    ticks = {"dtick": 1} if last <= 8 else {"nticks": 9}
    return axis(theme, "Epoch (0 is before training)", range=[-room, last + room], tickformat="d", **ticks)


def value_axis(theme: str, **more: Any) -> Figure:
    """The vertical axis: a faint horizontal grid and nothing else; its name stands above the figure, where it is read."""
    return axis(theme, showgrid=True, gridcolor=colours.palette(theme).grid, showline=False, **more)


def heading(theme: str, text: str) -> Figure:
    """Small words above the upper left corner: what the vertical axis shows."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 8}
    return words(theme, text, **place, align="left")


def words(theme: str, text: str, **place: Any) -> Figure:
    """Words on the sheet, as an annotation without an arrow."""
    return {"text": text, "showarrow": False, "font": {"size": 13, "color": colours.palette(theme).soft}, **place}


def on_ground(theme: str, text: str, **place: Any) -> Figure:
    """Words that may lie on lines: the paper shines through a little behind them."""
    ink = colours.palette(theme)
    return {**words(theme, text, **place), "bgcolor": colours.fade(ink.paper, 0.75), "borderpad": 1, "font": {"size": 13, "color": ink.ink}}


def empty(theme: str, text: str, height: int) -> Figure:
    """A sheet that says what will appear on it."""
    wrapped = "<br>".join(wrap(text, 42))
    centre = words(theme, wrapped, xref="paper", x=0.5, yref="paper", y=0.5)
    hidden = {"visible": False}
    return {"data": [nothing()], "layout": layout(theme, height, xaxis=hidden, yaxis=hidden, annotations=[centre])}


def nothing() -> Figure:
    """A trace that shows nothing: a figure without traces counts as an error."""
    return {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "hoverinfo": "skip", "showlegend": False}


def line(theme: str, level: float, text: str, colour: str, dash: str) -> tuple[Figure, Figure]:
    """A horizontal line over the whole width as a shape, and its words at the right end."""
    stroke = {"color": colours.of(colour, theme), "width": 1.5, "dash": dash}
    shape = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": stroke, "layer": "below"}
    label = words(theme, text, xref="paper", x=1, xanchor="right", y=level, yanchor="bottom", yshift=1)
    return shape, label


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Move places as little as needed so that neighbours are at least ``gap`` apart; the order stays.

    >>> apart([10, 12, 50], 10)
    [6.0, 16.0, 50.0]
    """
    groups: list[list[int]] = []
    ranks = sorted(range(len(places)), key=lambda i: places[i])
    for rank in ranks:
        groups.append([rank])
        while len(groups) > 1 and _first(places, groups[-1], gap) < _last(places, groups[-2], gap) + gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [0.0] * len(places)
    for group in groups:
        start = _first(places, group, gap)
        for step, rank in enumerate(group):
            moved[rank] = start + step * gap
    return moved


def _first(places: Sequence[float], group: list[int], gap: float) -> float:
    return sum(places[rank] for rank in group) / len(group) - gap * (len(group) - 1) / 2


def _last(places: Sequence[float], group: list[int], gap: float) -> float:
    return _first(places, group, gap) + gap * (len(group) - 1)


def plain(text: object) -> str:
    """Text that comes from data, safe on a figure, whose labels read some HTML."""
    return escape(str(text), quote=False)
