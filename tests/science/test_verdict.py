"""The verdict on differences: which word, and how many more seeds would tell."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.science.verdict import Asked, judge


def one(differences):
    return judge([Asked("lp_ft", None, "scratch", None, differences)])[0]


def around(mean, sd, n):
    """n differences with exactly this mean and standard deviation."""
    values = np.random.default_rng(n).normal(size=n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


@pytest.mark.parametrize(
    ("differences", "label"),
    [
        (around(0.08, 0.02, 5), "helps"),
        (around(-0.08, 0.02, 5), "harms"),
        (around(0.001, 0.003, 8), "equivalent"),
        (around(0.004, 0.0005, 8), "equivalent"),
        (around(0.02, 0.05, 5), "inconclusive"),
        (around(0.08, 0.001, 4), "inconclusive"),
    ],
    ids=["helps", "harms", "equivalent", "sure but too small to matter", "wide", "four seeds never tell"],
)
def test_the_word(differences, label):
    assert one(differences).label == label


def test_what_is_told_needs_no_more_seeds():
    assert one(around(0.08, 0.02, 5)).more_seeds == 0


def test_few_seeds_are_brought_to_five():
    assert one([0.1]).more_seeds == 4 and one([0.1, 0.2, 0.1]).more_seeds == 2
    assert one([0.1]).p is None


def test_an_inconclusive_difference_says_how_many_would_tell():
    found = one(around(0.02, 0.02, 5))  # dz 1 needs ten
    assert (found.label, found.more_seeds) == ("inconclusive", 5)
    assert one(around(0.0101, 0.5, 5)).more_seeds is None, "more than 200"


def test_comparisons_on_one_card_are_judged_together():
    alone = one(around(0.03, 0.02, 5))
    card = judge(
        [Asked("lp_ft", None, other, None, around(0.03, 0.02, 5)) for other in ("scratch", "scratch_long", "random_frozen", "full")]
    )
    assert alone.label == "helps" and alone.p == alone.found.p
    assert card[0].p == pytest.approx(4 * alone.p) and card[0].label == "inconclusive"


def test_a_contrast_is_plain_values():
    plain = one(around(0.08, 0.02, 5)).plain()
    assert plain["label"] == "helps" and plain["low"] < plain["mean"] < plain["high"] and plain["positive"] == 5
    few = one([0.1, 0.2]).plain()
    assert few["low"] is None and few["n"] == 2
    assert one([0.1] * 5).plain()["t"] is None, "infinity is no JSON"
