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


# --- what is downloaded ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["omniglot", "fashion", "mnist_full", "cifar10"])
def test_a_set_that_is_downloaded_says_before_the_click_what_is_fetched(lab, name):
    from tlcore.datasets import DATASETS
    from tlcore.ui import words

    app, facts = lab.page("pages/data.py", set=name), DATASETS[name].facts
    size = words.size(facts["download"].size)
    assert f"Downloads {size} from {facts['download'].host}, once." in lab.said(app)
    assert facts["source"] in lab.said(app) and f"Licence: [{facts['licence']}]" in lab.said(app)
    assert app.button(key="data-prepare").label == f"Download it, {size}"
    lab.calm(app.button(key="data-prepare").click().run())
    assert lab.store.data_request(name, DATASETS.settings(name, {})) == ("queued", None)


def test_a_download_shows_how_far_it_is(lab):
    _asked(lab)
    place = lab.home / "downloads" / "fashion"
    place.mkdir(parents=True)
    (place / "progress.json").write_text('{"done": 12400000, "total": 30878645}')
    said = lab.said(lab.page("pages/data.py", set="fashion"))
    assert "Downloading: 12.4 of 30.9 MB have come. That is 40.2 %." in said


@pytest.mark.parametrize("content", ["", "[]", '{"done": 1}', '{"done": "x", "total": null}', '{"done": 9, "total": 0}'])
def test_a_note_of_progress_that_is_cut_short_harms_nothing(lab, content):
    _asked(lab)
    place = lab.home / "downloads" / "fashion"
    place.mkdir(parents=True)
    (place / "progress.json").write_text(content)
    assert "Clothes (Fashion-MNIST)" in "".join(each.value for each in lab.page("pages/data.py", set="fashion").main.subheader)


def test_a_download_that_failed_says_why_and_can_be_asked_for_again(lab):
    key = _asked(lab)
    lab.store.finish_request(key, "raw.githubusercontent.com cannot be reached: go online once and ask again.")
    app = lab.page("pages/data.py", set="fashion")
    assert "cannot be reached: go online once and ask again." in lab.said(app) and "Downloads 30.9 MB" in lab.said(app)
    lab.calm(app.button(key="data-prepare").click().run())
    assert lab.store.next_request()[0] == key


def test_a_set_that_was_downloaded_is_shown_like_the_others_and_becomes_a_source(lab, tmp_path, monkeypatch):
    from tests.datasets import tiny
    from tlcore import datasets
    from tlcore.ui.sources import recipes

    plain = lab.page("pages/finetune.py").selectbox(key="source").options
    assert not [each for each in plain if each.startswith(("fashion", "cifar10"))] and "fashion-simclr" in recipes()
    tiny.mirrored(monkeypatch, tmp_path / "mirror", tiny.mirror(tmp_path / "mirror"))
    datasets.prepare("fashion")
    said = lab.said(lab.page("pages/data.py", set="fashion"))
    assert "What is in it?" in said and "| Test | 90 |" in said and "Downloads" not in said
    offered = lab.page("pages/finetune.py").selectbox(key="source").options
    assert "fashion" in offered and offered[0] == plain[0] == "glyphs" and "fashion, simclr" not in offered
    assert "fashion, simclr" in lab.page("pages/finetune.py", source="fashion-simclr").selectbox(key="source").options


@pytest.mark.parametrize(
    ("page", "params"),
    [
        ("pages/pretrain.py", {"source_dataset": "cifar10"}),
        ("pages/pretrain.py", {"source_probe": "cifar10"}),
        ("pages/finetune.py", {"dataset": "cifar10"}),
        ("pages/freezing.py", {"study_dataset": "cifar10"}),
        ("pages/labels.py", {"labels_dataset": "cifar10"}),
        ("pages/race.py", {"race_dataset": "cifar10"}),
        ("pages/race.py", {"race_data": "cifar10"}),
    ],
)
def test_a_form_says_what_its_run_would_fetch(lab, page, params):
    assert "Downloads 170.5 MB from www.cs.toronto.edu, once." in lab.said(lab.page(page, **params))
    assert "Downloads" not in lab.said(lab.page(page))


@pytest.mark.parametrize("objective", ["supervised", "simclr"])
def test_who_only_looks_at_a_form_asks_for_no_download(lab, monkeypatch, objective):
    monkeypatch.setattr("tlcore.jobs.engine_state", lambda: {"state": "ready", "message": "The engine is ready."})
    said = lab.said(lab.page("pages/pretrain.py", source_dataset="cifar10", source_objective=objective))
    assert "These images come when the run starts, or from the page [Data](data?set=cifar10)." in said
    assert not lab.store.waiting_requests()
    lab.page("pages/pretrain.py", source_dataset="shapes", source_objective=objective)
    assert lab.store.waiting_requests(), "what is drawn here is asked for"


def test_a_run_that_fetches_its_images_says_so(lab):
    from tlcore.spec import RunSpec

    run = lab.worker.running(RunSpec.make("pretrain", dataset="fashion"), epochs=0)
    assert "Getting its data and its net ready." in lab.said(lab.page("pages/runs.py", run=run))
    (lab.home / "downloads" / "fashion").mkdir(parents=True)
    (lab.home / "downloads" / "fashion" / "progress.json").write_text('{"done": 3000000, "total": 30878645}')
    assert "Downloading: 3.0 of 30.9 MB have come." in lab.said(lab.page("pages/runs.py", run=run))


def _asked(lab):
    from tlcore.datasets import DATASETS

    lab.store.request_data("fashion", DATASETS.settings("fashion", {}))
    return lab.store.next_request()[0]


def _defaults():
    from tlcore.datasets import DATASETS

    return DATASETS.settings("glyphs", {})
