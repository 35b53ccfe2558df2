"""The generated sentence: it says what was measured, and no more than the seeds allow."""

from __future__ import annotations

import pytest

from tlcore.science.answer import Setting, answer

SETTING = Setting(
    "5 labels a class of mnist",
    "glyphs",
    4,
    {
        "scratch": "from scratch",
        "linear_probe": "with all blocks frozen",
        "full": "with everything tuned at once",
        "lp_ft": "with probe-then-tune",
    },
)
MEANS = {"scratch": 0.65, "linear_probe": 0.83, "full": 0.75, "lp_ft": 0.88}


def rows(seeds, means=MEANS):
    return [
        {"arm": arm, "frozen": None, "seed": seed, "accuracy": mean + 0.01 * (seed % 3 - 1)}
        for seed in range(seeds)
        for arm, mean in means.items()
    ]


def depths(seeds, means):
    found = [{"arm": "scratch", "frozen": None, "seed": seed, "accuracy": 0.65} for seed in range(seeds)]
    return found + [{"arm": "freeze", "frozen": k, "seed": seed, "accuracy": mean} for seed in range(seeds) for k, mean in enumerate(means)]


def test_few_seeds_give_means_and_no_interval():
    found = answer("arms", rows(3), SETTING)
    assert found["label"] == "Measured"
    assert found["sentence"] == (
        "With 5 labels a class of mnist and 3 seeds, the mean test accuracy was 88.0 % with probe-then-tune, 83.0 % with all blocks frozen, "
        "75.0 % with everything tuned at once and 65.0 % from scratch: what was learned from glyphs, with probe-then-tune, "
        "came 23.0 points above training from scratch."
    )
    assert all(arm["low"] is None and arm["n"] == 3 for arm in found["arms"])
    assert found["difference"]["mean"] == pytest.approx(0.23) and found["difference"]["low"] is None


def test_five_seeds_give_an_interval():
    found = answer("arms", rows(5), SETTING)
    assert "23.0 points (95 % interval +23.0 to +23.0) above" in found["sentence"]
    scratch = next(arm for arm in found["arms"] if arm["arm"] == "scratch")
    assert scratch["low"] < scratch["mean"] < scratch["high"]


def test_transfer_that_harms_is_said_as_plainly():
    found = answer("arms", rows(1, {"scratch": 0.9, "lp_ft": 0.8}), SETTING)
    assert "and 1 seed," in found["sentence"] and found["sentence"].endswith("came 10.0 points below training from scratch.")


def test_the_compared_arm_is_named_before_anything_is_measured():
    found = answer("arms", rows(3, {**MEANS, "linear_probe": 0.99}), SETTING)
    assert found["difference"]["arm"] == "lp_ft", "choosing the best arm after looking would flatter transfer"


def test_the_best_depth_with_both_ends_beside_it():
    sentence = answer("freezing", depths(3, [0.7, 0.72, 0.8, 0.85, 0.83]), SETTING)["sentence"]
    assert sentence == (
        "With 5 labels a class of mnist and 3 seeds, the highest mean test accuracy was 85.0 %, with the first 3 of 4 blocks frozen, "
        "against 70.0 % with nothing frozen and 83.0 % with everything frozen; that is 20.0 points above training from scratch."
    )


@pytest.mark.parametrize(
    ("means", "said"), [([0.9, 0.8, 0.7, 0.6, 0.5], "with nothing frozen"), ([0.5, 0.6, 0.7, 0.8, 0.9], "with everything frozen")]
)
def test_an_end_can_be_the_best(means, said):
    assert f"90.0 %, {said}, against" in answer("freezing", depths(2, means), SETTING)["sentence"]


def test_without_a_baseline_nothing_is_compared():
    found = answer("arms", rows(3, {"lp_ft": 0.8}), SETTING)
    assert found["difference"] is None and "scratch" not in found["sentence"]


def test_only_seeds_that_both_have_are_compared():
    found = answer("arms", [row for row in rows(3) if (row["arm"], row["seed"]) != ("scratch", 2)], SETTING)
    assert found["difference"]["n"] == 2
