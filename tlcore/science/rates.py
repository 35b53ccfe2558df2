"""The learning-rate finder: where a rate that grows makes the loss fall fastest (Smith 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SOFT = 3  # epochs over which losses are averaged
WORSE = 2.0  # times the lowest loss from which on the rate is too large


def suggested(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The rate at the steepest fall of the smoothed loss over log rate, before the loss has become too large; None if it never falls.

    rates: ascending, one an epoch; losses: mean training loss of the epochs, the last ones may be missing.

    >>> suggested([1e-4, 1e-3, 1e-2, 1e-1, 1.0], [2.3, 2.2, 1.0, 0.9, 9.0])
    0.01
    """
    count = min(len(rates), len(losses))
    seen = np.asarray(losses[:count], "float64")
    if count < 3 or not np.isfinite(seen).all():
        return None
    window = np.ones(min(SOFT, max(1, count // 5))) / min(SOFT, max(1, count // 5))
    smooth = np.convolve(seen, window, mode="valid")
    ends = np.asarray(rates[len(window) - 1 : count], "float64")
    good = int(np.argmax(smooth > WORSE * np.minimum.accumulate(smooth))) or len(smooth)
    fall = np.diff(smooth[:good]) / np.diff(np.log(ends[:good]))
    if not len(fall) or fall.min() >= 0:
        return None
    return float(ends[int(fall.argmin()) + 1])
