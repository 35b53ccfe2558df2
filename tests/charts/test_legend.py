"""The legend beside a figure: what asks for it, as text."""

from __future__ import annotations

from urllib.parse import unquote

from tests.charts.examples import EVIL, budgets, controls
from tlcore.charts import budget, freezing, legend


def test_every_trace_that_asks_is_named_with_its_sample():
    html = legend.figure(freezing.figure(freezing.table(controls())))
    assert html.count("<span>") == html.count("<img") == 7
    drawn = unquote(html)
    assert "stroke-dasharray='6 4'" in drawn and "From scratch" in html and "Frozen at random" in html
    assert legend.figure(budget.figure(budget.table(budgets()))).count("<span>") == 3


def test_a_figure_without_names_has_none():
    assert legend.figure(freezing.figure(freezing.table([]))) == ""


def test_names_are_only_text():
    trace = {
        "mode": "markers",
        "name": EVIL,
        "showlegend": True,
        "marker": {"color": ["#000000", "#111111"], "symbol": ["square", "circle"]},
    }
    html = legend.figure({"data": [trace, {**trace, "name": "&lt;b&gt;"}]})
    assert "<img src=x" not in html and "&lt;img src=x" in html and "&lt;b&gt;" in html and "&amp;lt;" not in html
