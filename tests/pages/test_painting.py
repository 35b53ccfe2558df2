"""Painting by hand: its grid, its brush, its presets, its way back, and what it says to an address that cannot be."""

from __future__ import annotations

import json

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from tlcore.strategies import STRATEGIES
from tlcore.ui import presets

PAGE = "pages/finetune.py"
DEFAULT = "12x00001-13xssss1"
HALVES = "10x00001-15xss111"


@pytest.fixture
def canvas(lab):
    """Draws the page of the painted strategy."""
    return lambda **params: lab.page(PAGE, strategy="timeline", **params)


def repr_of(value):
    """A short name of a test."""
    return repr(value)[:20]


def component(app):
    """The grid as the browser gets it."""
    return next(each.proto for each in app.main.get("bidi_component") if each.proto.component_name == "tlcore_painting")


def drawn(app):
    return json.loads(json.loads(component(app).json) if component(app).json.startswith('"') else component(app).json)


def stroke(lab, app, **told):
    """What the browser reports when a stroke is done."""
    states = WidgetStates()
    state = states.widgets.add(id=component(app).id)
    state.json_value = json.dumps({"stroke": {"serial": drawn(app)["heard"] + 1, **told}})
    return lab.calm(app._run(widget_state=states))


def test_the_grid_is_there_for_the_painted_strategy_alone(lab, canvas):
    assert drawn(canvas())["text"] == DEFAULT
    plain = lab.page(PAGE, strategy="lp_ft")
    assert not [each for each in plain.main.get("bidi_component") if each.proto.component_name == "tlcore_painting"]
    assert [each for each in canvas().selectbox(key="strategy").options if each == "Painted (by hand)"]


def test_the_grid_names_blocks_in_their_order_and_the_head(canvas):
    assert drawn(canvas())["blocks"] == [
        ["Block 1", "conv 32"], ["Block 2", "conv 64"], ["Block 3", "conv 64"], ["Block 4", "embedding 64"], ["Head", "new"],
    ]  # fmt: skip


def test_a_stroke_is_the_address_and_the_run(lab, canvas):
    app = stroke(lab, canvas(), text=HALVES, brush="0")
    assert lab.address(app, "paint") == HALVES and app.text_input(key="paint").value == HALVES
    assert (drawn(app)["text"], drawn(app)["heard"], drawn(app)["brush"]) == (HALVES, 1, "0")
    lab.calm(app.button(key="start-run").click().run())
    spec = lab.store.run(lab.address(app, "run")).spec
    assert spec.strategy == "timeline" and spec.knobs["paint"] == HALVES


@pytest.mark.parametrize(
    "text", ["25x00000", "nonsense", "25x001", "26x00001", "<b>", "", None, 7, ["25x00001"], "1x00001-" * 400], ids=repr_of
)
def test_a_stroke_that_cannot_be_is_taken_back(lab, canvas, text):
    app = stroke(lab, canvas(paint=HALVES), text=text, brush="x")
    assert app.text_input(key="paint").value in (HALVES, DEFAULT) and drawn(app)["text"] in (HALVES, DEFAULT)
    assert drawn(app)["heard"] == 1, "the browser stops waiting"
    assert text == "" or "The last stroke was taken back." in lab.said(app)
    assert "The last stroke was taken back." not in lab.said(lab.calm(app.run()))


def test_the_brush_is_a_choice(lab, canvas):
    app = canvas()
    assert drawn(app)["brush"] == "1"
    lab.calm(app.segmented_control(key="brush").set_value("s").run())
    assert drawn(app)["brush"] == "s" and "brush" not in app.query_params


def test_undo_goes_back_one_step_whatever_changed_the_painting(lab, canvas):
    app = canvas()
    assert app.button(key="painting-undo").disabled
    stroke(lab, app, text=HALVES)
    lab.calm(app.selectbox(key="painting-start").select("gradual").run())
    lab.calm(app.text_input(key="paint").set_value("25xsssss").run())
    for before in (presets.preset("gradual", 4, 25).text, HALVES, ""):
        lab.calm(app.button(key="painting-undo").click().run())
        assert app.text_input(key="paint").value == before
    assert app.button(key="painting-undo").disabled and not app.toggle(key="statistics").value


def test_undo_can_come_from_the_grid(lab, canvas):
    app = stroke(lab, canvas(), text=HALVES)
    assert stroke(lab, app, undo=True).text_input(key="paint").value == ""


@pytest.mark.parametrize("strategy", [each for each in STRATEGIES.names() if each != "timeline"])
def test_every_strategy_is_a_preset_that_starts(lab, canvas, strategy):
    app = canvas(epochs="30")
    lab.calm(app.selectbox(key="painting-start").select(strategy).run())
    begun = presets.preset(strategy, 4, 30)
    assert begun.told in lab.said(app)
    assert (app.text_input(key="paint").value, app.toggle(key="statistics").value) == (begun.text, begun.statistics)
    assert drawn(app)["text"] == begun.text and not app.button(key="start-run").disabled


def test_the_preset_is_named_until_something_else_is_painted(lab, canvas):
    app = canvas()
    lab.calm(app.selectbox(key="painting-start").select("l2_sp").run())
    assert app.selectbox(key="painting-start").value == "l2_sp"
    stroke(lab, app, text=HALVES)
    assert app.selectbox(key="painting-start").value is None and "its pull to the source" not in lab.said(app)
    lab.calm(app.selectbox(key="painting-start").select("l2_sp").run())
    assert "L2-SP without its pull to the source: that cannot be painted." in lab.said(app)


def test_the_text_can_be_pasted(lab, canvas):
    app = canvas()
    lab.calm(app.text_input(key="paint").set_value(HALVES).run())
    assert drawn(app)["text"] == HALVES and not app.button(key="start-run").disabled


def test_fewer_columns_go_on_to_the_end(canvas):
    app = canvas(paint=HALVES, epochs="40")
    assert drawn(app)["text"] == "10x00001-30xss111" and not app.main.error and not app.button(key="start-run").disabled


def test_more_columns_than_epochs_wait_for_a_click(lab, canvas):
    app = canvas(paint="20x00001-20xssss1")
    assert [each.value for each in app.main.error] == [
        "The timeline is painted for 40 epochs and the run has 25: paint it again, or take more epochs."
    ]
    assert drawn(app)["text"] == "20x00001-5xssss1" and app.button(key="start-run").disabled
    assert lab.address(app, "paint") == "20x00001-20xssss1", "nothing is lost"
    lab.calm(app.button(key="painting-cut").click().run())
    assert lab.address(app, "paint") == "20x00001-5xssss1" and not app.main.error
    lab.calm(app.button(key="painting-undo").click().run())
    lab.calm(app.button(key="painting-squeeze").click().run())
    assert lab.address(app, "paint") == "13x00001-12xssss1" and not app.button(key="start-run").disabled


def test_a_longer_run_takes_the_long_painting_back(lab, canvas):
    app = canvas(paint="20x00001-20xssss1")
    lab.calm(app.number_input(key="epochs").set_value(40).run())
    assert not app.main.error and drawn(app)["text"] == "20x00001-20xssss1"


@pytest.mark.parametrize(
    ("paint", "sentence"),
    [
        ("hello", "The timeline has 'hello' in it"),
        ("a b!", "Timeline is 'a b!': choose up to 2000 letters, digits and hyphens."),
        ("<script>alert(1)</script>", "choose up to 2000 letters"),
        ("25x00000", "Nothing is trained in epoch 1 of the timeline: leave at least the head on."),
        ("0x00001", "The timeline has '0x00001' in it"),
        ("9999x00000-1x001", "this net has 4 blocks"),
        ("30x00000", "is painted for 30 epochs"),
        ("1x00001-" * 300, "The timeline has '' in it"),  # its field takes the first 2000 letters
        ("25x0000001", "The timeline paints 6 blocks and a head, but this net has 4 blocks: paint it again."),
    ],
    ids=repr_of,
)
def test_an_edited_address_is_one_sentence_over_the_default(lab, canvas, paint, sentence):
    app = canvas(paint=paint)
    assert [sentence in each.value for each in (*app.main.error, *app.main.warning)] == [True]
    assert drawn(app)["text"] == DEFAULT and app.button(key="start-run").disabled
    lab.calm(app.button(key="painting-anew").click().run())
    assert not app.main.error and not app.button(key="start-run").disabled


def test_another_net_asks_for_another_painting(lab, canvas):
    from tests.pages.conftest import source

    wide = lab.worker.finished(source(backbone="cnn-medium"), accuracy=0.9, seconds=9.0)
    app = canvas(paint=HALVES, source=wide)
    assert [each.value for each in app.main.error] == [
        "The timeline paints 4 blocks and a head, but this net has 6 blocks: paint it again."
    ]
    assert len(drawn(app)["blocks"]) == 7
    lab.calm(app.selectbox(key="painting-start").select("lp_ft").run())
    assert not app.main.error and drawn(app)["text"] == "12x0000001-13xsssssss"


def test_what_was_painted_is_kept_while_another_strategy_is_looked_at(lab, canvas):
    app = stroke(lab, canvas(), text=HALVES)
    for strategy in ("batchnorm_only", "timeline"):
        lab.calm(app.selectbox(key="strategy").select(strategy).run())
    assert app.text_input(key="paint").value == HALVES and drawn(app)["text"] == HALVES


def test_the_grid_stands_over_a_run_that_is_shown(lab, canvas):
    app = canvas(run=lab.runs["finished"], paint=HALVES)
    assert drawn(app)["text"] == HALVES and "88.4 %" in lab.said(app)


# --- as an arm of a study ---------------------------------------------------------------------------------------------


def test_a_study_of_forgetting_takes_a_painted_timeline(lab):
    app = lab.page("pages/forgetting.py", forget_dataset="digits", forget_seeds="2", forget_timeline=HALVES)
    assert app.text_input(key="forget_timeline").label == "A painted timeline"
    lab.calm(app.button(key="start-study").click().run())
    members = lab.store.members(lab.address(app, "study"))
    assert [each.run.spec.knobs["paint"] for each in members if each.arm == "timeline"] == [HALVES, HALVES]


def test_a_timeline_that_a_study_cannot_take_is_one_sentence(lab):
    app = lab.page("pages/forgetting.py", forget_timeline="2x001")
    assert ["this net has 4 blocks: paint it again" in each.value for each in (*app.main.error, *app.main.warning)] == [True]
    assert app.button(key="start-study").disabled


@pytest.mark.parametrize(("question", "page"), [("forgetting", "pages/forgetting.py"), ("arms", "app.py")])
def test_its_answer_names_the_painted_arm(lab, answered, question, page):
    app = lab.page(page, study=answered(question, seeds=5, timeline="2x00001-3xssss1"))
    assert "Painted" in lab.said(app) + "".join(each.proto.spec for each in app.main.get("plotly_chart"))
