"""What the screen is made of: no host but ours, colours from one place, the Plotly bundle with its licence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

from tlcore.charts import colours
from tlcore.ui import listing, live, picture
from tlcore.ui.style import style, wordmark

ROOT = Path(__file__).parents[2]
SCREEN = [*(ROOT / "tlcore/ui").glob("*.py"), *(ROOT / "tlcore/charts").glob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]


@pytest.mark.parametrize("path", SCREEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_colours_are_named_in_one_module_alone(path):
    if path.name != "colours.py":
        assert not re.findall(r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b(?=[;\"'])", path.read_text("utf-8"))


@pytest.mark.parametrize("path", SCREEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_asked_of_another_host(path):
    found = re.findall(r"https?://[^\s\"']+", path.read_text("utf-8"))
    assert set(found) <= {"http://www.w3.org/2000/svg"}, "the name of SVG, which nobody fetches"


def test_the_bundle_of_the_live_chart_lies_here_with_its_licence():
    bundle = (ROOT / "static/plotly-basic.min.js").read_text("utf-8")
    version = re.search(r"plotly\.js \(basic - minified\) v([\d.]+)", bundle[:400]).group(1)
    licence = (ROOT / "static/plotly-basic.LICENSE.txt").read_text("utf-8")
    assert version == get_plotlyjs_version(), "that of the pinned package, so that live and static charts look alike"
    assert licence.startswith("MIT License")


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_style_and_wordmark_follow_the_theme(theme):
    palette = colours.palette(theme)
    assert palette.ember in style(theme) and "prefers-reduced-motion" in style(theme)
    assert palette.ice[1:] in wordmark(theme) and "<svg" not in wordmark(theme), "as an address: bare SVG is stripped"


def test_components_write_text_as_text():
    assert "innerHTML" not in listing.JS + live.SCRIPT, "names of runs come from data"
    assert "innerHTML" in picture.SCRIPT, "its HTML is drawn and escaped by the charts"


def test_components_are_named_for_those_who_hear_the_page():
    assert "aria-label" in live.SCRIPT and "role='img'" in live.HTML
    assert "aria-label" in picture.SCRIPT and "role='img'" in picture.HTML
    assert 'setAttribute("aria-label", "Choose ' in listing.JS and "<caption>" in listing.HTML
