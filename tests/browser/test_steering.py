"""What a visitor does with a run that trains: hold it, step it, melt a block, go back and fork; and what others see of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.store import Store

PATIENCE = 120_000  # milliseconds; the machine that checks may be slow
GRIP = ".tlcore-grip"


@pytest.fixture
def trains(lab):
    """A run of two hundred epochs, ten a second, that has begun to train; stopped at the end."""
    store = Store()
    spec = RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=10, epochs=200, seed=len(store.runs(limit=500)))
    run = jobs.submit(spec, hold=True)
    store.command(run.id, "speed", 10)
    store.command(run.id, "play")
    yield run
    for each in store.family(run.id):
        store.stop(each.id)


def ready(page, lab, run):
    page.goto(f"{lab.address}/runs?run={run.id}")
    expect(page.locator(GRIP)).to_be_visible(timeout=PATIENCE)


def commands(run, name):
    return [each for each in Store().commands(run.id) if each.name == name]


def held_at(page, run):
    """The epoch after which a run holds, once its worker has obeyed: it may have finished one more meanwhile."""
    while commands(run, "pause")[-1].epoch is None:
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    return Store().run(run.id).epoch


def test_keys_hold_a_run_step_it_and_let_it_go(page, lab, trains):
    ready(page, lab, trains)
    page.keyboard.press("Space")
    expect(page.get_by_text("On hold after epoch")).to_be_visible(timeout=PATIENCE)
    epoch = held_at(page, trains)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(f"On hold after epoch {epoch + 1} of 200")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Space")
    expect(page.get_by_text("Training:")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-run-line")).to_contain_text("Stopped", timeout=PATIENCE)


def test_a_click_melts_or_freezes_a_block_and_drops_a_flag(page, lab, trains):
    ready(page, lab, trains)
    page.get_by_role("button", name=re.compile("2: conv")).click()
    expect(page.get_by_text("by hand: block 2 frozen").first).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("() => document.querySelector('.tlcore-live')._fullLayout.annotations.some((one) => one.name === 'flag')")
    (change,) = Store().run(trains.id).spec.changes
    assert (change.name, change.value) == ("block2", 0.0)


def test_a_rate_is_typed_and_counts(page, lab, trains):
    ready(page, lab, trains)
    field = page.get_by_role("combobox", name=re.compile("Learning rate"))
    field.fill("0.0042")
    field.press("Enter")
    expect(page.get_by_text("at a learning rate of 0.0042")).to_be_visible(timeout=PATIENCE)
    assert Store().run(trains.id).spec.course[-1].learning_rate == 0.0042


def test_an_escape_that_closes_a_list_or_leaves_a_field_stops_nothing(page, lab, trains):
    ready(page, lab, trains)
    field = page.get_by_role("combobox", name=re.compile("Learning rate"))
    field.click()
    expect(page.get_by_role("listbox")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.keyboard.press("Escape")  # the field still has the focus
    page.wait_for_timeout(1500)
    assert Store().run(trains.id).state == "running"
    field.blur()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-run-line")).to_contain_text("Stopped", timeout=PATIENCE)


def test_an_emptied_field_changes_nothing(page, lab, trains):
    ready(page, lab, trains)
    field = page.get_by_role("combobox", name=re.compile("Learning rate"))
    field.click()
    field.press("Control+a")
    field.press("Backspace")
    field.press("Enter")
    page.wait_for_timeout(1500)
    assert not commands(trains, "learning_rate")


def test_another_tab_sees_it_within_a_second(page, lab, trains, browser):
    ready(page, lab, trains)
    other = browser.new_context().new_page()
    ready(other, lab, trains)
    page.get_by_role("button", name="Pause").click()
    expect(other.get_by_role("button", name="Play")).to_be_visible(timeout=PATIENCE)
    other.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible(timeout=PATIENCE)
    assert len({each.hand for name in ("pause", "play") for each in commands(trains, name) if each.hand}) == 2
    other.context.close()


def test_one_goes_back_and_forks_and_both_are_one_tree(page, lab, trains):
    ready(page, lab, trains)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("On hold after epoch")).to_be_visible(timeout=PATIENCE)
    grip = page.locator(GRIP)
    grip.focus()
    grip.press("Home")
    for _ in range(2):
        grip.press("ArrowRight")
    fork = page.get_by_role("button", name="Fork at 2")
    expect(fork).to_be_visible(timeout=PATIENCE)
    fork.click()
    expect(page.get_by_text("A fork, on hold: it stands where its parent was after epoch 2")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile("1: conv")).click()
    expect(page.get_by_text("What was asked of it")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_text("by hand: block 1 frozen").first).to_be_visible(timeout=PATIENCE)
    made = Store().family(trains.id)[-1]
    expect(page).to_have_url(re.compile(made.id))
    assert made.forked == trains.id and made.spec.changes[0].place == (2, 0)


def test_a_shared_link_replays_on_another_browser_with_no_worker(page, lab, browser):
    store = Store()
    run = jobs.submit(RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=5, epochs=12))
    page.goto(f"{lab.address}/runs?run={run.id}")
    expect(page.get_by_text("named rightly").first).to_be_visible(timeout=PATIENCE)
    count = len(store.runs(limit=500))
    other = browser.new_context().new_page()
    other.goto(f"{lab.address}/runs?run={run.id}")
    expect(other.get_by_text("named rightly").first).to_be_visible(timeout=PATIENCE)
    grip = other.locator(GRIP)
    expect(grip).to_be_visible(timeout=PATIENCE)
    expect(grip).to_contain_text("epoch 12", timeout=PATIENCE)  # the replay has come to its end
    expect(other.get_by_role("button", name="Replay")).to_be_visible(timeout=PATIENCE)
    other.get_by_role("button", name="Reset").click()
    expect(grip).to_contain_text("epoch 0", timeout=PATIENCE)
    other.get_by_role("button", name="Step").click()
    expect(grip).to_contain_text("epoch 1 ", timeout=PATIENCE)
    other.get_by_role("tab", name="Confusion").click()
    expect(other.get_by_text("As of epoch 1, on")).to_be_visible(timeout=PATIENCE)
    assert len(store.runs(limit=500)) == count and store.commands(run.id) == []
    other.context.close()
