"""Panels on one axis of epochs: the timeline above the curves, flags above both, so that cause and effect line up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlcore.charts import flags, paper, timeline
from tlcore.charts.flags import Flag
from tlcore.charts.timeline import Segment

GAP = 46  # pixels between the timeline and the curves; the curves' heading stands in it


def add(figure: paper.Figure, theme: str, last: int, drawn: Sequence[Segment], hung: Sequence[Flag]) -> None:
    """Put the timeline above curves that are drawn already, and flags through both. last: the epoch at which the axis ends."""
    if drawn:
        _timeline(figure, theme, drawn)
    if hung:
        _flags(figure["layout"], theme, last, hung)


def _timeline(figure: paper.Figure, theme: str, drawn: Sequence[Segment]) -> None:
    sheet = figure["layout"]
    curves, rows = _inner(sheet), timeline.height(drawn)
    share = curves / (curves + GAP + rows)
    traces, axis = timeline.panel(drawn, theme, "y2")
    _lower(sheet, share)
    sheet["height"] += GAP + rows
    sheet["margin"] = {**sheet["margin"], "l": timeline.LEFT}
    sheet["yaxis"]["domain"] = [0, round(share, 4)]
    sheet["yaxis2"] = {**axis, "domain": [round(1 - rows / (curves + GAP + rows), 4), 1], "anchor": "x"}
    sheet["xaxis"]["anchor"] = "y"
    sheet["meta"] = {"rows": timeline.numbers(drawn)}  # what a narrow screen shows instead
    sheet["annotations"].append(timeline.heading(drawn, theme))
    figure["data"].extend(traces)


def _flags(sheet: dict[str, Any], theme: str, last: int, hung: Sequence[Flag]) -> None:
    """Make room for a lane of flags: what stood above the panels stands above the lane."""
    for each in sheet["annotations"]:
        if each.get("yref") == "paper" and each["y"] == 1:
            each["yshift"] += flags.LANE
    sheet["height"] += flags.LANE
    sheet["margin"] = {**sheet["margin"], "t": sheet["margin"]["t"] + flags.LANE}
    sheet["meta"] = {**sheet.get("meta", {}), "lane": flags.LANE}
    panels = [sheet[axis].get("domain", [0, 1]) for axis in ("yaxis", "yaxis2") if axis in sheet]
    poles, drawn = flags.draw(hung, theme, last, panels)
    sheet["shapes"].extend(poles)
    sheet["annotations"].extend(drawn)


def _lower(sheet: dict[str, Any], share: float) -> None:
    """What was placed on the whole sheet keeps its place beside the curves."""
    for each in sheet["annotations"]:
        if each.get("yref") == "paper":
            each["y"] = round(each["y"] * share, 4)


def _inner(sheet: dict[str, Any]) -> int:
    return int(sheet["height"] - sheet["margin"]["t"] - sheet["margin"]["b"])
