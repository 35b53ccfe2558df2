"""Looking inside a net in a browser: images are picked by hand and by keys, sliders redraw, points show their image."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.test_inside import opened, spec
from tlcore import datasets
from tlcore.store import Store

SHOWN = "(node) => getComputedStyle(node).getPropertyValue('--picture')"


@pytest.fixture(scope="module")
def run(lab):
    """A net of a few numbers; it is there before the first page wakes the engine."""
    datasets.prepare("digits")
    return opened(Store(), spec("vae"))


def at(page, lab, run, view):
    page.goto(f"{lab.address}/runs?run={run}&tab=Look+inside&inside={view}")
    expect(page.get_by_text("What do you want to look at?")).to_be_visible(timeout=60_000)


def test_the_ends_of_a_walk_are_picked_by_hand_and_by_keys(page, lab, run):
    at(page, lab, run, "walk")
    expect(page.get_by_text(re.compile("^From 0 to"))).to_be_visible(timeout=60_000)
    thumbnails = page.get_by_role("radiogroup", name="From which image?").get_by_role("radio")
    expect(thumbnails).to_have_count(24, timeout=60_000)
    thumbnails.nth(23).click()
    expect(page.get_by_text(re.compile("^From 9 to"))).to_be_visible(timeout=30_000)
    thumbnails.nth(23).press("Home")
    expect(page.get_by_text(re.compile("^From 0 to"))).to_be_visible(timeout=30_000)
    expect(thumbnails.nth(0)).to_be_checked(timeout=30_000)


def test_a_slider_redraws_the_image(page, lab, run):
    at(page, lab, run, "axes")
    image = page.locator(".st-key-inside-turned .sheet")
    expect(image).to_be_visible(timeout=60_000)
    before = image.evaluate(SHOWN)
    slider = page.get_by_role("slider", name=re.compile("Axis")).first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    for _ in range(60):
        if image.evaluate(SHOWN) != before:
            return
        page.wait_for_timeout(500)
    raise AssertionError("the image stayed the same")


def test_a_point_shows_its_image_to_the_keyboard_and_to_the_mouse(page, lab, run):
    at(page, lab, run, "map")
    around, thumb = page.locator(".tlcore-map"), page.locator(".tlcore-thumb")
    expect(around.locator(".point").first).to_be_visible(timeout=60_000)
    expect(thumb).to_be_hidden(timeout=20_000)
    around.press("ArrowRight")
    expect(thumb).to_be_visible(timeout=20_000)
    expect(thumb.locator("figcaption")).to_have_text(re.compile(r"^\d$"))
    around.evaluate("(node) => node.blur()")
    expect(thumb).to_be_hidden(timeout=20_000)
    around.scroll_into_view_if_needed()
    point = around.locator(".point").nth(20).bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2, steps=4)
    expect(thumb).to_be_visible(timeout=20_000)
