"""The form of a pretraining: what another objective or data set needs stands in its fields, and a link asks for the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tlcore.spec.budget import defaults

PATIENCE = 60_000
FIELDS = {"epochs": "Epochs", "batch_size": "Batch size"}


def shows(page: Page, wanted: dict[str, object]) -> None:
    for name, label in FIELDS.items():
        expect(page.get_by_role("spinbutton", name=label)).to_have_value(str(wanted[name]), timeout=PATIENCE)


def pick(page: Page, label: str, option: str) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=re.compile(option)).first.click()


@pytest.fixture
def form(page, lab):
    page.goto(f"{lab.address}/pretrain")
    expect(page.get_by_role("heading", name="Pretrain", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_text("More settings").first.click()
    return page


def test_the_fields_say_what_a_choice_needs(form):
    shows(form, defaults("pretrain"))
    pick(form, "What should it learn", "Variational")
    shows(form, defaults("pretrain", "vae"))
    pick(form, "What should it learn", "SimCLR")
    shows(form, defaults("pretrain", "simclr"))
    pick(form, "What should it learn", "Supervised: name")
    shows(form, defaults("pretrain"))
    pick(form, "Which data", "Diabetes")
    shows(form, defaults("pretrain", dataset="diabetes"))


def test_what_was_typed_stays_where_the_objective_changes(form):
    field = form.get_by_role("spinbutton", name="Epochs")
    field.fill("7")
    field.press("Enter")
    expect(form).to_have_url(re.compile("source_epochs=7"), timeout=PATIENCE)
    pick(form, "What should it learn", "SimCLR")
    shows(form, defaults("pretrain", "simclr") | {"epochs": 7})
