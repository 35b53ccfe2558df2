"""The answer of a race: who beats random blocks, and who is said to give nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from tlcore.science.race import NOTHING, answer, judged_at


def rows(seeds=5, **means):
    """Accuracies of arms at 5 and 20 labels a class, with a spread over seeds that is the same for all but their own noise."""
    noise = np.random.default_rng(0)
    shared = noise.normal(0, 0.02, seeds)
    return [
        {"arm": arm, "target": "mnist", "frozen": labels, "seed": seed, "accuracy": mean + shared[seed] + noise.normal(0, 0.004)}
        for arm, mean in means.items()
        for labels in (5, 20)
        for seed in range(seeds)
    ]


MEANS = {"random_frozen": 0.5, "scratch": 0.6, "simclr": 0.7, "vae": 0.5, "rotation": 0.45}


def test_the_best_comes_first_and_who_gives_nothing_is_named():
    found = answer(rows(**MEANS), str.upper, "Conditions.")
    assert [(each["arm"], each["beats"]) for each in found["standings"]] == [("simclr", True), ("vae", False), ("rotation", False)]
    assert {each["labels"] for each in found["standings"]} == {20}
    assert "SIMCLR came furthest" in found["sentence"] and f"{NOTHING.capitalize()}: VAE, ROTATION." in found["sentence"]
    assert found["label"] == "Helps" and json.loads(json.dumps(found)) == found


def test_gain_interval_and_p_are_those_of_the_paired_test():
    data = rows(random_frozen=0.5, simclr=0.51)
    gains = [a["accuracy"] - b["accuracy"] for a, b in zip(data[15:], data[5:10], strict=True)]
    (found,) = answer(data, str, "")["standings"]
    test = stats.ttest_1samp(gains, 0, alternative="greater")
    assert found["gain"] == pytest.approx(np.mean(gains)) and found["p"] == pytest.approx(test.pvalue)
    assert (found["low"], found["high"]) == pytest.approx(stats.t.interval(0.95, 4, np.mean(gains), stats.sem(gains)))


def test_racers_are_judged_together():
    one = answer(rows(random_frozen=0.5, simclr=0.507), str, "")["standings"][0]["p"]
    several = answer(rows(random_frozen=0.5, simclr=0.507, vae=0.5, rotation=0.5), str, "")["standings"]
    assert next(each["p"] for each in several if each["arm"] == "simclr") > one


def test_few_seeds_draw_no_verdict():
    found = answer(rows(4, **MEANS), str, "")
    assert found["label"] == "Measured" and "Fewer than 5 seeds draw no verdict." in found["sentence"]
    assert {each["beats"] for each in found["standings"]} == {None} and {each["beats"] for each in found["arms"]} == {None}


def test_a_race_in_which_nobody_gains_says_so():
    found = answer(rows(random_frozen=0.6, scratch=0.5, vae=0.55), str, "")
    assert found["label"] == "Inconclusive" and "No measurable benefit here: vae." in found["sentence"]


def test_several_targets_have_standings_of_their_own():
    data = rows(**MEANS) + [{**each, "target": "digits", "accuracy": 1 - each["accuracy"]} for each in rows(**MEANS)]
    found = answer(data, str, "")
    best = {each["target"]: each["arm"] for each in reversed(found["standings"])}
    assert best == {"mnist": "simclr", "digits": "rotation"}
    assert "On mnist" in found["sentence"] and "On digits" in found["sentence"]


@pytest.mark.parametrize(("amounts", "at"), [([None, 20, 1], 20), ([2, 3], 3), ([None], None), ([100, 50], 50)])
def test_where_racers_are_judged_is_fixed_before(amounts, at):
    assert judged_at(amounts) == at


@pytest.mark.parametrize(("scratch", "who"), [(0.6, "SIMCLR is"), (0.4, "all are"), (0.9, "none is"), (0.48, "SIMCLR, VAE are")])
def test_who_is_above_scratch_is_said(scratch, who):
    said = answer(rows(**{**MEANS, "scratch": scratch}), str.upper, "")["sentence"]
    assert f"{who} above it on average." in said and "From scratch reached" in said


def test_who_beats_random_blocks_and_stays_below_scratch_has_not_helped():
    assert answer(rows(**{**MEANS, "scratch": 0.9}), str, "")["label"] == "Below scratch"
