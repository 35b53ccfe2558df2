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
    return {path for path in net.variables if not any(_moves(net, path, phase) for phase in phases)}


def _moves(net: Network, path: str, phase: Phase) -> bool:
    """Whether a phase may move a variable; statistics move only where BatchNorm follows the batches of a trained part."""
    factor = (*phase.factors, phase.head)[net.owner[path]]
    return bool(factor) and (net.variables[path].trainable or phase.statistics)
