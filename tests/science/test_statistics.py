"""Means, intervals and tests against known values; the cases are those of the reference, by their keys."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlcore.science.statistics import equivalence, holm, interval, mean, paired, seeds_for, seeds_to_agree

DIFFERENCES = [0.012, 0.02, 0.005, 0.018, 0.009]  # paired_stats


def test_the_interval_of_the_reference():
    assert mean(DIFFERENCES) == pytest.approx(0.0128)
    assert interval(DIFFERENCES) == pytest.approx((0.005075692196212766, 0.02052430780378723))


@pytest.mark.parametrize("few", [[], [0.5], [0.5, 0.6], [0.1, 0.2, 0.3, 0.4]])
def test_fewer_than_five_seeds_give_none(few):
    assert interval(few) is None


def test_it_covers_what_it_promises():
    rng = np.random.default_rng(0)
    inside = [low <= 0 <= high for low, high in (interval(sample) for sample in rng.normal(size=(2000, 5)))]
    assert 0.93 < np.mean(inside) < 0.97


def test_the_paired_comparison_of_the_reference():
    found = paired(DIFFERENCES)
    assert (found.mean, found.sd, found.t, found.p) == pytest.approx(
        (0.0128, 0.006220932405998316, 4.600864990013372, 0.010024357741857382)
    )
    assert found.interval == pytest.approx((0.005075692196212766, 0.02052430780378723))
    assert (found.dz, found.gz) == pytest.approx((2.057569374593758, 1.6460554996750068))
    assert (found.sign_flip_one_sided, found.sign_flip) == (0.03125, 0.0625)
    assert (found.n, found.positive, found.negative) == (5, 5, 0)


def test_five_seeds_cannot_reach_significance_by_signs_alone():
    assert paired([1.0, 1.1, 1.2, 1.3, 1.4]).sign_flip == 2 / 2**5


def test_signs_are_counted_exactly():
    """All 2^4 flips by hand."""
    values = np.array([0.3, -0.1, 0.2, 0.05])
    flips = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    means = (flips * values).mean(1)
    assert paired(values).sign_flip_one_sided == pytest.approx((means >= values.mean() - 1e-12).mean())


def test_the_sign_of_all_turned_turns_the_answer():
    one, other = paired(DIFFERENCES), paired([-each for each in DIFFERENCES])
    assert (other.mean, other.t, other.p) == pytest.approx((-one.mean, -one.t, one.p))
    assert other.negative == 5 and other.sign_flip == one.sign_flip


def test_equal_differences_leave_no_doubt():
    same, none = paired([0.1] * 5), paired([0.0] * 5)
    assert same.t == math.inf and same.p == 0 and same.gz is None
    assert (none.t, none.p, none.sign_flip, none.interval) == (0, 1, 1, (0, 0))


def test_one_seed_is_a_number_without_a_test():
    found = paired([0.2])
    assert (found.n, found.mean, found.sd, found.t, found.p, found.interval) == (1, 0.2, None, None, None, None)


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        paired([])


def test_many_seeds_are_flipped_at_random_and_twice_alike():
    values = np.random.default_rng(0).normal(0.5, 1, 30)
    assert paired(values).sign_flip == paired(values).sign_flip == pytest.approx(paired(values).p, abs=0.02)


@pytest.mark.parametrize(("effect", "seeds"), [(0.5, 34), (0.8, 15), (1.0, 10), (1.2, 8), (1.5, 6), (2.0, 5), (3.0, 4)])
def test_how_many_seeds_show_an_effect(effect, seeds):
    assert seeds_for(effect) == seeds_for(-effect) == seeds


def test_no_number_of_seeds_shows_what_is_not_there():
    assert seeds_for(0.0) is None and seeds_for(0.01) is None


def test_so_many_seeds_do_show_it():
    """What the noncentral t promises, drawn."""
    drawn = np.random.default_rng(1).normal(1.0, 1.0, (4000, seeds_for(1.0)))
    t = drawn.mean(1) / drawn.std(1, ddof=1) * math.sqrt(drawn.shape[1])
    assert np.mean(abs(t) > 2.2621571628) == pytest.approx(0.8, abs=0.03)


def test_holm_holds_the_order_and_never_lowers():
    ps = [0.04, 0.01, 0.03, 0.5]
    adjusted = holm(ps)
    assert adjusted == pytest.approx([0.09, 0.04, 0.09, 0.5])
    assert holm([]) == [] and holm([0.7]) == [0.7]
    assert all(after >= before for before, after in zip(ps, adjusted, strict=True))


def test_equivalence_needs_both_sides():
    near = [0.001, -0.002, 0.0, 0.002, -0.001]
    assert equivalence(near, 0.01) < 0.001
    assert equivalence([0.02 + each for each in near], 0.01) > 0.95
    assert equivalence([0.02 - each for each in near], 0.01) == pytest.approx(equivalence([each - 0.02 for each in near], 0.01))
    assert equivalence([0.0], 0.01) == 1.0 and equivalence([0.002] * 3, 0.01) == 0.0 and equivalence([0.02] * 3, 0.01) == 1.0


def test_how_many_seeds_would_show_that_there_is_none():
    few, many = seeds_to_agree(0.0, 0.005, 0.01), seeds_to_agree(0.0, 0.02, 0.01)
    assert few < many and seeds_to_agree(0.02, 0.001, 0.01) is None
    agreed = np.linspace(-1, 1, many)
    agreed *= 0.02 / agreed.std(ddof=1)
    assert equivalence(agreed, 0.01) < 0.05 <= equivalence(agreed[:3] * 1.0, 0.01)
