"""Phases: what a strategy returns, and how they share the epochs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from tlcore.registry import Annotated, InputError, Registry, number
from tlcore.strategies.modifiers import Modifier

STRATEGIES = Registry("strategy")

GENTLE = 0.1  # rate of what was transferred beside a new head: 3e-4 beside 3e-3

BodyRate = Annotated[float, number("Learning rate of the transferred blocks, as a share of the head's.", 0.001, 1.0, log=True)]
Kind = TypeVar("Kind", bound=Modifier)


@dataclass(frozen=True)
class Phase:
    """A part of the time in which nothing changes but the weights.

    share: part of the epochs, over 0 and up to 1; the shares of a run add up to 1.
    factors: learning-rate factor of each block from the input on; 0 is frozen, BatchNorm statistics included.
    head: learning-rate factor of the head.
    statistics: False runs BatchNorm in inference mode in the trainable blocks too.
    fresh: how many of the last blocks start anew instead of from the source; counts in the first phase of a run.
    modifiers: what is more than a factor, at most one of each kind.
    """

    title: str
    share: float
    factors: tuple[float, ...]
    head: float = 1.0
    statistics: bool = True
    fresh: int = 0
    modifiers: tuple[Modifier, ...] = ()

    @property
    def prefix(self) -> int:
        """How many blocks, counted from the input, are frozen without a gap."""
        return next((place for place, factor in enumerate(self.factors) if factor), len(self.factors))

    def find(self, kind: type[Kind]) -> Kind | None:
        """The modifier of that kind."""
        return next((each for each in self.modifiers if isinstance(each, kind)), None)


def plan(strategy: str, blocks: int, knobs: dict[str, object], epochs: int = 25) -> tuple[Phase, ...]:
    """The phases of a strategy on a backbone of so many blocks; knobs are checked. epochs: for a strategy that counts them."""
    entry = STRATEGIES[strategy]
    sizes = (blocks, epochs) if entry.facts.get("timed") else (blocks,)
    phases: tuple[Phase, ...] = entry(*sizes, **STRATEGIES.settings(strategy, knobs))
    return phases


def spread(phases: tuple[Phase, ...], epochs: int) -> Iterator[tuple[Phase, int, int]]:
    """Each phase with its first epoch (counted from 0) and the epoch after its last; a phase can be empty.

    >>> halves = Phase("head only", 0.5, (0.0,)), Phase("everything", 0.5, (1.0,))
    >>> [(first, last) for _, first, last in spread(halves, 5)]
    [(0, 2), (2, 5)]
    """
    done, share = 0, 0.0
    for phase in phases:
        share += phase.share
        last = epochs if phase is phases[-1] else int(share * epochs + 1e-9)  # .29 of 100 is 29, not 28.999999999999996
        yield phase, done, last
        done = last


def within(blocks: int, label: str, value: int, least: int = 0) -> None:
    """Refuse a number of blocks, or a block's number, that the backbone does not have."""
    if value > blocks:
        raise InputError(f"{label} is {value}, but this backbone has {blocks}: choose {least} to {blocks}.")
