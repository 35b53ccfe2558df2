"""Measures of transfer between two learning curves (Taylor & Stone 2009): what it gave at the start, at the end, and on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LAST = 0.1  # share of a curve that counts as its end
DRAWS = 2000  # resamples of seeds for an interval of a crossing


@dataclass(frozen=True)
class Gains:
    """Of a transferred curve over one from scratch, in the unit of the curves (areas: times that of the steps).

    jumpstart: difference before the first step. asymptotic_gain: difference of the means over the last tenth.
    transfer_ratio: (area - area from scratch) / area from scratch; None where that is 0.
    time_to_threshold, time_to_threshold_scratch: steps to a value, between points on a straight line; None if never reached.
    """

    jumpstart: float
    asymptotic_gain: float
    area: float
    area_scratch: float
    transfer_ratio: float | None
    time_to_threshold: float | None
    time_to_threshold_scratch: float | None


def gains(steps: Sequence[float], transfer: Sequence[float], scratch: Sequence[float], threshold: float) -> Gains:
    """Compare two curves measured at the same steps (epochs, examples seen or seconds, ascending), each of shape (n,).

    A new random head makes the jumpstart about zero by construction.

    >>> found = gains([0, 1, 2], [0.5, 0.6, 0.7], [0.1, 0.5, 0.6], threshold=0.6)
    >>> round(found.jumpstart, 3), found.time_to_threshold, found.time_to_threshold_scratch
    (0.4, 1.0, 2.0)
    """
    area, area_scratch = (float(np.trapezoid(curve, steps)) for curve in (transfer, scratch))
    last = max(1, int(LAST * len(steps)))
    return Gains(
        jumpstart=float(transfer[0] - scratch[0]),
        asymptotic_gain=float(np.mean(transfer[-last:]) - np.mean(scratch[-last:])),
        area=area,
        area_scratch=area_scratch,
        transfer_ratio=(area - area_scratch) / area_scratch if area_scratch else None,
        time_to_threshold=time_to(steps, transfer, threshold),
        time_to_threshold_scratch=time_to(steps, scratch, threshold),
    )


def time_to(steps: Sequence[float], curve: Sequence[float], threshold: float) -> float | None:
    """Steps until a curve first reaches a value; None is "not within this budget", which is no number.

    >>> time_to([0, 1, 2], [0.0, 0.5, 1.0], 0.75), time_to([0, 1], [0.0, 0.5], 0.75)
    (1.5, None)
    """
    place = next((place for place, value in enumerate(curve) if value >= threshold), None)
    if place is None or place == 0:
        return None if place is None else float(steps[0])
    before, after = curve[place - 1], curve[place]
    return float(steps[place - 1] + (threshold - before) / (after - before) * (steps[place] - steps[place - 1]))


@dataclass(frozen=True)
class Crossing:
    """Where scratch catches up; None is "not within the budget".

    low, high: what 95 % of the resampled seeds span, from five seeds on. share: of the resamples in which it catches up at all.
    """

    at: float | None
    low: float | None
    high: float | None
    share: float | None


def crossing(steps: Sequence[float], transfer: np.ndarray, scratch: np.ndarray, fewest: int = 5) -> Crossing:
    """The smallest step from which on scratch is at least as good in the paired mean, to the end of the budget.

    transfer, scratch: (seeds, steps) values measured at the same steps; a bootstrap over seeds gives the interval.

    >>> crossing([1, 5, 20], np.array([[0.8, 0.85, 0.9]]), np.array([[0.5, 0.8, 0.95]])).at
    12.5
    """
    lead = np.asarray(scratch, "float64") - np.asarray(transfer, "float64")
    at = float(_catches_up(steps, lead.mean(0)[None])[0])
    if len(lead) < fewest:
        return Crossing(_within(at), None, None, None)
    drawn = np.random.default_rng(0).integers(0, len(lead), (DRAWS, len(lead)))
    caught = _catches_up(steps, lead[drawn].mean(1))
    low, high = np.percentile(caught, (2.5, 97.5), method="nearest")
    return Crossing(_within(at), _within(low), _within(high), float(np.isfinite(caught).mean()))


def _catches_up(steps: Sequence[float], leads: np.ndarray) -> np.ndarray:
    """For each of ``leads``, shape (n, steps), where it becomes 0 or more for good; infinity where it does not."""
    places = np.asarray(steps, "float64")
    behind = leads < 0
    last = np.where(behind.any(1), leads.shape[1] - 1 - behind[:, ::-1].argmax(1), -1)
    left, right = np.clip(last, 0, None), np.clip(last + 1, None, leads.shape[1] - 1)
    row = np.arange(len(leads))
    rise = leads[row, right] - leads[row, left]
    share = np.divide(-leads[row, left], rise, out=np.zeros(len(leads)), where=rise > 0)
    found = places[left] + share * (places[right] - places[left])
    return np.where(last < 0, places[0], np.where(last == leads.shape[1] - 1, np.inf, found))


def _within(place: float) -> float | None:
    return float(place) if np.isfinite(place) else None


@dataclass(frozen=True)
class Worth:
    """What a source is worth in data (Hernandez 2021, equation 1.1): D_T = D_E - D_F, in labelled examples.

    effective: D_E, how many scratch needs for the same loss. transferred: D_T. beyond: whether that is more than was ever tried, so that both
    are only known to be larger; nothing is extrapolated.
    """

    effective: float
    transferred: float
    beyond: bool


def worth(tuned: float, loss: float, sizes: Sequence[float], losses: Sequence[float]) -> Worth:
    """How much data scratch needs to reach the loss that tuning reached on ``tuned`` examples.

    sizes, losses: of training from scratch, ascending sizes; made monotone first (isotonic), then interpolated on logarithms of both.

    >>> found = worth(10, 0.5, [10, 100, 1000], [2.0, 0.5, 0.1])
    >>> round(found.effective, 6), round(found.transferred, 6), found.beyond
    (100.0, 90.0, False)
    >>> worth(10, 0.05, [10, 100, 1000], [2.0, 0.5, 0.1])
    Worth(effective=1000.0, transferred=990.0, beyond=True)
    """
    from sklearn.isotonic import IsotonicRegression

    falling = np.log(IsotonicRegression(increasing=False).fit(np.log(sizes), losses).predict(np.log(sizes)))
    wanted = float(np.log(loss))
    if wanted < falling[-1]:
        return Worth(float(sizes[-1]), float(sizes[-1]) - tuned, True)
    effective = float(np.exp(np.interp(wanted, falling[::-1], np.log(sizes)[::-1])))
    return Worth(effective, effective - tuned, False)
