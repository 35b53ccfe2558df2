"""A run that is steered while it goes: what changes, what stays, and that its record gives the same weights again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tlcore.registry import InputError
from tlcore.spec import Place, course
from tlcore.strategies import Pull
from tlcore.training import Checkpoint, calls, features, run, train
from tlcore.training.loop import Structure
from tlcore.training.network import network


class Hand:
    """A recorder that keeps rows and checkpoints, and changes the run when it comes to a moment. asked: {(epoch, step): [(name, value)]}."""

    def __init__(self, asked=(), halt=None):
        self.asked, self.halt = sorted(asked), halt
        self.rows, self.checkpoints, self.refused, self.spec = [], {}, [], None

    def epochs(self, rows):
        self.rows += rows

    def checkpoint(self, epoch, arrays):
        self.checkpoints[epoch] = dict(arrays)

    def wish(self):
        return self.halt if self.halt and self.rows and self.rows[-1]["epoch"] >= 2 else None

    def hear(self, spec, place, now):
        while self.asked and self.asked[0][0] <= place:
            _, name, value = self.asked.pop(0)
            try:
                spec = course.changed(spec, place, name, value)
            except InputError as refusal:
                self.refused.append(str(refusal))
        self.spec = spec
        return spec

    def leash(self, epoch):
        return 1

    @property
    def numbers(self):
        return [{name: value for name, value in row.items() if name != "seconds"} for row in self.rows]


@pytest.fixture
def slowly(monkeypatch):
    """Calls of one step, so that every moment can be met."""
    monkeypatch.setattr(calls, "FIRST", 1)
    monkeypatch.setattr(calls, "ENOUGH", 0.0)


@pytest.fixture
def steered(tuned, source):
    """Trains a strategy while changes are made; returns the outcome and the hand that made them."""

    def go(strategy, *asked, **given):
        hand = Hand([(Place(*place), name, value) for place, name, value in asked])
        outcome = train(tuned(strategy, epochs=6, **given), hand, source if strategy != "scratch" else None)
        assert outcome.state == "finished", outcome.error
        return outcome, hand

    return go


STEERED = {
    "a rate in the middle of an epoch": ("full", ((1, 2), "learning_rate", 1e-4)),
    "a block melted": ("linear_probe", ((2, 1), "block4", 1.0)),
    "a block frozen": ("full", ((2, 0), "block1", 0.0)),
    "frozen and melted again": ("full", ((1, 0), "block2", 0.0), ((3, 1), "block2", 0.1)),
    "the batch size": ("full", ((1, 1), "batch_size", 25), ((4, 0), "batch_size", 10)),
    "before the first step": ("linear_probe", ((0, 0), "block4", 0.1), ((0, 0), "learning_rate", 1e-3)),
    "over a change of phase": ("lp_ft", ((1, 2), "block3", 1.0), ((4, 1), "block1", 0.0)),
    "a pull": ("l2_sp", ((2, 1), "strength", 5.0)),
    "a second loss": ("distill", ((2, 2), "weight", 9.0)),
    "adapters": ("lora", ((2, 1), "block1", 0.0)),
    "rates that follow the gradients": ("auto_rgn", ((2, 1), "block1", 0.0)),
    "the last step of the last epoch": ("full", ((5, 3), "head", 0.0)),
    "with patience": ("full", ((1, 0), "block1", 0.0), ((2, 1), "learning_rate", 1e-3)),
}


@pytest.mark.parametrize("case", STEERED)
def test_the_record_of_a_steered_run_gives_the_same_run_again(case, steered, tuned, source, slowly, monkeypatch, alike):
    strategy, *asked = STEERED[case]
    given = {"patience": 4} if case == "with patience" else {}
    outcome, hand = steered(strategy, *asked, **given)
    assert len(hand.spec.changes) == len(asked) and outcome.result["seal"] is True
    monkeypatch.undo()  # in calls of another length
    again = Hand()
    repeated = train(hand.spec, again, source)
    assert alike(repeated.weights, outcome.weights) and again.numbers == hand.numbers
    assert {**repeated.result, "seconds": 0} == {**outcome.result, "seconds": 0}


@pytest.mark.parametrize("epoch", range(1, 6))
def test_a_steered_run_that_is_resumed_ends_as_without_a_break(steered, source, alike, epoch):
    outcome, hand = steered("linear_probe", ((1, 2), "block4", 1.0), ((3, 0), "block3", 0.1), ((4, 1), "learning_rate", 1e-3))
    again = Hand()
    resumed = train(hand.spec, again, source, Checkpoint(epoch, hand.checkpoints[epoch]))
    assert alike(resumed.weights, outcome.weights) and again.numbers[1:] == hand.numbers[epoch + 1 :]


def test_a_melted_block_moves_and_the_others_stay(steered, source, alike):
    outcome, _ = steered("linear_probe", ((2, 0), "block4", 1.0))
    assert alike(outcome.weights, source, "block1/", "block2/", "block3/") and not alike(outcome.weights, source, "block4/")
    states = {row["name"]: row["state"] for row in outcome.result["blocks"]}
    assert states == {"block1": "frozen", "block2": "frozen", "block3": "frozen", "block4": "moved", "head": "moved"}


def test_a_block_frozen_on_the_way_stays_as_it_was_then(steered, alike):
    outcome, hand = steered("full", ((3, 0), "block2", 0.0))
    assert alike(outcome.weights, hand.checkpoints[3], "block2/") and not alike(outcome.weights, hand.checkpoints[2], "block2/")


def test_what_moves_in_a_stretch_that_leaves_it_alone_breaks_the_seal(tuned, source, monkeypatch):
    hand, original = Hand([(Place(3), "block2", 0.0)]), run._Run._record

    def nudged(self, epoch, sums, seconds):
        original(self, epoch, sums, seconds)
        if epoch == 4:
            self.net.variables["block2/conv/kernel"].assign_add(np.full(self.net.variables["block2/conv/kernel"].shape, 1e-3, "float32"))

    monkeypatch.setattr(run._Run, "_record", nudged)
    outcome = train(tuned("full", epochs=6), hand, source)
    assert outcome.state == "failed" and "A frozen variable has moved" in outcome.error
    assert {row["name"]: row["state"] for row in outcome.result["blocks"]}["block2"] == "broken"


def test_what_stays_trainable_keeps_its_moments_and_what_is_melted_starts_afresh(tuned, source):
    before, after = Hand(), Hand([(Place(3), "block4", 1.0)])
    train(tuned("linear_probe", epochs=6), before, source)
    train(tuned("linear_probe", epochs=6), after, source)
    net = network(tuned("linear_probe"), 10)
    paths = net.optimizer._paths
    count = len(paths)

    def moment(hand, epoch, path):
        return hand.checkpoints[epoch][f"optimizer/{1 + paths.index(path)}"]

    assert (moment(after, 3, "head/logits/kernel") == moment(before, 3, "head/logits/kernel")).all()
    assert not moment(after, 3, "block4/dense/kernel").any() and moment(after, 4, "block4/dense/kernel").any()
    born = after.checkpoints[4]["optimizer/born"]
    steps = int(after.checkpoints[3]["optimizer/0"])
    assert {path for path, age in zip(paths, born, strict=True) if age} == {path for path in paths if path.startswith("block4/")}
    assert set(born[born > 0]) == {steps} and len(born) == count and "optimizer/born" not in after.checkpoints[3]


def test_a_melted_variable_takes_adams_first_steps_at_a_rising_rate(tuned):
    """Its first step is a tenth of the rate, as if it were the first of all; older variables go on with their own count."""
    net = network(tuned("full"), 10)
    optimizer, variable = net.optimizer, net.variables["head/logits/kernel"]
    optimizer.reset()
    optimizer.decays = optimizer.pulls = False
    optimizer.steer(0.01, {variable.path: 1.0})
    gradient = np.full(variable.shape, 2.0, "float32")
    for _ in range(7):
        optimizer.apply([gradient], [variable])
    optimizer.melt([variable.path])
    optimizer.melts = True
    sizes = []
    for _ in range(12):
        start = np.array(variable.value)
        optimizer.apply([gradient], [variable])
        sizes.append(float((start - np.array(variable.value)).mean()))
    optimizer.melts = False
    assert sizes == pytest.approx([0.01 * min(step / 10, 1) for step in range(1, 13)], rel=1e-3)


@pytest.mark.parametrize("prefix", range(4))
def test_the_prefix_cache_is_given_up_and_taken_without_a_change_in_the_numbers(tuned, source, monkeypatch, prefix):
    """Steps on cached features and steps through all blocks end within rounding of each other."""
    asked = [(Place(2), "block4", 1.0)]
    features.forget()
    whole = Hand(asked.copy())
    outcome = train(tuned("linear_probe", epochs=5), whole, source)
    original = Structure.of.__func__

    def smaller(cls, net, phase, decay=0.0, given=None):
        return original(cls, net, phase, decay, prefix)

    monkeypatch.setattr(Structure, "of", classmethod(smaller))
    other = train(tuned("linear_probe", epochs=5), Hand(asked.copy()), source)
    for path, values in outcome.weights.items():
        np.testing.assert_allclose(values, other.weights[path], atol=2e-5)


def test_a_longer_prefix_is_taken_only_while_it_pays(tuned, source, monkeypatch):
    asked = []
    original = Structure.of.__func__

    def seen(cls, net, phase, decay=0.0, prefix=None):
        asked.append(original(cls, net, phase, decay, prefix).prefix)
        return original(cls, net, phase, decay, prefix)

    monkeypatch.setattr(Structure, "of", classmethod(seen))
    train(tuned("full", epochs=6), Hand([(Place(2), "block1", 0.0), (Place(5), "block2", 0.0)]), source)
    assert asked == [0, 0, 1, 1]


def test_a_pull_is_measured_with_the_strength_that_it_ended_with(steered):
    outcome, hand = steered("l2_sp", ((2, 0), "strength", 2.0))
    assert hand.spec.course[-1].phase.find(Pull) == Pull(2.0, 0.01) and outcome.result["penalty"] > 0


def test_every_epoch_says_what_was_taken_for_what(steered):
    _, hand = steered("linear_probe")
    for row in hand.rows:
        table = np.array(row["confusion"])
        assert table.shape == (10, 10) and table.sum() == 179
        assert np.trace(table) / 179 == pytest.approx(row["val_accuracy"])


def test_a_run_can_be_parked(tuned, source):
    outcome = train(tuned("full", epochs=6), Hand(halt="park"), source)
    assert outcome.state == "parked" and outcome.result["seal"]


NAMES = some.sampled_from(["learning_rate", "batch_size", "block1", "block2", "block3", "block4", "head"])
VALUES = some.sampled_from([0, 0.1, 1, 5, 12, 1e-3])


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(some.lists(some.tuples(some.integers(0, 3), some.integers(0, 3), NAMES, VALUES), min_size=1, max_size=4))
def test_any_steering_is_repeated_by_its_record(tuned, source, alike, asked):
    hand = Hand([(Place(epoch, step), name, value) for epoch, step, name, value in asked])
    outcome = train(tuned("full", epochs=4), hand, source)
    assert outcome.state == "finished" and outcome.result["seal"]
    repeated = train(hand.spec, Hand(), source)
    assert alike(repeated.weights, outcome.weights)


def test_a_slower_stretch_begins_with_short_calls(tuned, source, monkeypatch):
    """Steps on cached features are fast, those through all blocks are not: what was learned of the first says nothing of the second."""
    sizes, original = [], calls.Calls._size

    def seen(self, end, total, single):
        whole, until = original(self, end, total, single)
        sizes.append((self.place.epoch, whole * total))
        return whole, until

    monkeypatch.setattr(calls.Calls, "_size", seen)
    train(tuned("lp_ft", epochs=400), calls_of := Hand(), source)
    assert calls_of.rows[-1]["epoch"] == 400
    first = next(steps for epoch, steps in sizes if epoch >= 200)
    assert max(steps for epoch, steps in sizes if epoch < 200) > 2 * first or first <= 32


def test_calls_that_were_kept_short_say_nothing_of_longer_ones(tuned, source):
    """Where a hand allowed one epoch at a time, the allowance is that of an epoch, not what it would have grown to."""
    seen = []

    class Slow(Hand):
        def leash(self, epoch):
            seen.append(self.calls.allowance)
            return 1

    hand, original = Slow(), calls.Calls.__init__

    def known(self, *given, **more):
        original(self, *given, **more)
        hand.calls = self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls.Calls, "__init__", known)
        train(tuned("linear_probe", epochs=60), hand, source)
    total = 4 + 1
    assert max(seen[5:]) <= 8 * total
