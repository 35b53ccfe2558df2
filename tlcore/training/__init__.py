"""Training: one loop for everything. Importing this package is light; Keras comes with the first call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from tlcore.spec import Place, RunSpec

    Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to go on after ``epoch``: weights by variable path, and the optimizer's state."""

    epoch: int
    arrays: Arrays


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    state: finished, stopped, parked (to go on from its last checkpoint) or failed; error: one sentence when it failed.
    result: what was measured, as JSON values. weights: arrays by variable path.
    adapters: what was learned beside the blocks, the head and ``base``, the SHA-256 of the blocks they belong to; so they can be kept
    apart from the source and taken off again.
    arrays: larger measured arrays by name: predictions of the test part (n,) int, pictures (2, n, h, w, c) uint8.
    """

    state: str
    result: dict[str, Any] = field(default_factory=dict)
    weights: Arrays = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)
    error: str | None = None
    adapters: Arrays = field(default_factory=dict)


class Recorder(Protocol):
    """Where a run writes while it trains."""

    def epochs(self, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of finished epochs; they are durable when this returns."""

    def checkpoint(self, epoch: int, arrays: Arrays) -> None:
        """Keep the state after an epoch."""

    def glimpse(self, epoch: int, arrays: Arrays, once: Arrays) -> None:
        """Keep what a pretraining shows after an epoch. once: what is the same for all epochs. See ``tlcore.training.glimpse``."""

    def wish(self) -> str | None:
        """Say that the run is alive; return "stop" when somebody wants that, "park" when it should go on another time."""

    def hear(self, spec: RunSpec, place: Place, now: Place) -> RunSpec:
        """Take what was asked for since the last time, which counts from ``place`` on; return the run with what was changed.

        now: what the run has come to; an epoch counts once its validation is done too. Does not return while the run is on hold, but
        for a wish.
        """

    def leash(self, epoch: int) -> int:
        """How many epochs may follow before it is asked again."""


class Silent:
    """A recorder that keeps rows and glimpses in lists, for tests and benchmarks."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.glimpses: list[tuple[int, Arrays]] = []
        self.once: Arrays = {}

    def epochs(self, rows: list[dict[str, Any]]) -> None:
        self.rows += rows

    def checkpoint(self, epoch: int, arrays: Arrays) -> None:
        pass

    def glimpse(self, epoch: int, arrays: Arrays, once: Arrays) -> None:
        self.glimpses.append((epoch, arrays))
        self.once = once

    def wish(self) -> str | None:
        return None

    def hear(self, spec: RunSpec, place: Place, now: Place) -> RunSpec:
        return spec

    def leash(self, epoch: int) -> int:
        return 1 << 20


def train(spec: RunSpec, recorder: Recorder, source: Arrays | None = None, checkpoint: Checkpoint | None = None) -> Outcome:
    """Train one run from its spec, or go on from a checkpoint; ``source`` holds the weights of the source model.

    The same spec gives bitwise the same weights on the same machine, thread count and versions.
    """
    from tlcore.training.run import train as run

    return run(spec, recorder, source, checkpoint)


def judge(spec: RunSpec, weights: Arrays, probe: str = "") -> Outcome:
    """Measure weights that were trained elsewhere, on our own data and by the same code as at the end of a run; nothing is trained.

    probe: a data set on which the encoder is tried as well. InputError: the weights do not fit the net of the spec, or give no numbers.
    """
    from tlcore.training.run import judge as run

    return run(spec, weights, probe)
