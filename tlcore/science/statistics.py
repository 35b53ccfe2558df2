"""What a few seeds allow to say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

LEVEL = 0.95
FEWEST = 5  # seeds; an interval from fewer would promise too much


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
    if len(values) < FEWEST:
        return None
    from scipy import stats

    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    width = float(stats.t.ppf((1 + level) / 2, len(values) - 1)) * error
    return mean(values) - width, mean(values) + width
