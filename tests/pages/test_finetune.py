"""Fine-tune: the form, its address, and the run beside it in every state."""

from __future__ import annotations

import pytest

from tlcore import clock
from tlcore.spec import RunSpec
from tlcore.strategies import STRATEGIES
from tlcore.studies import arm_spec
from tlcore.ui import recipes


def test_an_empty_lab_can_start_at_once(empty_lab):
    app = empty_lab.page("pages/finetune.py")
    assert app.button(key="start-run").label.startswith("Fine-tune, about")
    assert "Not started yet." in empty_lab.said(app)
    empty_lab.calm(app.button(key="start-run").click().run())
    run = empty_lab.store.run(app.query_params["run"])
    assert (
        run is not None
        and run.title == "cnn-small, pretrained on glyphs, head only, then everything tuned gently, 5 labels a class of mnist, seed 0"
    )
    assert empty_lab.store.run(run.parent or "") is not None, "its source is trained on the way"
    assert app.button(key="start-run").disabled, "a second click has nothing to press"


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_every_strategy_has_a_form_and_starts(lab, strategy):
    app = lab.page("pages/finetune.py", strategy=strategy)
    lab.calm(app.button(key="start-run").click().run())
    assert lab.store.run(app.query_params["run"]).strategy == strategy


def test_the_address_is_the_form(lab):
    app = lab.page(
        "pages/finetune.py", strategy="freeze", frozen="3", labels_per_class="7", learning_rate="0.002", dataset="digits", seed="4"
    )
    lab.calm(app.button(key="start-run").click().run())
    spec = lab.store.run(app.query_params["run"]).spec
    assert (spec.strategy, spec.knobs["frozen"], spec.labels_per_class, spec.learning_rate, spec.dataset, spec.seed) == (
        "freeze", 3, 7, 0.002, "digits", 4,
    )  # fmt: skip


def test_a_choice_goes_into_the_address_by_its_name(lab):
    app = lab.page("pages/finetune.py")
    lab.calm(app.selectbox(key="strategy").select("full").run())
    assert app.query_params["strategy"] == "full"
    lab.calm(app.selectbox(key="strategy").select("lp_ft").run())
    assert app.query_params["strategy"] == "lp_ft"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("strategy", "magic", "which is not there"),
        ("labels_per_class", "-4", "Labels per class is -4"),
        ("labels_per_class", "many", "Labels per class is 'many'"),
        ("epochs", "0", "Epochs is 0"),
        ("source", "nonsense", "which is not there"),
        ("dataset", "<script>", "which is not there"),
        ("probe_share", "7", "Probe share is 7"),
        ("learning_rate", "nan", "Learning rate"),
        ("run", "nonsense", "There is no run at this address"),
    ],
)
def test_bad_values_in_the_address_are_answered_in_a_sentence(lab, name, value, sentence):
    app = lab.page("pages/finetune.py", **{name: value})
    assert sentence in lab.said(app)
    assert not app.button(key="start-run").disabled, "the default is taken"


def test_a_folded_setting_that_is_refused_is_opened(lab):
    more = {each.label: each.proto.expanded for each in lab.page("pages/finetune.py", epochs="0").main.expander}
    assert more["More settings"] is True
    assert lab.page("pages/finetune.py", epochs="7").main.expander[0].proto.expanded is False


def test_what_cannot_be_is_refused_before_the_start(lab):
    app = lab.page("pages/finetune.py", labels_per_class="5000")
    assert "but mnist has 300 of each class" in lab.said(app)
    assert app.button(key="start-run").disabled


def test_a_ready_source_can_be_chosen(lab):
    app = lab.page("pages/finetune.py", source=lab.runs["source"])
    lab.calm(app.button(key="start-run").click().run())
    run = lab.store.run(app.query_params["run"])
    assert run is not None and run.parent == lab.runs["source"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("finished", "88.4 %"),
        ("running", "Training"),
        ("starting", "Getting its data and its net ready"),
        ("queued", "The engine is switched off."),
        ("stopped", "Stopped after epoch 3 of 6"),
        ("failed", "choose a learning rate below 900"),
        ("interrupted", "resume goes on from epoch 2"),
        ("quick", "Done in 0.4 s"),
    ],
)
def test_the_run_of_the_address_stands_beside_the_form(lab, name, words):
    assert words in lab.said(lab.page("pages/finetune.py", run=lab.runs[name]))


def test_a_run_leads_back_to_its_form(lab):
    run = lab.run("finished")
    app = lab.page("pages/finetune.py", **recipes.link(run.spec, run.parent), run=run.id)
    assert app.button(key="start-run").label == "This is its result"


def test_links_are_inverse_to_forms_for_every_recipe(lab):
    spec = RunSpec.make(
        "pretrain", dataset="glyphs", scripts=("greek", "latin"), objective="autoencoder", backbone="cnn-medium", normalization="group"
    )
    app = lab.page(recipes.link_page(spec), **recipes.link(spec))
    lab.calm(app.button(key="start-run").click().run())
    assert lab.store.run(app.query_params["run"]).spec == spec


def test_going_back_takes_the_choice_back(lab, monkeypatch):
    app = lab.page("pages/finetune.py")
    lab.calm(app.selectbox(key="strategy").select("full").run())
    later = clock.tick() + 5
    monkeypatch.setattr(clock, "tick", lambda: later)
    del app.query_params["strategy"]
    lab.calm(app.run())
    assert app.selectbox(key="strategy").value == "lp_ft" and "strategy" not in app.query_params


def test_another_page_and_back_keeps_the_choice(lab):
    app = lab.page("pages/finetune.py")
    lab.calm(app.selectbox(key="strategy").select("full").run())
    for file in ("pages/runs.py", "pages/finetune.py"):
        app.query_params.clear()
        lab.calm(app.switch_page(file).run())
    assert app.selectbox(key="strategy").value == "full"
    assert lab.address(app, "strategy") == "full"


MORE = {
    "weight_decay": 0.1, "patience": 4, "watch_source": True, "head": "probe", "penalty": 0.1, "schedule": "triangle", "cut": 0.3, "ratio": 16.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "knobs"),
    [
        ("lora", {"rank": 8, "alpha": 16.0, "own_rate": 0.3}),
        ("l2_sp", {"strength": 0.1, "head_strength": 0.003}),
        ("distill", {"keep": "outputs", "weight": 3.0, "temperature": 4.0}),
        ("surgical", {"block": 2, "width": 2, "with_head": False}),
        ("lp_ft", {"probe_share": 0.3, "statistics": True}),
        ("random_frozen", {"frozen": 3}),
        ("scratch", {}),
    ],
)
def test_the_address_carries_every_setting_there_and_back(lab, strategy, knobs):
    more = MORE if STRATEGIES[strategy].facts["needs_source"] else {name: value for name, value in MORE.items() if name != "watch_source"}
    if strategy == "l2_sp":
        more = {name: value for name, value in more.items() if name != "weight_decay"}  # which pulls elsewhere
    given = {"dataset": "digits", "labels_per_class": 5, "epochs": 9, **knobs, **more}
    spec = arm_spec(lab.run("source").spec, 0, True, strategy, given)
    app = lab.page("pages/finetune.py", **recipes.link(spec, lab.runs["source"]))
    lab.calm(app.button(key="start-run").click().run())
    assert lab.store.run(lab.address(app, "run")).spec == spec


def test_what_contradicts_itself_is_one_sentence(lab):
    for given, sentence in (
        ({"strategy": "scratch", "watch_source": "true"}, "There is no source whose forgetting could be watched"),
        ({"strategy": "full", "patience": "25"}, "which 25 epochs never reach"),
        ({"strategy": "freeze", "frozen": "3", "fresh": "3"}, "more than the 4 there are"),
        ({"strategy": "l2_sp", "weight_decay": "0.1"}, "leave weight_decay at 0"),
    ):
        app = lab.page("pages/finetune.py", **given)
        assert [sentence in each.value for each in app.main.error] == [True]
        assert app.button(key="start-run").disabled


def test_strategies_stand_in_groups_with_advice(lab):
    app = lab.page("pages/finetune.py", strategy="lora")
    options = app.selectbox(key="strategy").options
    assert options[:4] == ["Probe, then tune", "Frozen", "Partly frozen", "All tuned"] and len(options) == len(STRATEGIES.names())
    assert "LoRA (few variables)" in options and options[-1] == "From scratch (control)"
    assert "*Worth a try: 5 to 20 labels a class" in lab.said(app)


def test_a_result_of_other_settings_says_so(lab):
    run = lab.run("finished")
    given = recipes.link(run.spec, run.parent)
    assert "other settings" not in lab.said(lab.page("pages/finetune.py", **given, run=run.id))
    said = lab.said(lab.page("pages/finetune.py", **(given | {"labels_per_class": "2"}), run=run.id))
    assert "These are the results of other settings (labels per class 5). Start to measure the new ones." in said
    said = lab.said(lab.page("pages/finetune.py", run=lab.runs["stopped"]))
    assert "This run has other settings (" in said and " and more). Start" in said


def test_a_known_result_is_opened(lab):
    run = lab.run("finished")
    app = lab.page("pages/finetune.py", **recipes.link(run.spec, run.parent))
    assert app.button(key="start-run").label == "Open the result"
    lab.calm(app.button(key="start-run").click().run())
    assert lab.address(app, "run") == run.id


@pytest.mark.parametrize(("name", "kind"), [("stopped", "secondary"), ("interrupted", "secondary"), ("finished", "primary")])
def test_of_start_and_resume_one_is_the_first(lab, name, kind):
    app = lab.page("pages/finetune.py", run=lab.runs[name])
    assert app.button(key="start-run").proto.type == kind
    assert [each.proto.type for each in app.main.button if each.key == "run-resume"] == ["primary"] * (kind == "secondary")


def test_how_much_is_trained_is_said_before_the_start(lab):
    page = lab.page("pages/finetune.py", strategy="linear_probe")
    assert "Trained parameters</span><b>650 of 93,994</b>" in lab.said(page)


def test_a_target_with_a_number_can_be_asked_for_it(lab):
    app = lab.page("pages/finetune.py", dataset="diabetes", source="diabetes-supervised", objective="regression")
    lab.calm(app.button(key="start-run").click().run())
    spec = lab.store.run(app.query_params["run"]).spec
    assert (spec.objective, spec.dataset, spec.backbone, spec.source.objective) == ("regression", "diabetes", "mlp", "supervised")
    assert recipes.link(spec)["objective"] == "regression"
    plain = lab.page("pages/finetune.py", dataset="mnist", objective="regression")
    assert "regression" not in lab.said(plain), "nobody knows a number of these"


def test_a_source_that_cannot_read_the_target_is_one_sentence(lab):
    said = lab.said(lab.page("pages/finetune.py", dataset="wine"))
    assert "A net that reads glyphs cannot read wine, for one of them is a table: choose another target, or another source." in said
