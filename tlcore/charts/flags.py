"""Flags: changes made by hand, each a pole through the panels with a numbered flag at its top; the words wait in its hover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tlcore.charts import colours, paper

LANE = 19  # pixels above the panels in which flags hang
NEAR = 0.04  # of the axis: what follows that near hangs at the same flag, so that no flag covers another
MOST = 12  # lines of words at one flag


class Flag(NamedTuple):
    """A change made by hand. epoch: how many were done, with fractions; text: when, who, what."""

    epoch: float
    text: str


def draw(flags: Sequence[Flag], theme: str, last: int, panels: Sequence[Sequence[float]]) -> tuple[list[paper.Figure], list[paper.Figure]]:
    """Poles as shapes, flags as annotations. last: the epoch at which the axis ends. panels: from where to where each goes, 0 to 1."""
    ordered = sorted(flags, key=lambda flag: flag.epoch)
    poles = [_pole(epoch, theme, panel) for epoch in sorted({flag.epoch for flag in flags}) for panel in panels]
    number, hung = 1, []
    for group in _groups(ordered, NEAR * last):
        hung.append(_flag(group, number, theme))
        number += len(group)
    return poles, hung


def _groups(ordered: Sequence[Flag], near: float) -> list[list[Flag]]:
    """Flags that would cover each other together; one that says more than one number is wider."""
    groups: list[list[Flag]] = []
    for flag in ordered:
        wide = near if groups and len(groups[-1]) == 1 else 1.8 * near
        if groups and flag.epoch - groups[-1][0].epoch < wide:
            groups[-1].append(flag)
        else:
            groups.append([flag])
    return groups


def _pole(epoch: float, theme: str, panel: Sequence[float]) -> paper.Figure:
    """Through one panel: between panels it would strike through the words that stand there."""
    stroke = {"color": colours.palette(theme).soft, "width": 1}
    ends = {"x0": epoch, "x1": epoch, "yref": "paper", "y0": panel[0], "y1": panel[1]}
    return {"type": "line", **ends, "line": stroke, "opacity": 0.55, "name": "pole"}


def _flag(group: Sequence[Flag], number: int, theme: str) -> paper.Figure:
    """One flag for changes that are near each other, hanging to the right of the first one's pole."""
    ink = colours.palette(theme)
    last = number + len(group) - 1
    lines = [paper.plain(flag.text) for flag in group]
    told = lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST} more"]
    put = {"x": group[0].epoch, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 1}
    return {
        **paper.words(theme, str(number) if last == number else f"{number}–{last}", **put),
        "name": "flag",
        "font": {"size": 11, "color": ink.paper},
        "bgcolor": ink.soft,
        "borderpad": 2,
        "hovertext": "<br>".join(told),
        "hoverlabel": {"bgcolor": ink.panel, "bordercolor": ink.line, "font": {"size": 13, "color": ink.ink}},
    }
