"""The audit: after a run every variable is compared with its start, BatchNorm statistics included."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tlcore.strategies import Phase
from tlcore.training.network import Network


def moved(start: Mapping[str, np.ndarray], end: Mapping[str, np.ndarray]) -> dict[str, bool]:
    """For each variable path whether a single bit differs."""
    return {path: start[path].tobytes() != end[path].tobytes() for path in start}


def frozen(net: Network, phases: tuple[Phase, ...]) -> set[str]:
    """Paths of the variables that the phases promise not to move."""
    promised = set()
    for path, variable in net.variables.items():
        place = net.owner[path]
        factors = [(*phase.factors, phase.head)[place] for phase in phases]
        still = not any(factors)
        if not variable.trainable:  # statistics move only where a trainable block follows its batches
            still = not any(factor and phase.statistics for factor, phase in zip(factors, phases, strict=True))
        if still:
            promised.add(path)
    return promised
