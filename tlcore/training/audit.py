"""The audit: after a run every variable is compared with its start, BatchNorm statistics included, and so it is after each stretch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tlcore.strategies import Phase, Renew, is_branch
from tlcore.training.network import Network

Weights = Mapping[str, np.ndarray]


def moved(start: Weights, end: Weights) -> dict[str, bool]:
    """For each variable path whether a single bit differs."""
    return {path: start[path].tobytes() != end[path].tobytes() for path in start}


class Vigil:
    """What a stretch of a run leaves alone is compared with how it was when the stretch began. broken: what moved all the same."""

    def __init__(self, net: Network) -> None:
        self.net, self.broken = net, set[str]()
        self._held: Weights = {}

    def begin(self, phase: Phase) -> None:
        """A stretch begins: see to the one before, and remember what this one leaves alone."""
        self.end()
        still = frozen(self.net, (phase,))
        self._held = {path: values for path, values in self.net.weights().items() if path in still}

    def end(self) -> None:
        """Look at what should have stayed since the last stretch began."""
        if self._held:
            now = self.net.weights()
            self.broken |= {path for path, changed in moved(self._held, {path: now[path] for path in self._held}).items() if changed}
        self._held = {}


def frozen(net: Network, phases: Iterable[Phase]) -> set[str]:
    """Paths of the variables that the phases promise not to move."""
    phases = tuple(phases)
    trained = {path for phase in phases for path in net.trained(phase)}
    return {path for path in net.variables if path not in trained and not any(_follows(net, path, phase) for phase in phases)}


def _follows(net: Network, path: str, phase: Phase) -> bool:
    """Whether a phase may move a variable that is not trained: statistics of BatchNorm that follow the batches, or are measured anew."""
    if net.variables[path].trainable:
        return False
    return phase.find(Renew) is not None or (phase.statistics and bool((*phase.factors, phase.head)[net.owner[path]]))


def blocks(net: Network, start: Weights, end: Weights, promised: set[str]) -> list[dict[str, Any]]:
    """The seal, part by part: name, state, drift, and drift of the statistics.

    state: frozen where all that was promised stayed to the last bit and nothing else moved, broken where something promised moved,
    beside where only the layers beside it moved, statistics where only those of BatchNorm moved, else moved. drift: |end - start| /
    |start| over the part's own trainable variables, None for the head, which starts anew; statistics: the same over BatchNorm's, None
    where there are none.
    """
    changed, last = moved(start, end), len(net.parts) - 1
    found = []
    for place, part in enumerate(net.parts):
        paths = [variable.path for variable in net.held(place)]
        own = [path for path in paths if not is_branch(path)]
        drifts = [_drift([path for path in own if net.variables[path].trainable is wanted], start, end) for wanted in (True, False)]
        row = {"name": part.name, "state": _state(net, paths, changed, promised), "drift": None if place == last else drifts[0]}
        found.append({**row, "statistics": drifts[1]})
    return found


def _state(net: Network, paths: list[str], changed: Mapping[str, bool], promised: set[str]) -> str:
    moving = [path for path in paths if changed[path]]
    if any(path in promised for path in moving):
        return "broken"
    if not moving:
        return "frozen"
    if all(map(is_branch, moving)):
        return "beside"
    return "moved" if any(net.variables[path].trainable for path in moving) else "statistics"


def _drift(paths: list[str], start: Weights, end: Weights) -> float | None:
    """How far some variables came, as a share of their size at the start."""
    size = sum(float((start[path].astype("float64") ** 2).sum()) for path in paths)
    if size == 0:
        return None
    return float((sum(float(((end[path].astype("float64") - start[path]) ** 2).sum()) for path in paths) / size) ** 0.5)
