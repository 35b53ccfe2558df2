"""The playhead of the live chart in a real browser: by itself, by hand, by keys; and a zoom outlives an update."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import _wait_for

ROOT = Path(__file__).parents[2]
SCRIPT = """
import streamlit as st
from tests.charts.examples import rows
from tests.charts.test_timeline import BLOCKS, stretches
from tlcore.charts import curves, timeline
from tlcore.charts.flags import Flag
from tlcore.ui.live import live_chart

ask, state = st.query_params, st.session_state
state.setdefault("at", int(ask["at"]) if "at" in ask else None)
state.setdefault("done", 0)
state.setdefault("looks", 0)

@st.fragment(run_every=0.4 if "live" in ask else None)
def moving():
    state.looks += 1
    done = min(20, 5 + state.looks) if "live" in ask else 20
    replay = {"on": True, "speed": float(ask["speed"]), "from": 2, "name": "first"} if "speed" in ask else None
    moved = live_chart(
        [curves.Series("Probe, then tune", rows(20)[: done + 1], "probe_then_tune")], "chart", "Accuracy.", epochs=20,
        timeline=timeline.segments(stretches(), BLOCKS, 20, 10), flags=[Flag(8.5, "16:02, somebody: block 2 frozen, now")],
        playhead=state.at, replay=replay,
    )
    state.done += moved.done
    if moved.playhead is not None:
        state.at = moved.playhead
    st.text(f"at {state.at}, done {state.done}, look {state.looks}")

moving()
"""
GRIP = ".tlcore-grip"
RANGE = "() => document.querySelector('.tlcore-live')._fullLayout.xaxis.range"
POINTS = "() => document.querySelector('.tlcore-live')._fullData[0].x.length"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with one chart and nothing else."""
    home = tmp_path_factory.mktemp("replay")
    (home / "page.py").write_text(SCRIPT, "utf-8")
    (home / "static").symlink_to(ROOT / "static")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(home / "page.py"), "--server.port", str(port), "--server.headless", "true"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TLCORE_HOME": str(home), "TLCORE_ENGINE": "off"}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    _wait_for(f"http://127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}"
    server.kill()


@pytest.fixture(params=["no-preference"])
def tab(browser, request):
    """A tab that reports no error."""
    errors = []
    context = browser.new_context(viewport={"width": 1000, "height": 800}, reduced_motion=request.param)
    found = context.new_page()
    found.on("pageerror", lambda error: errors.append(str(error)))
    yield found
    context.close()
    assert not errors


def opened(tab, address, ask):
    """The page, once its chart is drawn."""
    tab.goto(f"{address}/?{ask}")
    expect(tab.locator(".tlcore-live .main-svg").first).to_be_visible(timeout=60_000)
    return tab.locator(GRIP)


def test_a_replay_goes_by_itself_and_says_once_that_it_is_over(tab, address):
    grip = opened(tab, address, "speed=9")
    expect(grip).to_contain_text(re.compile(r"epoch ([5-9]|1\d) · \d\d\.\d %"))
    assert "at None, done 0" in tab.inner_text("body"), "the server hears nothing of it"
    expect(tab.get_by_text("at None, done 1")).to_be_visible(timeout=20_000)
    expect(grip).to_be_hidden()
    expect(tab.locator(".tlcore-curtain")).to_have_class(re.compile("gone"))
    tab.set_viewport_size({"width": 800, "height": 800})  # drawn anew, with the same replay asked for
    tab.wait_for_function("() => document.querySelector('.tlcore-live')._fullLayout.width < 800")
    tab.wait_for_timeout(300)
    expect(grip).to_be_hidden()
    expect(tab.get_by_text("at None, done 1")).to_be_visible()


@pytest.mark.parametrize("tab", ["reduce"], indirect=True)
def test_who_wants_no_motion_sees_the_end_at_once(tab, address):
    grip = opened(tab, address, "speed=0.1")
    expect(tab.get_by_text("at None, done 1")).to_be_visible(timeout=20_000)
    expect(grip).to_be_hidden()


def test_the_playhead_is_dragged_and_moved_by_keys(tab, address):
    grip = opened(tab, address, "at=10")
    expect(grip).to_have_text("epoch 10 · 45.0 %")
    box = grip.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    epoch = tab.evaluate("() => document.querySelector('.tlcore-live')._fullLayout.xaxis._length / 20")
    tab.mouse.move(*middle)
    tab.mouse.down()
    tab.mouse.move(middle[0] - 3.2 * epoch, middle[1] - 30, steps=5)
    expect(grip).to_have_text("epoch 7 · 34.5 %")
    assert "at 10, done 0" in tab.inner_text("body"), "nothing is said before it is let go"
    tab.mouse.up()
    expect(tab.get_by_text("at 7, done 0")).to_be_visible()
    assert tab.evaluate(RANGE) == [0, 20], "the drag was not a zoom"
    grip.press("ArrowRight")
    grip.press("ArrowRight")
    expect(tab.get_by_text("at 9, done 0")).to_be_visible()
    grip.press("End")
    expect(tab.get_by_text("at 20, done 0")).to_be_visible()
    told = {name: grip.get_attribute(f"aria-{name}") for name in ("label", "valuemin", "valuenow", "valuemax", "valuetext")}
    assert told == {
        "label": "Show the run as of epoch",
        "valuemin": "0",
        "valuenow": "20",
        "valuemax": "20",
        "valuetext": "epoch 20 · 80.0 %",
    }


def test_a_replay_ends_when_the_playhead_is_taken(tab, address):
    grip = opened(tab, address, "speed=1")
    expect(grip).to_contain_text("epoch 3")
    grip.focus()
    grip.press("ArrowLeft")
    expect(tab.get_by_text(re.compile("at [23], done 0"))).to_be_visible()
    before = grip.inner_text()
    tab.wait_for_timeout(1200)
    assert grip.inner_text() == before


def test_zoom_and_playhead_survive_updates(tab, address):
    grip = opened(tab, address, "live&at=4")
    box = tab.locator(".tlcore-live .nsewdrag").first.bounding_box()
    tab.mouse.move(box["x"] + 5, box["y"] + 40)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 40, steps=8)
    tab.mouse.up()
    tab.wait_for_function(f"({RANGE})()[1] < 12")
    zoomed, points = tab.evaluate(RANGE), tab.evaluate(POINTS)
    tab.wait_for_function(f"({POINTS})() > {points}", timeout=20_000)
    assert tab.evaluate(RANGE) == zoomed
    expect(grip).to_have_text("epoch 4 · 24.0 %")
    line = tab.locator(".tlcore-curtain line").bounding_box()["x"]
    wanted = tab.evaluate(
        "() => { const box = document.querySelector('.tlcore-live'), axis = box._fullLayout.xaxis;"
        " return box.getBoundingClientRect().x + axis._offset + axis.l2p(4) }"
    )
    assert line == pytest.approx(wanted, abs=2)


def test_both_panels_have_one_left_edge(tab, address):
    opened(tab, address, "")
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_function("() => document.querySelector('.tlcore-live')._fullLayout.width < 390")
    curves, rows = (tab.locator(f".tlcore-live .nsewdrag[data-subplot={name}]").bounding_box() for name in ("xy", "xy2"))
    assert (curves["x"], curves["width"]) == (rows["x"], rows["width"])
    assert rows["y"] + rows["height"] < curves["y"]
    assert tab.locator(".tlcore-live .y2tick text").all_text_contents() == ["1", "2", "head"]
