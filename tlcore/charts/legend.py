"""The legend of a figure as HTML: it flows on a narrow screen, where one inside the figure would take the room of the curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import Any
from urllib.parse import quote

DASHES = {"solid": "", "dash": "6 4", "dot": "1.5 3", "dashdot": "7 3 1.5 3", "longdash": "10 4"}
SHAPES = {
    "circle": "<circle cx='15' cy='7' r='4'/>",
    "square": "<path d='M11 3h8v8h-8z'/>",
    "diamond": "<path d='M15 2l5 5-5 5-5-5z'/>",
    "x": "<path d='M11.5 3.5l7 7m0-7l-7 7'/>",
    "star": "<path d='M15 1.5l1.6 3.7 4 .3-3.1 2.6 1 3.9-3.5-2.1-3.5 2.1 1-3.9-3.1-2.6 4-.3z'/>",
}


def figure(drawn: Mapping[str, Any]) -> str:
    """What the traces of a figure stand for that ask to be shown in a legend; nothing where there is none."""
    told = "".join(f"<span>{_sample(trace)}{escape(unescape(str(trace['name'])))}</span>" for trace in _named(drawn))
    return f"<div class='tl-legend'>{told}</div>" if told else ""


def _named(drawn: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (trace for trace in drawn["data"] if trace.get("showlegend") and trace.get("name"))


def _sample(trace: Mapping[str, Any]) -> str:
    """A short piece of the line with its marker."""
    line, marker = trace.get("line", {}) if "lines" in trace["mode"] else {}, trace.get("marker", {}) if "markers" in trace["mode"] else {}
    drawn = ""
    if line:
        dash = DASHES.get(line.get("dash", "solid"), "")
        drawn += f"<path d='M0 7h30' stroke='{line['color']}' stroke-width='{line['width']}' stroke-dasharray='{dash}'/>"
    if marker:
        drawn += _shape(marker)
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 30 14' fill='none'>{drawn}</svg>"
    return f"<img src='data:image/svg+xml,{quote(svg)}' width='30' height='14' alt=''>"  # Streamlit takes bare SVG out of HTML


def _shape(marker: Mapping[str, Any]) -> str:
    """The marker of a trace; of several the first."""
    colour, symbol = (each[0] if isinstance(each, list) else each for each in (marker["color"], marker.get("symbol", "circle")))
    shape = SHAPES.get(symbol.removesuffix("-open"), SHAPES["circle"])
    if symbol == "x" or symbol.endswith("-open"):
        return f"<g fill='none' stroke='{colour}' stroke-width='1.8'>{shape}</g>"
    return f"<g fill='{colour}'>{shape}</g>"
