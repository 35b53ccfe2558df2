"""The race: its form, equal steps and equal time, its cells while it is measured, its answer with standings and costs."""

from __future__ import annotations

import pytest

from tests.pages.conftest import LETTERS, StandIn, summary
from tlcore.studies import Study, racing

PAGE = "pages/race.py"
GOALS = {"random_frozen": 0.5, "scratch": 0.6, "supervised": 0.8, "vae": 0.5}


def study(seeds=5, **given):
    source = racing.recipe("glyphs", **{**LETTERS, "epochs": 2})
    settings = {"objectives": ("supervised", "vae"), "amounts": "5-20", "dataset": "digits", "epochs": 7, "seeds": seeds}
    return Study.make("race", source=source, **settings, **given)


def raced(lab, asked):
    """A race that is measured; seeds differ a little, each arm in its own way."""
    store, worker = lab.store, StandIn(lab.store)
    record = store.submit_study(asked)
    for run in store.sources(record.id):
        worker.finished(run.spec, 0.9 if run.objective == "supervised" else None, seconds=2.0)
    for member in store.members(record.id):
        own = 0.01 * ((member.seed * 7 + len(member.arm)) % 5)
        worker.finished(member.run.spec, GOALS[member.arm] + own, seconds=1.0)
    summary(store, record.id)
    return record.id


def test_the_form_asks_for_those_who_can_race(empty_lab):
    app = empty_lab.page(PAGE)
    names = app.main.get("button_group")[1].options
    assert names[:3] == ["Supervised", "Rotation", "Autoencoder"]
    assert "Multi-task" not in names
    assert "140 runs, from 25 sources of glyphs" in empty_lab.said(app)


def test_the_button_starts_the_race_of_the_address(lab):
    asked = {"objectives": "supervised,simclr", "seeds": "2", "dataset": "digits", "amounts": "1-all", "equal": "time"}
    app = lab.page(PAGE, **{f"race_{name}": value for name, value in asked.items()})
    lab.calm(app.button(key="start-study").click().run())
    found = lab.store.study(lab.address(app, "study"))
    assert found is not None and found.question == "race" and found.total == 2 * 2 * 4
    epochs = {run.objective: run.epochs for run in lab.store.sources(found.id)}
    assert epochs["supervised"] == 6 and epochs["simclr"] < 6, "two views of an image cost more, so there are fewer epochs"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"amounts": "5-many"}, "give numbers joined by hyphens"),
        ({"data": "moon"}, "which is not there; the default is taken"),
        ({"seeds": "999"}, "Seeds is 999"),
    ],
)
def test_what_cannot_be_is_refused(lab, given, sentence):
    assert sentence in lab.said(lab.page(PAGE, **{f"race_{name}": value for name, value in given.items()}))


def test_the_answer_says_who_gave_nothing_and_what_it_cost(lab):
    said = lab.said(lab.page(PAGE, study=raced(lab, study())))
    assert "Supervised came furthest" in said and "No measurable benefit here: Variational (VAE)." in said
    assert "| Supervised | 8" in said and "| Variational (VAE): **no measurable benefit here** | 5" in said
    assert "Wh" in said and "cores x 10 W, an assumption" in said


def test_several_targets_are_told_apart(lab):
    said = lab.said(lab.page(PAGE, study=raced_on_two(lab)))
    assert "**mnist**" in said and "**digits**" in said and "Supervised, mnist" in said


def raced_on_two(lab):
    """A race on digits and MNIST, with two seeds."""
    store, worker = lab.store, StandIn(lab.store)
    record = store.submit_study(study(seeds=2, also="mnist"))
    for run in [*store.sources(record.id), *(each.run for each in store.members(record.id))]:
        worker.finished(run.spec, 0.7, seconds=1.0)
    summary(store, record.id)
    return record.id


def test_while_it_is_measured_cells_fill(lab):
    store, worker = lab.store, StandIn(lab.store)
    record = store.submit_study(study(seeds=1))
    worker.finished(store.members(record.id)[0].run.spec, 0.5, seconds=1.0)
    app = lab.page(PAGE, study=record.id)
    assert "1 of 8 runs are measured" in lab.said(app)
    for tab in ("Comparisons", "Confusion", "What stayed frozen", "Runs"):
        app.session_state["behind"] = tab
        lab.calm(app.run())
