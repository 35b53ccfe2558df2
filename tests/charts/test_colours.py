"""The colours: readable in both themes, the same in the theme file, and never the only cue."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tlcore.charts import colours
from tlcore.strategies import STRATEGIES

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())
TEXTS = ("ice", "ember", "glow", "grey", "violet", "helps", "harms", "inconclusive")


@pytest.mark.parametrize(("theme", "least"), [("light", 5.2), ("dark", 8.0)])
@pytest.mark.parametrize("name", TEXTS)
def test_colours_with_a_meaning_can_be_read_as_text(name, theme, least):
    palette = colours.palette(theme)
    assert colours.contrast(getattr(palette, name), palette.paper) >= least


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_text_and_marks_reach_their_contrast_on_page_and_panel(theme):
    palette = colours.palette(theme)
    for ground in (palette.paper, palette.panel):
        for name in ("ink", "soft", "accent", *TEXTS):
            assert colours.contrast(getattr(palette, name), ground) >= 4.5, name
        assert colours.contrast(palette.chance, ground) >= 3.0
    assert colours.contrast(palette.chance, palette.paper) >= 3.2


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_the_way_from_ember_to_ice_is_readable_all_along(theme):
    palette = colours.palette(theme)
    assert (colours.frost(0, theme), colours.frost(1, theme)) == (palette.ember, palette.ice)
    assert colours.frost(-3, theme) == palette.ember and colours.frost(7, theme) == palette.ice
    for step in range(41):
        assert colours.contrast(colours.frost(step / 40, theme), palette.paper) >= 4.5


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_numbers_on_every_shade_of_a_mistake_can_be_read(theme):
    for shade in colours.palette(theme).mistakes:
        assert colours.contrast(colours.readable(shade), shade) >= 4.5


def test_each_role_has_a_cue_of_its_own_besides_colour():
    cues = [(role.marker, role.dash) for role in colours.ROLES.values()]
    assert len(set(cues)) == len(cues)
    assert (colours.ROLES["frozen"].marker, colours.ROLES["tuned"].marker, colours.ROLES["source"].marker) == (
        "square",
        "circle",
        "diamond",
    )
    assert colours.ROLES["scratch"].dash == "dash"


def test_every_strategy_has_a_role_and_roles_have_an_order():
    assert {colours.role(name) for name in STRATEGIES.names()} <= set(colours.ROLES)
    assert colours.role("a strategy of tomorrow") == "tuned"
    places = [colours.order(colours.role(name)) for name in ("scratch", "linear_probe", "full", "lp_ft", "pretrain")]
    assert places == sorted(places) and len(set(places)) == 5
    assert colours.order("nothing") > max(places)


def test_each_light_colour_has_exactly_one_dark_one():
    pairs = colours.dark([0.25, None])
    light = colours.PALETTES["light"]
    assert pairs[light.ember] == colours.PALETTES["dark"].ember
    assert pairs[colours.frost(0.25)] == colours.frost(0.25, "dark")
    strings = [value for value in vars(light).values() if isinstance(value, str)]
    assert len(set(strings)) == len(strings), "two meanings of one colour would get one colour in the dark"


def test_contrast_is_that_of_wcag():
    assert colours.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert colours.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", colours.PALETTES)
def test_the_theme_file_has_the_same_colours(theme):
    palette, given = colours.palette(theme), CONFIG["theme"][theme]
    fields = {"primaryColor": "accent", "backgroundColor": "paper", "secondaryBackgroundColor": "panel", "textColor": "ink"}
    fields |= {"borderColor": "line", "blueColor": "ice", "orangeColor": "ember", "grayColor": "grey", "violetColor": "violet"}
    fields |= {"greenColor": "helps", "redColor": "harms", "yellowColor": "inconclusive"}
    for key, name in fields.items():
        assert given[key] == getattr(palette, name), key
        if f"{key[:-5]}TextColor" in given:
            assert given[f"{key[:-5]}TextColor"] == getattr(palette, name)
    assert given["chartCategoricalColors"] == [colours.of(role, theme) for role in colours.ROLES]
    assert given["chartSequentialColors"] == list(palette.mistakes)
    assert colours.contrast(given["linkColor"], palette.paper) >= 4.5


def test_the_theme_file_keeps_the_screen_cheap_and_at_home():
    assert CONFIG["runner"]["postScriptGC"] is False
    assert CONFIG["server"]["address"] == "127.0.0.1" and CONFIG["server"]["enableStaticServing"] is True
    assert CONFIG["client"]["showSidebarNavigation"] is False and CONFIG["browser"]["gatherUsageStats"] is False
