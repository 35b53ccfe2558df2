"""What a few seeds allow to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
FEWEST = 5  # seeds; an interval from fewer would promise too much
POWER = 0.8
MOST = 200  # seeds that a person might still be asked for
FLIPS = 2**16  # sign flips counted one by one, which is all of them up to 16 seeds; above, so many are drawn


def mean(values: Sequence[float]) -> float:
    """The mean.

    >>> mean([0.25, 0.75])
    0.5
    """
    return math.fsum(values) / len(values)


def interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """The t interval of the mean (Student 1908), in the unit of the values; None from fewer than five.

    A percentile bootstrap over so few seeds covers far less than it says; t holds what it promises for values near normal.

    >>> low, high = interval([0.012, 0.02, 0.005, 0.018, 0.009])
    >>> round(low, 4), round(high, 4)
    (0.0051, 0.0205)
    """
    return None if len(values) < FEWEST else _interval(values, level)


@dataclass(frozen=True)
class Paired:
    """A paired comparison over n seeds; means, sd and interval in the unit of the differences.

    t, p: of the paired t test, two-sided (Student 1908). interval: of the mean, at 95 %.
    dz: mean over sd. gz: the same, corrected for few seeds (Hedges 1981).
    positive, negative: how many seeds have which sign.
    sign_flip: exact two-sided p of the sign-flip test (Fisher 1935); sign_flip_one_sided: that of a positive mean.
    With one seed sd, t, p, interval and effect sizes are None; gz also where seeds are two or all alike.
    """

    n: int
    mean: float
    sd: float | None
    t: float | None
    p: float | None
    interval: tuple[float, float] | None
    dz: float | None
    gz: float | None
    positive: int
    negative: int
    sign_flip: float
    sign_flip_one_sided: float


def paired(differences: Sequence[float]) -> Paired:
    """Compare two arms by their differences over the same seeds, (n,) float. Raises ValueError without any.

    >>> found = paired([0.012, 0.02, 0.005, 0.018, 0.009])
    >>> round(found.t, 2), round(found.p, 3), found.sign_flip
    (4.6, 0.01, 0.0625)
    """
    values = [float(value) for value in differences]
    if not values:
        raise ValueError("A comparison needs at least one difference.")
    middle, n = mean(values), len(values)
    signs = sum(value > 0 for value in values), sum(value < 0 for value in values)
    flips = _sign_flip(values, "two-sided"), _sign_flip(values, "greater")
    if n < 2:
        return Paired(n, middle, None, None, None, None, None, None, *signs, *flips)
    sd = _sd(values)
    dz = middle / sd if sd else math.copysign(math.inf, middle) if middle else 0.0
    t = dz * math.sqrt(n)
    gz = dz * _hedges(n) if n > 2 and math.isfinite(dz) else None
    return Paired(n, middle, sd, t, _p(t, n), _interval(values, LEVEL), dz, gz, *signs, *flips)


def one_sided(differences: Sequence[float]) -> float:
    """p of the paired t test that the mean is over zero; 1 from one seed."""
    found = paired(differences)
    if found.p is None or found.t is None:
        return 1.0
    return found.p / 2 if found.t > 0 else 1 - found.p / 2


def equivalence(differences: Sequence[float], margin: float) -> float:
    """p of the two one-sided tests (Schuirmann 1987) that the mean lies within ``margin`` of zero; 1 from fewer than two.

    >>> equivalence([0.001, -0.002, 0.0, 0.002, -0.001], margin=0.01) < 0.001
    True
    """
    n, middle = len(differences), mean(differences)
    sd = _sd(differences) if n > 1 else 0.0
    if n < 2:
        return 1.0
    if sd == 0:
        return 0.0 if abs(middle) < margin else 1.0
    from scipy import stats

    return float(stats.t.sf((margin - abs(middle)) / sd * math.sqrt(n), n - 1))


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for being looked at together (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    found, worst = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda each: ps[each])):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[place]))
        found[place] = worst
    return found


def seeds_for(effect: float, power: float = POWER, level: float = LEVEL) -> int | None:
    """How many seeds a two-sided paired t test needs to see an effect of size dz; None if over 200.

    >>> [seeds_for(dz) for dz in (0.5, 1.0, 2.0)]
    [34, 10, 5]
    """
    from scipy import stats

    for n in range(2, MOST + 1):
        edge, shift = stats.t.ppf((1 + level) / 2, n - 1), abs(effect) * math.sqrt(n)
        if stats.nct.sf(edge, n - 1, shift) + stats.nct.cdf(-edge, n - 1, shift) >= power:
            return n
    return None


def seeds_to_agree(middle: float, sd: float, margin: float, level: float = LEVEL) -> int | None:
    """How many seeds would show a difference like this to lie within ``margin`` of zero; None if over 200, or if it does not."""
    from scipy import stats

    room = margin - abs(middle)
    if room <= 0:
        return None
    return next((n for n in range(2, MOST + 1) if stats.t.sf(room / max(sd, 1e-12) * math.sqrt(n), n - 1) < 1 - level), None)


def _sd(values: Sequence[float]) -> float:
    """The standard deviation; what is only rounding of equal values counts as none."""
    sd = float(np.std(values, ddof=1))
    return 0.0 if sd <= 1e-12 * max(abs(value) for value in values) else sd


def _interval(values: Sequence[float], level: float) -> tuple[float, float]:
    from scipy import stats

    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    width = float(stats.t.ppf((1 + level) / 2, len(values) - 1)) * error
    return mean(values) - width, mean(values) + width


def _p(t: float, n: int) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), n - 1))


def _hedges(n: int) -> float:
    """Factor that takes the upward bias out of dz; the approximation 1 - 3 / (4 df - 1) as usual."""
    return 1 - 3 / (4 * (n - 1) - 1)


def _sign_flip(values: list[float], alternative: str) -> float:
    from scipy import stats

    if len(values) < 2:
        return 1.0 if alternative == "two-sided" or values[0] <= 0 else 0.5
    tested = stats.permutation_test((values,), _mean_of, permutation_type="samples", n_resamples=FLIPS, alternative=alternative, rng=0)
    return float(tested.pvalue)


def _mean_of(values: np.ndarray, axis: int = -1) -> np.ndarray:
    found: np.ndarray = np.mean(values, axis=axis)
    return found
