"""Fine-tuning strategies as data: each returns the phases of a run, and nothing else.

A phase is a share of the epochs and one learning-rate factor for each block of the backbone; a factor of 0 means
frozen. The head is always new and has a factor of its own. Strategies are compared as tuples and drawn as a strip.

Facts of an entry: label, its name in legends and tables; phrase, its name within a sentence; needs_source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tlcore.registry import Annotated, InputError, Registry, number, switch, whole

STRATEGIES = Registry("strategy")

GENTLE = 0.1  # rate of what was transferred beside a new head: 3e-4 beside 3e-3


@dataclass(frozen=True)
class Phase:
    """A part of the time in which nothing changes but the weights.

    share: part of the epochs, over 0 and up to 1; the shares of a run add up to 1.
    factors: learning-rate factor of each block from the input on; 0 is frozen, BatchNorm statistics included.
    head: learning-rate factor of the head.
    statistics: False runs BatchNorm in inference mode in the trainable blocks too.
    """

    title: str
    share: float
    factors: tuple[float, ...]
    head: float = 1.0
    statistics: bool = True

    @property
    def prefix(self) -> int:
        """How many blocks, counted from the input, are frozen without a gap."""
        return next((place for place, factor in enumerate(self.factors) if factor), len(self.factors))


def plan(strategy: str, blocks: int, knobs: dict[str, object]) -> tuple[Phase, ...]:
    """The phases of a strategy on a backbone of so many blocks; knobs are checked."""
    phases: tuple[Phase, ...] = STRATEGIES[strategy](blocks, **STRATEGIES.settings(strategy, knobs))
    return phases


def spread(phases: tuple[Phase, ...], epochs: int) -> Iterator[tuple[Phase, int, int]]:
    """Each phase with its first epoch (counted from 0) and the epoch after its last; a phase can be empty.

    >>> [(first, last) for _, first, last in spread(lp_ft(4), 5)]
    [(0, 2), (2, 5)]
    """
    done, share = 0, 0.0
    for phase in phases:
        share += phase.share
        last = epochs if phase is phases[-1] else int(share * epochs + 1e-9)  # .29 of 100 is 29, not 28.999999999999996
        yield phase, done, last
        done = last


@STRATEGIES.register(label="From scratch", phrase="from scratch", needs_source=False)
def scratch(blocks: int) -> tuple[Phase, ...]:
    """From scratch. Nothing is transferred: every block starts at random and is trained."""
    return (Phase("everything from scratch", 1.0, (1.0,) * blocks),)


@STRATEGIES.register(label="Frozen", phrase="with all blocks frozen", needs_source=True)
def linear_probe(blocks: int) -> tuple[Phase, ...]:
    """Frozen: only a new head. All blocks keep what they learned; a linear head is trained on top (Alain & Bengio 2016)."""
    return (Phase("head only", 1.0, (0.0,) * blocks),)


@STRATEGIES.register(label="Partly frozen", phrase="partly frozen", needs_source=True)
def freeze(
    blocks: int,
    *,
    frozen: Annotated[int, whole("How many blocks, counted from the input, keep what they learned.", 0, 32, label="Frozen blocks")] = 2,
    body_rate: Annotated[float, number("Learning rate of the trainable blocks, as a share of the head's.", 0.001, 1.0, log=True)] = GENTLE,
) -> tuple[Phase, ...]:
    """Freeze the first blocks. The rest is tuned together with a new head (Yosinski 2014)."""
    if frozen > blocks:
        raise InputError(f"Frozen blocks is {frozen}, but this backbone has {blocks}: choose 0 to {blocks}.")
    return (Phase(f"first {frozen} of {blocks} blocks frozen", 1.0, (0.0,) * frozen + (body_rate,) * (blocks - frozen)),)


@STRATEGIES.register(label="All tuned", phrase="with everything tuned at once", needs_source=True)
def full(
    blocks: int,
    *,
    body_rate: Annotated[
        float, number("Learning rate of the transferred blocks, as a share of the head's.", 0.001, 1.0, log=True)
    ] = GENTLE,
) -> tuple[Phase, ...]:
    """Tune everything at once. All transferred blocks and a new head are trained from the first step."""
    return (Phase("everything tuned", 1.0, (body_rate,) * blocks),)


@STRATEGIES.register(label="One block", phrase="with one block tuned", needs_source=True)
def surgical(
    blocks: int,
    *,
    block: Annotated[int, whole("The one block that is tuned, counted from the input.", 1, 32, label="Tuned block")] = 1,
    with_head: Annotated[bool, switch("Train the new head together with the block; without it the head stays as drawn.")] = True,
    body_rate: Annotated[float, number("Learning rate of the tuned block, as a share of the head's.", 0.001, 1.0, log=True)] = GENTLE,
) -> tuple[Phase, ...]:
    """Surgical: tune one block. Every other block stays frozen; which block is best depends on the shift (Lee 2023)."""
    if block > blocks:
        raise InputError(f"Tuned block is {block}, but this backbone has {blocks}: choose 1 to {blocks}.")
    factors = tuple(body_rate if place == block - 1 else 0.0 for place in range(blocks))
    return (Phase(f"block {block} of {blocks} tuned", 1.0, factors, head=1.0 if with_head else 0.0),)


@STRATEGIES.register(label="Probe, then tune", phrase="with probe-then-tune", needs_source=True)
def lp_ft(
    blocks: int,
    *,
    probe_share: Annotated[float, number("Share of the epochs in which only the head is trained.", 0.1, 0.9)] = 0.5,
    tune_rate: Annotated[
        float, number("Learning rate of everything in the second phase, as a share of the first.", 0.001, 1.0, log=True)
    ] = GENTLE,
    statistics: Annotated[bool, switch("Let BatchNorm follow the new data in the second phase.", label="BatchNorm follows")] = False,
) -> tuple[Phase, ...]:
    """Probe, then tune (LP-FT). First only the head, then everything gently, so that good features survive (Kumar 2022)."""
    probe = Phase("head only", probe_share, (0.0,) * blocks)
    return probe, Phase("everything tuned gently", 1.0 - probe_share, (tune_rate,) * blocks, tune_rate, statistics)
