"""Schedules: the learning rate over the steps of a run, as a factor of the chosen one.

An entry takes the number of steps and returns one factor a step, (steps,) float.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlcore.registry import Annotated, Registry, number

if TYPE_CHECKING:
    import numpy as np

SCHEDULES = Registry("schedule")

Warmup = Annotated[float, number("Share of the steps over which the rate rises to the chosen one.", 0.0, 0.5)]


@SCHEDULES.register
def constant(steps: int) -> np.ndarray:
    """Constant. The same rate in every step."""
    import numpy as np

    return np.ones(steps)


@SCHEDULES.register
def cosine(steps: int, *, warmup: Warmup = 0.05) -> np.ndarray:
    """Warm-up, then cosine. The rate rises in a line and falls to zero along half a cosine (Loshchilov & Hutter 2017)."""
    return warmup_cosine(steps, int(warmup * steps))


@SCHEDULES.register
def triangle(
    steps: int,
    *,
    cut: Annotated[float, number("Share of the steps after which the rate falls.", 0.01, 0.9, label="Peak at")] = 0.1,
    ratio: Annotated[float, number("How many times smaller than the peak the rate is at its ends.", 1.0, 1000.0)] = 32.0,
) -> np.ndarray:
    """Slanted triangle. The rate rises fast and falls slowly, both in a line (Howard & Ruder 2018)."""
    return slanted_triangle(steps, cut, ratio)


@SCHEDULES.register(finds=True)
def finder(
    steps: int, *, decades: Annotated[float, number("How many powers of ten below the chosen rate it begins.", 1.0, 8.0)] = 4.0
) -> np.ndarray:
    """Learning-rate finder. The rate grows tenfold again and again up to the chosen one; the run says which rate it suggests (Smith 2017)."""
    import numpy as np

    return np.geomspace(10**-decades, 1.0, steps) if steps > 1 else np.ones(steps)


def warmup_cosine(steps: int, warmup: int) -> np.ndarray:
    """Factors of steps 0 to steps - 1: (t + 1) / warmup before ``warmup``, 1 at it, 0 at ``steps`` (which is not reached)."""
    import numpy as np

    t = np.arange(steps)
    fall = 0.5 * (1 + np.cos(np.pi * (t - warmup) / max(1, steps - warmup)))
    return np.where(t < warmup, (t + 1) / max(1, warmup), fall)


def slanted_triangle(steps: int, cut: float, ratio: float) -> np.ndarray:
    """Factors of steps 0 to steps - 1 as in ULMFiT, equation 3."""
    import numpy as np

    t, top = np.arange(steps), max(1, int(steps * cut))
    share = np.where(t < top, t / top, 1 - (t - top) / (top * (1 / cut - 1)))
    return (1 + np.clip(share, 0, 1) * (ratio - 1)) / ratio
