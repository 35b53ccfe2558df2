"""What every chart keeps: Plotly takes it, axes say what they show, colours come from one place, names are only names."""

from __future__ import annotations

import json
import re

import plotly.graph_objects as go
import pytest

from tests.charts.examples import EVIL, EXAMPLES
from tlcore.charts import colours

BOTH = list(colours.PALETTES)


def hexes(figure):
    """Every colour of a figure as #RRGGBB, opacity left aside."""
    text = json.dumps(figure)
    found = set(re.findall(r"#[0-9A-Fa-f]{6}", text))
    for red, green, blue, alpha in re.findall(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", text):
        if float(alpha):
            found.add(f"#{int(red):02X}{int(green):02X}{int(blue):02X}")
    return found


def ours(theme):
    """Every colour that may be used."""
    values = vars(colours.palette(theme)).values()
    known = {value for value in values if isinstance(value, str)} | {each for value in values if isinstance(value, tuple) for each in value}
    known |= {colours.frost(step / 40, theme) for step in range(41)}
    return known | {colours.palette("light").ink, colours.palette("light").paper}  # ink on a coloured cell


def texts(figure):
    """Every text of a figure that Plotly reads as a little HTML."""
    layout = figure["layout"]
    for axis in ("xaxis", "yaxis", "yaxis2"):
        yield layout.get(axis, {}).get("title", {}).get("text", "")
        yield from layout.get(axis, {}).get("ticktext", ())
    for one in layout.get("annotations", ()):
        yield from (one["text"], one.get("hovertext", ""))
    for trace in figure["data"]:
        yield from (trace.get("name", ""), trace.get("hovertemplate", ""))
        yield from (str(x) for x in trace.get("x") or () if isinstance(x, str))
        yield from (each for each in (*(trace.get("text") or ()), *(trace.get("hovertext") or ())) if isinstance(each, str))


@pytest.mark.parametrize("theme", BOTH)
@pytest.mark.parametrize("name", EXAMPLES)
def test_plotly_takes_the_figure_and_it_is_plain_json(name, theme):
    chart = EXAMPLES[name]
    for table in (chart.table(), chart.empty()):
        figure = chart.figure(table, theme=theme)
        go.Figure(figure)
        json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_empty_chart_says_what_will_appear(name):
    figure = EXAMPLES[name].figure(EXAMPLES[name].empty())
    said = " ".join(one["text"] for one in figure["layout"]["annotations"])
    assert " here" in said.lower().replace("<br>", " ")
    assert figure["data"], "a figure without a trace counts as broken"


@pytest.mark.parametrize("name", EXAMPLES)
def test_axes_say_what_they_show_with_its_unit(name):
    layout = EXAMPLES[name].figure(EXAMPLES[name].table())["layout"]
    across, up = layout["xaxis"]["title"]["text"], layout["yaxis"].get("title", {}).get("text", "")
    said = f"{across} {up} " + " ".join(one["text"] for one in layout.get("annotations", ()))
    assert across
    assert any(
        unit in said for unit in ("%", "Points of accuracy", "Images", "class (columns)", "Seconds", "points", "Epoch", "cosine", "pixels")
    )


@pytest.mark.parametrize("theme", BOTH)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_colour_comes_from_the_palette(name, theme):
    figure = EXAMPLES[name].figure(EXAMPLES[name].table(), theme=theme)
    assert hexes(figure) and hexes(figure) <= ours(theme)


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_from_data_are_never_html(name):
    figure = EXAMPLES[name].figure(EXAMPLES[name].table())
    assert not [text for text in texts(figure) if "<img" in text]
    if name not in ("freezing", "verdict", "cost", "surgical", "budget", "race"):
        assert [text for text in texts(figure) if "&lt;img" in text], f"{EVIL} is shown, as text"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_finger_that_scrolls_does_not_zoom(name):
    drag = EXAMPLES[name].figure(EXAMPLES[name].table())["layout"]["dragmode"]
    assert drag == ("zoom" if name.startswith("curves") else False), "the live chart switches it off by itself on a narrow screen"


@pytest.mark.parametrize("name", EXAMPLES)
def test_heights_are_calm(name):
    assert 150 <= EXAMPLES[name].figure(EXAMPLES[name].table())["layout"]["height"] <= 380
