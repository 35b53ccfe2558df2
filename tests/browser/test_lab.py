"""What a visitor does: open a link on a cold server, press the one button, zoom while it trains."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tlcore.spec import RunSpec
from tlcore.store import Store

PATIENCE = 300_000  # milliseconds; the machine that checks may be slow
CHART = ".tlcore-live .main-svg"
RANGE = "() => document.querySelector('.tlcore-live')._fullLayout.xaxis.range"
POINTS = "() => document.querySelector('.tlcore-live')._fullData[0].x.length"


def test_a_deep_link_opens_on_a_cold_server(page, lab):
    page.goto(f"{lab.address}/finetune?strategy=freeze&frozen=3&labels_per_class=7&dataset=digits")
    expect(page.get_by_role("heading", name="Fine-tune", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("first 3 of 4 blocks frozen").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert "frozen=3" in page.url and "labels_per_class=7" in page.url


def test_one_click_leads_to_a_measured_answer(page, lab):
    page.goto(lab.address)
    button = page.get_by_role("button", name=re.compile("Find out"))
    expect(button).to_be_visible(timeout=60_000)
    button.click()
    expect(page.get_by_text("Measuring").first).to_be_visible(timeout=60_000)
    expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile(r"came .* training from scratch")).first).to_be_visible(timeout=PATIENCE)
    study = Store().studies()[0]
    assert study.state == "finished" and study.done == study.total == 12
    means = {arm["arm"]: arm["mean"] for arm in study.summary["arms"]}
    assert means["lp_ft"] > means["scratch"], means
    page.get_by_role("tab", name="Confusion").click()
    expect(page.get_by_text("Commonest mistake").first).to_be_visible(timeout=60_000)


def test_a_chart_that_did_not_load_is_tried_again(page, lab):
    asked = []

    def second_time(route):
        asked.append(route)
        route.continue_() if len(asked) > 1 else route.abort()

    page.route("**/plotly-basic.min.js", second_time)
    page.goto(f"{lab.address}/finetune?dataset=digits")
    expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
    expect(page.locator(".tlcore-told")).to_have_count(0)
    assert len(asked) == 2


def test_zoom_survives_an_update(page, lab):
    store = Store()
    run = store.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=100, epochs=2000, batch_size=8))
    page.goto(f"{lab.address}/runs?run={run.id}")
    expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
    page.wait_for_function(f"({POINTS})() > 3", timeout=PATIENCE)
    box = page.locator(".tlcore-live .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] - 40, steps=8)
    page.mouse.up()
    page.wait_for_function(f"({RANGE})()[1] < 1500")
    zoomed, points = page.evaluate(RANGE), page.evaluate(POINTS)
    page.wait_for_function(f"({POINTS})() > {points}", timeout=PATIENCE)
    assert page.evaluate(RANGE) == zoomed
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("Stopped after epoch"))).to_be_visible(timeout=60_000)
    assert store.run(run.id).state == "stopped"


def test_from_a_run_to_the_list_and_to_compare(page, lab):
    """The list forgets the run that was left, the curves are drawn, and no chart leaves an error behind (the tab looks for them)."""
    run = Store().submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=5, epochs=5, seed=7)).id
    page.goto(f"{lab.address}/runs?run={run}")
    expect(page.get_by_text("named rightly").first).to_be_visible(timeout=PATIENCE)
    for place in ("link", "sidebar"):
        page.goto(f"{lab.address}/runs?run={run}")
        expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
        page.get_by_role("link", name="All runs" if place == "link" else "Runs", exact=True).click()
        expect(page.get_by_label("Choose From scratch").first).to_be_visible(timeout=60_000)
        expect(page).to_have_url(re.compile(r"/runs$"))
        page.get_by_label("Choose From scratch").first.click()
        expect(page.get_by_text("1 ticked")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    page.goto(f"{lab.address}/runs?run={run}")
    expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
    page.get_by_role("main").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="How did they learn?")).to_be_visible(timeout=60_000)
    expect(page.locator(CHART).first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_run_that_begins_to_train_is_not_called_waiting_any_more(page, lab):
    store = Store()
    waiting = store.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=7, epochs=2000, batch_size=8))
    page.goto(f"{lab.address}/finetune?run={waiting.id}")
    line = page.locator(".st-key-run-line")
    expect(line).to_contain_text("Running", timeout=PATIENCE)
    expect(line).not_to_contain_text("Waiting")
    page.get_by_role("button", name="Stop").click()
    expect(line).to_contain_text("Stopped", timeout=60_000)
