"""Painting by hand: with the mouse, with a finger, with keys, and what is painted is what is run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tlcore.store import Store

SOON = 60_000  # milliseconds; the machine that checks may be slow


@pytest.fixture
def canvas(page, lab):
    """The page with the grid drawn."""

    def opened(more: str = ""):
        page.goto(f"{lab.address}/finetune?strategy=timeline&dataset=digits&epochs=10{more}")
        expect(page.locator(".sheet .bar").first).to_be_visible(timeout=SOON)
        return page

    return opened


def point(page, row: int, epoch: int, epochs: int = 10):
    """The middle of a cell. row: 1 for the first block."""
    lane = page.locator(".sheet .row .lane").nth(row).bounding_box()
    return lane["x"] + lane["width"] * (epoch - 0.5) / epochs, lane["y"] + lane["height"] / 2


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def painted(page, text: str):
    """Waits until the address has the painting; the server has answered then."""
    expect(page).to_have_url(re.compile(rf"[?&]paint={text}(&|$)"), timeout=SOON)


def cell(page, name: str):
    return page.get_by_role("gridcell", name=name, exact=True)


def test_a_stroke_of_the_mouse_is_the_address_and_the_run(canvas, lab):
    page = canvas()
    expect(cell(page, "Block 1, epoch 1: frozen")).to_have_count(1)
    drag(page, point(page, 3, 1), point(page, 4, 4))
    painted(page, "4x00111-1x00001-5xssss1")
    page.get_by_role("radio", name="Slow").click()
    page.wait_for_timeout(1500)
    drag(page, point(page, 5, 9), point(page, 5, 10))
    painted(page, "4x00111-1x00001-3xssss1-2xsssss")
    page.reload()
    expect(cell(page, "Head, epoch 9: slow")).to_have_count(1, timeout=SOON)
    page.get_by_role("button", name=re.compile("^Fine-tune, about")).click()
    expect(page).to_have_url(re.compile("[?&]run="), timeout=SOON)
    run = next(each for each in Store().runs(limit=9) if each.strategy == "timeline")
    assert run.spec.knobs["paint"] == "4x00111-1x00001-3xssss1-2xsssss"
    for each in (run.id, run.parent):  # what a painted run does is tested where it trains
        Store().stop(each)


def test_names_and_numbers_paint_rows_and_columns(canvas):
    page = canvas("&paint=10x00001")
    page.mouse.click(*point(page, 0, 3))
    painted(page, "2x00001-1x11111-7x00001")
    page.get_by_role("rowheader", name=re.compile("^Block 2")).click()
    painted(page, "2x01001-1x11111-7x01001")
    page.get_by_role("button", name="Undo").click()
    painted(page, "2x00001-1x11111-7x00001")


def test_keys_paint_too(canvas):
    page = canvas("&paint=10x00001")
    page.locator(".sheet [tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "s"):
        page.keyboard.press(key)
    painted(page, "1x00001-1x0s001-8x00001")
    page.keyboard.down("Shift")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.up("Shift")
    painted(page, "1x00001-4x0s001-5x00001")
    for key in ("Home", "ArrowLeft", "1"):  # the name of the row
        page.keyboard.press(key)
    painted(page, "10x01001")
    page.keyboard.press("Control+z")
    painted(page, "1x00001-4x0s001-5x00001")
    expect(cell(page, "Block 2, epoch 5: slow")).to_have_count(1)


def test_something_learns_in_every_epoch(canvas):
    page = canvas("&paint=5x00001-5xssss1")
    page.locator(".sheet [tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft", "0"):  # the head's whole row
        page.keyboard.press(key)
    painted(page, "5x00001-5xssss0")
    expect(page.get_by_text("Something has to learn in every epoch").first).to_be_attached()


def test_strokes_that_come_quickly_are_all_kept(canvas):
    page = canvas("&paint=10x00001")
    for row in (1, 2, 3, 4):
        drag(page, point(page, row, row), point(page, row, 10))
    painted(page, "1x10001-1x11001-1x11101-7x11111")
    expect(cell(page, "Block 4, epoch 4: full")).to_have_count(1)


def test_a_finger_paints_on_a_narrow_screen(browser, lab):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{lab.address}/finetune?strategy=timeline&dataset=digits&epochs=40&paint=40x00001")
    expect(page.locator(".sheet .bar").first).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="Paint it in the grid").click()
    page.wait_for_timeout(1500)
    page.touchscreen.tap(*point(page, 1, 1, 40))
    painted(page, "4x10001-36x00001")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    context.close()
