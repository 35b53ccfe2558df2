"""Panels: the timeline and the curves on one axis of epochs, flags through both."""

from __future__ import annotations

import json

import pytest

from tests.charts.examples import rows
from tests.charts.test_timeline import drawn
from tlcore.charts import colours, curves, flags, panels, timeline
from tlcore.charts.curves import Series
from tlcore.charts.flags import Flag

RUN = [Series("Probe, then tune", rows(20), "probe_then_tune")]
HUNG = [Flag(8.5, "block 2 full, now")]


def domain(layout, axis):
    return layout[axis].get("domain", [0, 1])


def pixels(layout, axis):
    inner = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    low, high = domain(layout, axis)
    return (high - low) * inner


def test_both_panels_are_on_the_same_epochs():
    figure = curves.draw(RUN, timeline=drawn(), epochs=20)
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x"} and "xaxis2" not in figure["layout"]
    assert {trace["yaxis"] for trace in figure["data"] if trace["meta"].startswith("timeline")} == {"y2"}
    assert domain(figure["layout"], "yaxis")[1] < domain(figure["layout"], "yaxis2")[0]
    assert figure["layout"]["yaxis2"]["fixedrange"], "a zoom goes along the epochs alone"


@pytest.mark.parametrize("hung", [[], HUNG])
def test_the_curves_keep_their_height_and_the_figure_grows(hung):
    plain, figure = curves.draw(RUN)["layout"], curves.draw(RUN, timeline=drawn(), flags=hung)["layout"]
    assert pixels(figure, "yaxis") == pytest.approx(pixels(plain, "yaxis"), abs=0.1)
    assert pixels(figure, "yaxis2") == pytest.approx(3 * timeline.ROW, abs=0.1)
    assert figure["height"] == plain["height"] + 3 * timeline.ROW + panels.GAP + (flags.LANE if hung else 0)


def test_what_stood_above_the_curves_stands_there_still():
    layout = curves.draw(RUN, timeline=drawn(), flags=HUNG)["layout"]
    above, heading = (next(one for one in layout["annotations"] if said in one["text"]) for said in ("What learns when", "Accuracy, %"))
    assert (above["y"], heading["y"]) == (1, domain(layout, "yaxis")[1])
    assert above["yshift"] == heading["yshift"] + flags.LANE
    assert layout["margin"]["l"] == timeline.LEFT


def test_flags_go_through_both_panels():
    layout = curves.draw(RUN, timeline=drawn(), flags=HUNG)["layout"]
    poles = [one for one in layout["shapes"] if one.get("name") == "pole"]
    assert [[pole["y0"], pole["y1"]] for pole in poles] == [domain(layout, "yaxis"), domain(layout, "yaxis2")]
    alone = curves.draw(RUN, flags=HUNG)["layout"]
    assert [(one["y0"], one["y1"]) for one in alone["shapes"]] == [(0, 1)]
    assert alone["annotations"][0]["yshift"] == 8 + flags.LANE


def test_words_of_an_empty_chart_stay_beside_the_curves():
    layout = curves.draw([], timeline=drawn())["layout"]
    (said,) = [one for one in layout["annotations"] if "appears here" in one["text"]]
    assert said["y"] == pytest.approx(0.55 * domain(layout, "yaxis")[1], abs=1e-3)


def test_the_dark_theme_is_the_light_one_with_other_colours():
    text = json.dumps(curves.draw(RUN, "light", timeline=drawn(), flags=HUNG))
    for light, dark in colours.dark().items():
        text = text.replace(light, dark)
    assert json.loads(text) == json.loads(json.dumps(curves.draw(RUN, "dark", timeline=drawn(), flags=HUNG)))
