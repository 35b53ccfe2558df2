"""The frame around every page: the engine's line, the data folder, and one sentence where something cannot be done."""

from __future__ import annotations

import errno

import pytest

from tests.pages.conftest import ROOT
from tlcore import jobs
from tlcore.store import StoreBusy
from tlcore.ui import frame

FILES = [place.file for place in frame.PLACES]


def sidebar(app):
    """All that the sidebar says."""
    texts = [each.proto.body for each in app.sidebar.get("html")] + [each.value for each in app.sidebar.markdown]
    return "\n".join(texts)


@pytest.mark.parametrize("file", FILES)
def test_every_page_has_the_menu_and_the_engine(empty_lab, file):
    app = empty_lab.page(file)
    assert {link.proto.label for link in app.sidebar.get("page_link")} == {place.label for place in frame.PLACES}
    assert "The engine is switched off." in sidebar(app)
    assert len(app.title) == 1


def test_every_place_is_a_file():
    assert all((ROOT / file).is_file() for file in FILES)


@pytest.mark.parametrize(
    ("state", "message", "sign"),
    [
        ("starting", "Getting ready, about 6 s.", "tl-warming"),
        ("warming", "Getting ready, about 6 s.", "tl-warming"),
        ("ready", "Ready.", "tl-ready"),
        ("failed", "The engine cannot start: No module named 'keras'", "tl-failed"),
        ("off", "The engine rests; it starts when a run comes.", "tl-off"),
    ],
)
def test_the_engine_says_how_it_is(lab, monkeypatch, state, message, sign):
    monkeypatch.setattr(jobs, "engine_state", lambda: {"state": state, "message": message})
    app = lab.page("pages/runs.py")
    assert sign in sidebar(app) and message.split("'")[0] in sidebar(app)
    assert [button.key for button in app.sidebar.button if button.key == "engine-again"] == ["engine-again"] * (state == "failed")


def test_an_engine_that_cannot_start_can_be_tried_again(lab, monkeypatch):
    tried = []
    monkeypatch.setattr(jobs, "engine_state", lambda: {"state": "failed", "message": "The engine cannot start: no room."})
    monkeypatch.setattr(jobs, "wake", lambda: tried.append(1))
    app = lab.page("pages/runs.py")
    lab.calm(app.sidebar.button(key="engine-again").click().run())
    assert len(tried) == 2, "once for the visit, once for the click"


def test_the_data_folder_says_where_it_is_and_can_be_emptied(lab):
    app = lab.page("pages/data.py")
    app.session_state["storage"] = True
    lab.calm(app.run())
    assert app.sidebar.code[0].value == str(lab.home)
    assert app.button(key="everything").disabled, "a tick comes first"
    app.checkbox(key="everything-sure").check().run()
    lab.calm(app.button(key="everything").click().run())
    assert "are training: stop what runs" in "\n".join(each.value for each in app.sidebar.error)
    assert lab.store.run(lab.runs["finished"]) is not None


def test_everything_can_be_deleted_when_nothing_trains(empty_lab):
    run = empty_lab.worker.finished(_spec(), 0.9, 1.0)
    app = empty_lab.page("pages/runs.py", run=run)
    app.session_state["storage"] = True
    app.run()
    app.checkbox(key="everything-sure").check().run()
    empty_lab.calm(app.button(key="everything").click().run())
    assert empty_lab.store.runs() == []
    assert "Nothing has run here yet" in empty_lab.said(app), "the address of what is gone is gone too"


def test_a_store_that_was_damaged_says_from_when_its_copy_is_until_it_was_seen(lab):
    lab.store.remember("restored", {"aside": "/kept/here", "at": "2026-11-24T10:00:00", "from": "2026-11-24T09:50:00"})
    app = lab.page("pages/runs.py")
    assert "a copy from 2026-11-24 09:50 UTC was opened" in lab.said(app) and "/kept/here" in lab.said(app)
    lab.calm(app.button(key="restored-seen").click().run())
    assert "was damaged" not in lab.said(app)
    assert "was damaged" not in lab.said(lab.page("pages/data.py"))


@pytest.mark.parametrize("file", FILES)
def test_a_store_that_does_not_answer_is_one_sentence(lab, monkeypatch, file):
    def busy(*_, **__):
        raise StoreBusy("The store is busy: try again in a moment.")

    for name in ("runs", "studies", "engine", "run"):
        monkeypatch.setattr(type(lab.store), name, busy)
    app = lab.page(file)
    assert [each.value for each in app.main.error] == ["The store is busy: try again in a moment."]


def test_a_folder_without_rights_is_one_sentence(lab, monkeypatch):
    def refused():
        raise PermissionError(errno.EACCES, "Permission denied", str(lab.home / "engine.log"))

    monkeypatch.setattr(jobs, "wake", refused)
    app = lab.page("pages/runs.py")
    (said,) = [each.value for each in app.main.error]
    assert said == f"{lab.home}/engine.log cannot be used (Permission denied): make room or rights there, then reload the page."


def test_a_store_that_can_only_be_read_shows_everything_and_starts_nothing(lab):
    lab.store.readonly = True
    app = lab.page("pages/finetune.py", run=lab.runs["finished"], seed="77")
    assert "88.4 %" in lab.said(app)
    lab.calm(app.button(key="start-run").click().run())
    assert "The data folder can only be read" in app.main.error[0].value
    lab.store.readonly = False


def test_two_clicks_on_start_are_one_run(lab):
    first, second = lab.page("pages/finetune.py", seed="78"), lab.page("pages/finetune.py", seed="78")
    before = len(lab.store.runs(limit=500))
    for app in (first, second):
        lab.calm(app.button(key="start-run").click().run())
    assert first.query_params["run"] == second.query_params["run"]
    assert len(lab.store.runs(limit=500)) == before + 2, "the run and its source"


def test_two_tabs_can_stop_one_run(lab):
    first, second = lab.page("pages/runs.py", run=lab.runs["queued"]), lab.page("pages/runs.py", run=lab.runs["queued"])
    for app in (first, second):
        lab.calm(app.button(key="run-stop").click().run())
        assert "Stopped before its first epoch." in lab.said(app)
    assert lab.run("queued").state == "stopped"


def _spec():
    from tests.pages.conftest import source

    return source()


@pytest.mark.parametrize("file", ["pages/runs.py", "pages/finetune.py"])
def test_a_run_that_another_tab_deleted_is_one_sentence(lab, file):
    app = lab.page(file, run=lab.runs["queued"])
    lab.store.stop(lab.runs["queued"])
    lab.store.delete(lab.runs["queued"])
    lab.calm(app.run())
    assert any("it was deleted, or the link is not whole" in each.value for each in app.main.warning)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pages/data.py", "dataset"),
        ("pages/pretrain.py", "dataset"),
        ("pages/runs.py", "nonsense"),
        ("app.py", "x`y"),
        ("pages/finetune.py", "frozen"),
    ],
)
def test_what_the_address_asks_and_the_page_has_not_is_said(lab, file, name):
    (said,) = [each.value for each in lab.page(file, **{name: "3"}).main.warning]
    assert f"`{name.replace('`', '')}`, which is not on this page" in said


def test_what_the_page_has_is_not_called_unknown(lab):
    from tlcore.ui import recipes

    for name in ("finished", "source", "scratch"):
        run = lab.run(name)
        assert not lab.page(recipes.link_page(run.spec), **recipes.link(run.spec, run.parent), run=run.id).main.warning
    assert not lab.page("pages/data.py", set="digits", labels="3", seed="7").main.warning


def test_a_bad_value_is_answered_by_the_name_of_its_field(lab):
    (said,) = [each.value for each in lab.page("pages/freezing.py", study_seeds="999999").main.warning]
    assert said == "Seeds is 999999: choose a whole number from 1 to 50. The address asked for it; the default is taken."


def broken(*_, **__):
    """A fault that nobody foresaw."""
    raise KeyError("None")


@pytest.mark.parametrize("place", ["tlcore.ui.progress.sentence", "tlcore.ui.run.result_view"])
def test_a_fault_that_nobody_foresaw_is_one_sentence_and_the_rest_is_drawn(lab, monkeypatch, caplog, place):
    """Once in a part that moves, once in the page itself."""
    monkeypatch.setattr(frame, "developing", lambda: False)
    monkeypatch.setattr(place, broken)
    app = lab.page("pages/runs.py", run=lab.runs["finished"])
    (said,) = [each.value for each in app.main.error]
    assert said.startswith("Something went wrong in this part of the page (KeyError). Reload the page.")
    assert "Traceback" in caplog.text and "None" in caplog.text
    assert "cnn-small, pretrained on glyphs" in lab.said(app)
    caplog.clear()
    lab.calm(app.run())
    assert not caplog.text, "once, not with every look"


def test_a_developer_sees_the_fault_itself(lab, monkeypatch):
    monkeypatch.setattr("tlcore.ui.run.result_view", broken)
    with pytest.raises(AssertionError, match="error"):
        lab.page("pages/runs.py", run=lab.runs["finished"])
