"""The shelf of sources: what stands on it, how it is searched, named, deleted, exported and brought in, and who may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tlcore import jobs, ready
from tlcore.archive import open_archive
from tlcore.engine import exchange
from tlcore.store import StoreFull

PAGE = "pages/sources.py"


@pytest.fixture
def stocked(empty_lab):
    """A lab in which only what came with it is."""
    exchange.stock(empty_lab.store)
    return empty_lab


def popovers(app):
    """What the page offers behind a click."""
    found, blocks = set(), [app.main]
    while blocks:
        block = blocks.pop()
        blocks += [each for each in getattr(block, "children", {}).values() if hasattr(each, "children")]
        label = getattr(getattr(getattr(block, "proto", None), "popover", None), "label", "")
        found |= {label} - {""}
    return found


def opened(lab, app, key):
    """The page with one of its popovers open."""
    app.session_state[key] = True
    return lab.calm(app.run())


def test_an_empty_shelf_says_how_it_is_filled(empty_lab):
    app = empty_lab.page(PAGE)
    assert "There is no source here yet" in empty_lab.said(app)
    lab_again = empty_lab.calm(app.button(key="sources-back").click().run())
    assert len(empty_lab.store.finished_sources()) == len(ready.RECIPES)
    assert not [button for button in lab_again.main.button if button.key == "sources-back"]


def test_the_first_visit_finds_what_came_with_the_lab(empty_lab, monkeypatch):
    monkeypatch.setenv("TLCORE_READY", "on")
    jobs._stocked.cache_clear()
    app = empty_lab.page("app.py")
    assert "it came with the lab, once for each draw (`python -m tlcore ready glyphs-0` makes one again)" in empty_lab.said(app)
    assert len(empty_lab.store.runs()) == len(ready.RECIPES)
    empty_lab.calm(app.button(key="first-start").click().run())
    assert not empty_lab.store.runs(state="queued", kind="pretrain"), "the experiment needs no pretraining"


def test_each_source_says_what_it_is_worth_and_where_it_comes_from(stocked):
    said = stocked.said(stocked.page(PAGE))
    assert said.count("Ready]") == len(ready.RECIPES) and "Made here" not in said
    assert "Own task: 93.4 % of test images named rightly" in said and "On mnist: 93.8 % named rightly by a linear probe" in said
    assert "Own task: negative evidence lower bound" in said
    assert "came with the lab, made with Keras" in said and "python -m tlcore ready glyphs-vae" in said


def test_mine_stand_beside_them(lab):
    exchange.stock(lab.store)
    said = lab.said(lab.page(PAGE))
    assert "Made here" in said and "Ready]" in said and "trained here" in said and "Not tried on a target" in said


@pytest.mark.parametrize(
    ("wanted", "count"), [("vae", 1), ("ready simclr", 0), ("simclr came", 1), ("GLYPHS", 5), ("nothing like it", 0), ("  ", 6)]
)
def test_it_is_searched_by_every_word(stocked, wanted, count):
    app = stocked.page(PAGE)
    said = stocked.said(stocked.calm(app.text_input(key="sources-search").set_value(wanted).run()))
    assert said.count("Ready]") == count
    assert ("No source is like that" in said) == (count == 0)


def test_a_name_is_shown_wherever_sources_are_listed_and_is_only_text(stocked):
    run = stocked.store.submit(ready.recipe("glyphs-vae"))
    app = opened(stocked, stocked.page(PAGE), f"more-{run.id}")
    app.text_input(key=f"name-{run.id}").set_value("My *clouds*")
    said = stocked.said(stocked.calm(app.button(key=f"rename-{run.id}").click().run()))
    assert r"**My \*clouds\***" in said and stocked.store.run(run.id).name == "My *clouds*"
    options = stocked.page("pages/finetune.py").selectbox(key="source").options
    assert "glyphs, vae: My *clouds*" in options
    assert r"My \*clouds\*" in stocked.said(stocked.page("pages/runs.py", run=run.id))


def test_what_depends_on_a_source_is_said_before_it_goes(lab):
    run = next(each for each in lab.store.finished_sources() if lab.store.children(each.id))
    app = opened(lab, lab.page(PAGE), f"more-{run.id}")
    assert f"came from source {run.number}. What they measured stays." in lab.said(app)
    lab.calm(app.button(key=f"delete-{run.id}").click().run())
    assert lab.store.run(run.id) is None


def test_an_export_is_waited_for_and_then_saved(stocked, monkeypatch):
    run = stocked.store.submit(ready.recipe("digits"))
    sent = []
    monkeypatch.setattr("tlcore.engine.errands.send", lambda name, *arguments: sent.append(arguments))
    monkeypatch.setattr("tlcore.engine.errands.state", lambda name: ("running", "") if sent else None)
    app = opened(stocked, stocked.page(PAGE), f"export-{run.id}")
    app = stocked.calm(app.button(key=f"write-{run.id}").click().run())
    assert sent == [("export", run.id, str(jobs.exported(run.id)[2] or jobs._exported(run.id)))]
    assert "It is being written" in stocked.said(app)
    jobs._exported(run.id).write_bytes(b"written")
    app = stocked.calm(app.run())
    assert [each.proto.label for each in app.main.get("download_button")] == ["Save it, 1 kB"]
    jobs._exported(run.id).unlink()
    monkeypatch.setattr("tlcore.engine.errands.state", lambda name: ("failed", "The disk is full: free some space, then try again."))
    assert "The disk is full" in stocked.said(stocked.calm(app.run()))


def test_a_file_that_comes_in_is_told_from_its_start_to_its_end(stocked, monkeypatch):
    content, sent = ready.file("digits").read_bytes(), []
    monkeypatch.setattr("tlcore.engine.errands.send", lambda name, *arguments: sent.append(arguments))
    monkeypatch.setattr("tlcore.engine.errands.state", lambda name: ("running", "") if len(sent) < 2 else ("failed", "No."))
    app = opened(stocked, stocked.page(PAGE), "import")
    app.file_uploader(key="import-file").set_value(("x.keras", content, "application/zip"))
    app = stocked.calm(app.run())
    assert "The file is read, and its source is measured here" in stocked.said(app) and sent[0][0] == "import"
    given = open_archive(content)
    stocked.store.bring(replace(given.spec, origin=given.digest), given.result, given.facts["history"], {}, "imported, from elsewhere")
    said = stocked.said(stocked.calm(app.run()))
    assert "It is on the shelf as run 7. It was imported, from elsewhere." in said and "Imported]" in said


@pytest.mark.parametrize(("content", "sentence"), [(b"no zip", "is no archive"), (b"", "is no archive")])
def test_a_file_of_somebody_else_is_one_sentence(stocked, content, sentence):
    app = opened(stocked, stocked.page(PAGE), "import")
    app.file_uploader(key="import-file").set_value(("x.keras", content, "application/zip"))
    assert sentence in stocked.said(stocked.calm(app.run()))
    assert len(stocked.store.runs()) == len(ready.RECIPES)


def test_a_full_disk_is_a_sentence_too(stocked, monkeypatch):
    def full(*_):
        raise StoreFull("The disk is full: free some space, then try again.")

    monkeypatch.setattr("tlcore.folder.write", full)
    app = opened(stocked, stocked.page(PAGE), "import")
    app.file_uploader(key="import-file").set_value(("x.keras", ready.file("digits").read_bytes(), "application/zip"))
    assert "The disk is full" in stocked.said(stocked.calm(app.run()))


def test_where_strangers_come_they_look_use_and_export_only(stocked, monkeypatch):
    assert {"More", "Export", "Import"} <= popovers(stocked.page(PAGE))
    monkeypatch.setenv("TLCORE_HOSTED", "on")
    run = stocked.store.submit(ready.recipe("digits"))
    assert not {"More"} & popovers(stocked.page(PAGE))
    for action in (lambda: jobs.rename(run.id, "Mine"), lambda: jobs.delete(run.id), lambda: jobs.bring(b""), lambda: jobs.stock(True)):
        with pytest.raises(ValueError, match=r"private link|open to strangers"):
            action()
    assert stocked.store.run(run.id).name is None
