"""The course of a run: what is trained when, planned, painted, and changed by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tlcore.registry import InputError
from tlcore.spec import Change, Place, RunSpec, course
from tlcore.strategies import STRATEGIES, Keep, Pull, plan, spread, timeline

SOURCE = RunSpec.make("pretrain", dataset="glyphs")


def tuned(strategy="lp_ft", **given):
    source = SOURCE if STRATEGIES[strategy].facts["needs_source"] else None
    return RunSpec.make("finetune", source=source, dataset="mnist", strategy=strategy, **{"labels_per_class": 5, "epochs": 10, **given})


def steered(spec, *changes):
    for place, name, value in changes:
        spec = course.changed(spec, Place(*place), name, value)
    return spec


def factors(spec):
    return [(each.begin, (*each.phase.factors, each.phase.head)) for each in spec.course]


def test_without_changes_the_course_is_the_plan():
    spec = tuned()
    assert [each.phase for each in spec.course] == list(spec.phases)
    assert [each.begin for each in spec.course] == [(0, 0), (5, 0)]
    assert {(each.learning_rate, each.batch_size) for each in spec.course} == {(spec.learning_rate, spec.batch_size)}


def test_a_factor_set_by_hand_holds_to_the_end():
    spec = steered(tuned(), ((2, 3), "block4", 1.0))
    assert factors(spec) == [((0, 0), (0, 0, 0, 0, 1)), ((2, 3), (0, 0, 0, 1, 1)), ((5, 0), (0.1, 0.1, 0.1, 1, 0.1))]
    assert spec.course[1].phase.title == "head only; by hand: block 4 full"


def test_a_rate_counts_from_its_batch_on_and_a_batch_size_from_the_next_epoch_on():
    spec = steered(tuned(), ((2, 3), "learning_rate", 1e-4), ((2, 3), "batch_size", 16))
    assert [(each.begin, each.learning_rate, each.batch_size) for each in spec.course] == [
        ((0, 0), 5e-3, 8),
        ((2, 3), 1e-4, 8),
        ((3, 0), 1e-4, 16),
        ((5, 0), 1e-4, 16),
    ]


def test_the_strengths_of_ties_are_turned_in_place():
    spec = steered(tuned("l2_sp"), ((1, 0), "strength", 0.5))
    assert [each.phase.find(Pull) for each in spec.course] == [Pull(0.01, 0.01), Pull(0.5, 0.01)]
    spec = steered(tuned("distill"), ((1, 0), "weight", 4))
    assert [each.phase.find(Keep).weight for each in spec.course] == [1.0, 4.0]


def test_what_is_so_already_is_no_change():
    spec = tuned()
    assert steered(spec, ((0, 0), "block1", 0), ((3, 1), "learning_rate", spec.learning_rate)) is spec


def test_a_steered_run_is_another_answer_and_survives_json():
    spec = steered(tuned(), ((2, 3), "block4", 1.0))
    assert spec.key != tuned().key and "steered 1 time," in spec.title
    assert RunSpec.from_json(spec.to_json()) == spec
    assert RunSpec.from_json(tuned().to_json()).key == tuned().key


def test_a_run_stored_before_changes_were_known_is_the_same_run():
    plain = json.loads(tuned().to_json())
    del plain["changes"]
    assert RunSpec.from_plain(plain) == tuned()


def test_a_fork_knows_what_was_changed_before_it():
    spec = steered(tuned(), ((2, 3), "block4", 1.0), ((4, 0), "block3", 1.0), ((4, 2), "learning_rate", 1e-3))
    assert course.forked(spec, 4).changes == spec.changes[:1]
    assert course.forked(spec, 5) == spec and course.forked(spec, 0).changes == ()


def test_what_holds_at_a_moment():
    spec = steered(tuned("l2_sp"), ((2, 3), "block4", 0.0), ((6, 0), "strength", 0.2))
    held = course.current(spec, Place(7))
    assert held == {
        "learning_rate": 5e-3, "batch_size": 8, "block1": 0.1, "block2": 0.1, "block3": 0.1, "block4": 0.0, "head": 1.0, "strength": 0.2,
        "head_strength": 0.01,
    }  # fmt: skip
    assert set(held) == set(course.live(spec))


REFUSED = {
    "an unknown setting": ((1, 0), "epochs", 3, "cannot be changed while this run goes: choose among learning_rate"),
    "another strategy's": ((1, 0), "strength", 3, "cannot be changed while this run goes"),
    "a block that is not there": ((1, 0), "block9", 1, "cannot be changed while this run goes"),
    "too much": ((1, 0), "block2", 3, "Block 2 is 3: choose a number from 0 to 1."),
    "no number": ((1, 0), "learning_rate", "fast", "Learning rate is 'fast': choose"),
    "half a batch": ((1, 0), "batch_size", 2.5, "Batch size is 2.5: choose a whole number"),
    "the head of a probe": ((1, 0), "head", 0, "Nothing would be trained after epoch 1: leave the head or a block on."),
    "the last epoch's next": ((9, 2), "batch_size", 16, "The run is in its last step: fork it"),
    "after the end": ((10, 0), "block1", 1, "The run is in its last step: fork it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_change_that_cannot_be_gets_one_sentence(case):
    place, name, value, said = REFUSED[case]
    with pytest.raises(InputError) as refused:
        steered(tuned("linear_probe"), (place, name, value))
    assert said in str(refused.value)


def test_a_loss_beside_the_loss_neither_appears_nor_goes():
    with pytest.raises(InputError, match="cannot become 0 while the run goes"):
        steered(tuned("distill"), ((1, 0), "weight", 0))
    with pytest.raises(InputError, match="nothing was remembered of the source"):
        steered(tuned("distill", weight=0), ((1, 0), "weight", 1))


@pytest.mark.parametrize(
    "changes",
    [
        "now", [1], [{"epoch": 1, "name": "head"}], [{"epoch": "1", "step": 0, "name": "head", "value": 1}],
        [{"epoch": 1, "step": 0, "name": "head", "value": None}], [{"epoch": 1, "step": 0, "name": "head", "value": 1, "by": "me"}],
        [{"epoch": 3, "step": 0, "name": "head", "value": 0.5}, {"epoch": 2, "step": 0, "name": "head", "value": 1}],
        [{"epoch": 10, "step": 0, "name": "head", "value": 0.5}], [{"epoch": 1, "step": -1, "name": "head", "value": 0.5}],
    ],
)  # fmt: skip
def test_changes_from_an_edited_file_are_looked_at(changes):
    with pytest.raises(InputError) as refused:
        RunSpec.from_plain({**json.loads(tuned().to_json()), "changes": changes})
    assert str(refused.value).endswith(".") and len(str(refused.value)) < 300


NAMES = some.sampled_from(["learning_rate", "batch_size", "block1", "block2", "block3", "block4", "head", "strength", "nonsense"])
VALUES = some.sampled_from([0, 0.1, 1, 8, 1e-3, -1])
ASKED = some.lists(some.tuples(some.integers(0, 11), some.integers(0, 3), NAMES, VALUES), max_size=12)


@settings(deadline=None, max_examples=60)
@given(some.sampled_from(["lp_ft", "l2_sp", "gradual", "lora", "timeline", "scratch"]), ASKED)
def test_any_sequence_of_changes_ends_in_a_run_that_can_be(strategy, asked):
    spec = tuned(strategy)
    for epoch, step, name, value in sorted(asked, key=lambda each: each[:2]):
        try:
            spec = course.changed(spec, Place(epoch, step), name, value)
        except InputError:
            continue
    assert RunSpec.from_json(spec.to_json()) == spec and course.checked(spec) is spec
    stretches = spec.course
    assert [each.begin for each in stretches] == sorted({each.begin for each in stretches}) and stretches[0].begin == (0, 0)
    for each in stretches:
        assert any((*each.phase.factors, each.phase.head)) and each.begin < (spec.epochs, 0)
    assert all(isinstance(change, Change) for change in spec.changes)
    one_by_one = [replace(spec, changes=spec.changes[:place]) for place in range(len(spec.changes))]
    held = [course.current(known, change.place)[change.name] for known, change in zip(one_by_one, spec.changes, strict=True)]
    assert course.befores(spec) == held


# --- the painted timeline -------------------------------------------------------------------------------------------

PAINTS = {
    "nonsense": ("frozen", "has 'frozen' in it"),
    "no epoch": ("0x00001", "has '0x00001' in it"),
    "an empty part": ("5x00001-", "has '' in it"),
    "another net": ("5x0000001", "paints 6 blocks and a head, but this net has 4"),
    "more epochs than the run": ("5x00001-6x11111", "painted for 11 epochs and the run has 10"),
    "nothing trained": ("5x00001-2x00000-3xssss1", "Nothing is trained in epoch 6"),
}


@pytest.mark.parametrize("case", PAINTS)
def test_a_timeline_that_cannot_be_gets_one_sentence(case):
    paint, said = PAINTS[case]
    with pytest.raises(InputError) as refused:
        tuned("timeline", paint=paint)
    assert said in str(refused.value) and str(refused.value).endswith(".")


def test_a_painted_timeline_is_a_strategy_like_any_other():
    spec = tuned("timeline", paint="4x00001-3x0s111")
    assert [(first, last) for _, first, last in spread(spec.phases, 10)] == [(0, 4), (4, 10)]
    assert spec.title == (
        "cnn-small, pretrained on glyphs, head only, then block 2 slow, blocks 3 and 4 tuned, 5 labels a class of mnist, seed 0"
    )
    assert RunSpec.from_json(spec.to_json()) == spec
    assert tuned("timeline", paint="10x00001").key == replace(tuned("timeline"), knobs=tuned("timeline", paint="10x00001").knobs).key


@pytest.mark.parametrize("epochs", [1, 2, 7, 29, 100, 2000])
def test_a_column_a_epoch_whatever_the_number(epochs):
    columns = tuple("0001" if place % 3 else "s1s1" for place in range(epochs))
    phases = plan("timeline", 3, {"paint": timeline.painted(columns)} if epochs < 200 else {"paint": ""}, epochs)
    if epochs < 200:
        assert timeline.nearest(phases, epochs) == columns


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_can_be_painted_as_nearly_as_the_steps_allow(name):
    phases = plan(name, 4, {}, 20)
    columns = timeline.nearest(phases, 20)
    assert timeline.columns_of(timeline.painted(columns), 4, 20) == columns
    if timeline.exact(phases):
        again = plan("timeline", 4, {"paint": timeline.painted(columns), "statistics": phases[-1].statistics}, 20)
        assert [(each.factors, each.head) for each in again] == [(each.factors, each.head) for each in phases]


def multitask(**given):
    return RunSpec.make("pretrain", **{"dataset": "shapes", "objective": "multitask", "epochs": 4, **given})


def test_the_weights_of_questions_are_turned_like_anything_else():
    spec = steered(multitask(), ((1, 5), "shape_weight", 4), ((2, 0), "size_weight", 0.0))
    assert [(each.begin, each.dials["shape_weight"], each.dials["size_weight"]) for each in spec.course] == [
        ((0, 0), 1.0, 1.0),
        ((1, 5), 4.0, 1.0),
        ((2, 0), 4.0, 0.0),
    ]
    assert spec.key != multitask().key and RunSpec.from_json(spec.to_json()) == spec
    assert course.befores(spec) == [1.0, 1.0] and course.current(spec, Place(1, 5))["shape_weight"] == 4.0
    assert set(course.current(spec, Place(3))) == set(course.live(spec))
    assert course.forked(spec, 2).changes == spec.changes[:1]


def test_only_weights_that_somebody_fixed_can_be_turned():
    for other in (multitask(weighting="gradnorm"), multitask(weighting="uncertainty"), multitask(objective="supervised")):
        assert "shape_weight" not in course.live(other)
        with pytest.raises(InputError, match="cannot be changed while this run goes"):
            steered(other, ((1, 0), "shape_weight", 2))
    with pytest.raises(InputError, match="Shape weight is 5: choose a number from 0 to 4"):
        steered(multitask(), ((1, 0), "shape_weight", 5))


def test_one_question_must_count():
    silent = {f"{name}_weight": 0.0 for name in ("shape", "colour", "size", "place", "texture")}
    with pytest.raises(InputError, match="No question would count any more"):
        multitask(**silent)
    alone = multitask(**{**silent, "shape_weight": 1.0})
    with pytest.raises(InputError, match="No question would count any more"):
        steered(alone, ((1, 0), "shape_weight", 0))
