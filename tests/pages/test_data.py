"""The data page: the gallery, and one set opened."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_a_set_is_shown(lab, name):
    said = lab.said(lab.page("pages/data.py", set=name))
    assert "What is in it?" in said and "| Test |" in said and "Licence: [" in said


def test_a_table_is_shown_by_its_columns(lab):
    from tlcore.datasets import load

    data = load("diabetes")
    app = lab.page("pages/data.py", set="diabetes", labels="3")
    said = lab.said(app)
    assert "| Part | Rows | Used for |" in said and "learns from these 9 rows, and no others." in said
    (table, *_) = (each.value for each in app.main.table)
    assert "age, years" in table["column"].tolist()
    assert table.iloc[1]["row 1"] == f"{data.train.values[0]:g}"


def test_the_draw_is_the_one_that_a_run_gets(lab):
    from tlcore.datasets import load

    app = lab.page("pages/data.py", set="digits", labels="3", seed="7")
    assert "A run with 3 labels a class and seed 7 learns from these 30 images, and no others." in lab.said(app)
    assert len(load("digits").draw(3, 7)) == 30


def test_too_many_labels_are_one_sentence(lab):
    app = lab.page("pages/data.py", set="digits", labels="100000")
    assert app.main.warning and "choose" in app.main.warning[0].value


@pytest.mark.parametrize("wrong", ["nonsense", "../x", ""])
def test_an_unknown_set_is_one_sentence(lab, wrong):
    app = lab.page("pages/data.py", set=wrong)
    assert "There is no data set" in app.main.warning[0].value
    assert "What is in it?" in lab.said(app)


def test_a_set_that_is_not_there_can_be_asked_for(lab):
    app = lab.page("pages/data.py", set="glyphs")
    assert "not prepared on this machine yet" in lab.said(app)
    lab.calm(app.button(key="data-prepare").click().run())
    assert lab.store.data_request("glyphs", dict(_defaults())) == ("queued", None)
    assert not [each for each in app.main.button if each.key == "data-prepare"]


def test_a_set_that_is_being_prepared_says_so(lab):
    lab.store.request_data("glyphs", dict(_defaults()))
    assert lab.store.next_request() is not None
    assert "The engine is switched off." in lab.said(lab.page("pages/data.py", set="glyphs")), "what the engine says, until it is ready"


def test_a_preparation_that_failed_says_why(lab):
    app = lab.page("pages/data.py", set="glyphs")
    lab.calm(app.button(key="data-prepare").click().run())
    key = lab.store.next_request()[0]
    lab.store.finish_request(key, "The fonts of matplotlib are missing: install it again.")
    lab.calm(app.run())
    assert "The fonts of matplotlib are missing: install it again." in lab.said(app)
    assert app.button(key="data-prepare")


def test_knobs_of_a_drawn_set_stand_in_the_address(lab):
    app = lab.page("pages/data.py", set="glyphs", glyphs_scripts="greek", glyphs_per_class="10")
    assert "What is in it?" in lab.said(app)


def test_another_set_is_opened_by_its_card(lab):
    app = lab.page("pages/data.py")
    lab.calm(app.button(key="open-digits").click().run())
    assert "8 x 8" in lab.said(app)
    assert lab.address(app, "set") == "digits"


def test_an_empty_lab(empty_lab):
    assert "not prepared on this machine yet" in empty_lab.said(empty_lab.page("pages/data.py"))


def _defaults():
    from tlcore.datasets import DATASETS

    return DATASETS.settings("glyphs", {})
