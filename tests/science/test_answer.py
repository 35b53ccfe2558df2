"""The generated sentence: it says what was measured, and no more than the seeds allow."""

from __future__ import annotations

import json

import pytest

from tlcore.science.answer import Setting, answer

PHRASES = {
    "scratch": "from scratch",
    "scratch_long": "from scratch with 5 times the epochs",
    "random_frozen": "with blocks frozen at random",
    "linear_probe": "with all blocks frozen",
    "full": "with everything tuned at once",
    "lp_ft": "with probe-then-tune",
}
SETTING = Setting("5 labels a class of mnist", "glyphs", 4, 25, 500, False, False, lambda arm: PHRASES.get(arm, arm))
MEANS = {"scratch": 0.65, "linear_probe": 0.83, "full": 0.75, "lp_ft": 0.88}
CONDITIONS = "A source model of its own for each seed; one learning rate, not tuned. The validation part (500 images) is not counted among the labels"


def row(arm, frozen, seed, mean):
    return {"arm": arm, "frozen": frozen, "seed": seed, "accuracy": mean, "val": mean}


def rows(seeds, means=MEANS):
    return [row(arm, None, seed, mean + 0.01 * (seed % 3 - 1) * (arm == "lp_ft")) for seed in range(seeds) for arm, mean in means.items()]


def depths(seeds, means):
    found = [row("scratch", None, seed, 0.65 + 0.01 * (seed % 3 - 1)) for seed in range(seeds)]
    return found + [row("freeze", k, seed, mean) for seed in range(seeds) for k, mean in enumerate(means)]


def test_few_seeds_give_means_and_no_verdict():
    found = answer("arms", rows(3), SETTING)
    assert found["label"] == "Measured"
    assert found["sentence"] == (
        "Measured with 5 labels a class of mnist, 25 epochs and 3 seeds: what was learned from glyphs, with probe-then-tune, came 23.0 points "
        "above training from scratch. The mean test accuracy was 88.0 % with probe-then-tune, 83.0 % with all blocks frozen, 75.0 % with "
        f"everything tuned at once and 65.0 % from scratch. {CONDITIONS}; nor is pretraining counted."
    )
    assert all(arm["low"] is None and arm["n"] == 3 for arm in found["arms"])
    assert found["difference"]["mean"] == pytest.approx(0.23) and found["difference"]["low"] is None
    assert (found["verdict"]["label"], found["verdict"]["more_seeds"], found["verdict"]["interval"]) == ("inconclusive", 2, None)


def test_five_seeds_give_a_verdict_with_its_interval():
    found = answer("arms", rows(5), SETTING)
    assert found["label"] == "Helps" and found["verdict"]["label"] == "helps"
    assert found["sentence"].startswith(
        "Transfer helps with 5 labels a class of mnist, 25 epochs and 5 seeds: what was learned from glyphs"
    )
    assert "(95 % interval +21.8 to +23.8, p < 0.001) above training from scratch" in found["sentence"]
    low, high = found["verdict"]["interval"]
    assert low < found["verdict"]["mean"] < high and found["verdict"]["more_seeds"] == 0
    assert all(word in found["verdict"]["sentence"] for word in ("glyphs", "5 labels a class", "25 epochs", "5 seeds", "pretraining"))


def test_transfer_that_harms_is_said_as_plainly():
    found = answer("arms", rows(6, {"scratch": 0.9, "lp_ft": 0.8}), SETTING)
    assert found["label"] == "Harms" and "Transfer harms with" in found["sentence"]


def test_what_is_open_says_how_many_seeds_would_tell():
    noisy = [row("lp_ft", None, seed, 0.66 + 0.05 * (-1) ** seed) for seed in range(5)]
    found = answer("arms", [*rows(5, {"scratch": 0.65}), *noisy], SETTING)
    assert found["label"] == "Inconclusive" and "more seeds would tell them apart" in found["sentence"]


def test_the_compared_arm_is_named_before_anything_is_measured():
    found = answer("arms", rows(3, {**MEANS, "linear_probe": 0.99}), SETTING)
    assert found["difference"]["arm"] == "lp_ft", "choosing the best arm after looking would flatter transfer"


def test_controls_are_in_the_sentence_and_on_the_card():
    found = answer("arms", rows(5, {**MEANS, "scratch_long": 0.7, "random_frozen": 0.5}), SETTING)
    assert "above training from scratch with 5 times the epochs; 37.8 points" in found["sentence"]
    against = [(each["arm"], each["against"]) for each in found["contrasts"]]
    assert against[:3] == [("lp_ft", "scratch"), ("lp_ft", "scratch_long"), ("lp_ft", "random_frozen")]
    assert set(against[3:]) == {("linear_probe", "scratch"), ("full", "scratch")}


def test_the_best_depth_with_both_ends_beside_it():
    found = answer("freezing", depths(3, [0.7, 0.72, 0.8, 0.85, 0.83]), SETTING)
    assert (
        "The mean test accuracy was 85.0 % with the first 3 of 4 blocks frozen, against 70.0 % with nothing frozen and 83.0 %"
        in found["sentence"]
    )
    assert "the depth was chosen by it" in found["sentence"] and found["best"] == {"arm": "freeze", "frozen": 3}


def test_from_five_seeds_on_depths_are_told_apart_with_their_p():
    told = answer("freezing", depths(5, [0.7, 0.85, 0.8, 0.85, 0.83]), SETTING)["said"]["means"]
    assert "70.0 % with nothing frozen (lower, p < 0.001)" in told


def test_two_seeds_name_no_cheapest_depth():
    assert answer("freezing", depths(2, [0.7, 0.72, 0.8, 0.85, 0.83]), SETTING)["cheapest"] is None


def test_the_depth_is_chosen_on_validation_and_measured_on_test():
    chosen = [{**each, "val": 1.0 if each["frozen"] == 1 else each["val"]} for each in depths(3, [0.7, 0.72, 0.8, 0.85, 0.83])]
    found = answer("freezing", chosen, SETTING)
    assert found["best"]["frozen"] == 1 and found["difference"]["mean"] == pytest.approx(0.07)


def test_the_cheapest_depth_lies_within_one_standard_error_of_the_best():
    spread = [0.02, -0.02, 0.0]
    near = [{**each, "val": 0.8 + (spread[each["seed"]] if each["frozen"] == 1 else 0)} for each in depths(3, [0.5] * 5)]
    for each in near:
        if each["arm"] == "freeze":
            each["val"] += {0: -0.1, 1: 0.02, 2: 0.0, 3: 0.015, 4: -0.05}[each["frozen"]]
    assert answer("freezing", near, SETTING)["cheapest"] == 3  # 0.02 - 0.0115 is reached by three frozen, not by four


@pytest.mark.parametrize(
    ("means", "said"), [([0.9, 0.8, 0.7, 0.6, 0.5], "with nothing frozen"), ([0.5, 0.6, 0.7, 0.8, 0.9], "with everything frozen")]
)
def test_an_end_can_be_the_best(means, said):
    assert f"90.0 % {said}, against" in answer("freezing", depths(2, means), SETTING)["sentence"]


def test_every_budget_has_its_comparison():
    found = answer(
        "label_budget",
        [row(arm, labels, seed, mean) for seed in range(5) for labels in (1, 5, 20) for arm, mean in MEANS.items()],
        Setting("mnist", "glyphs", 4, 25, 500, True, True, SETTING.phrase),
    )
    assert [(each["frozen"], each["against_frozen"]) for each in found["contrasts"]] == [(1, 1), (5, 5), (20, 20)]
    assert "1 label a class of mnist" in found["sentence"] and "+23.0 at 1, +23.0 at 5 and +23.0 at 20" in found["sentence"]
    assert "One source model; learning rates chosen on validation" in found["sentence"]


def test_without_a_baseline_nothing_is_compared():
    found = answer("arms", rows(3, {"lp_ft": 0.8}), SETTING)
    assert found["difference"] is None and found["verdict"] is None and "above" not in found["sentence"]
    assert answer("freezing", [], SETTING)["verdict"] is None


def test_only_seeds_that_both_have_are_compared():
    found = answer("arms", [each for each in rows(3) if (each["arm"], each["seed"]) != ("scratch", 2)], SETTING)
    assert found["difference"]["n"] == 2


def test_an_answer_is_json():
    found = answer("freezing", depths(5, [0.7, 0.72, 0.8, 0.85, 0.83]), SETTING)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
