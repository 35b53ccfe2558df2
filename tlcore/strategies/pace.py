"""Strategies that choose when and how fast each block is trained."""

from __future__ import annotations

from tlcore.registry import Annotated, number, switch
from tlcore.strategies.modifiers import Relative
from tlcore.strategies.phase import GENTLE, STRATEGIES, BodyRate, Phase


@STRATEGIES.register(
    label="Slower below", phrase="with discriminative learning rates", needs_source=True, advice="20 to 200 labels a class."
)
def discriminative(
    blocks: int,
    *,
    body_rate: BodyRate = GENTLE,
    decay: Annotated[float, number("By how much each block learns slower than the one above it; ULMFiT has 2.6.", 1.0, 10.0)] = 1.6,
) -> tuple[Phase, ...]:
    """Discriminative learning rates. Every block is tuned, each more slowly than the one above it (Howard & Ruder 2018)."""
    factors = tuple(body_rate / decay ** (blocks - 1 - place) for place in range(blocks))
    return (Phase(f"everything tuned, each block {decay:g} times slower than the next", 1.0, factors),)


@STRATEGIES.register(
    label="Gradual",
    phrase="with gradual unfreezing",
    needs_source=True,
    advice="20 to 200 labels a class, when tuning at once loses too much.",
)
def gradual(
    blocks: int,
    *,
    melt_share: Annotated[float, number("Share of the epochs over which the blocks melt one by one.", 0.1, 0.9)] = 0.5,
    body_rate: BodyRate = GENTLE,
) -> tuple[Phase, ...]:
    """Gradual unfreezing. First the head, then one more block from the top at a time, then everything (Howard & Ruder 2018)."""
    share = melt_share / blocks
    melting = [_melted(blocks, count, share, body_rate) for count in range(blocks)]
    return (*melting, _melted(blocks, blocks, 1.0 - share * blocks, body_rate))


def _melted(blocks: int, count: int, share: float, rate: float) -> Phase:
    """The last ``count`` blocks are trained."""
    titles = {0: "head only", blocks: "everything tuned"}
    title = titles.get(count, "last block tuned" if count == 1 else f"last {count} of {blocks} blocks tuned")
    return Phase(title, share, (0.0,) * (blocks - count) + (rate,) * count)


@STRATEGIES.register(label="Probe, then tune", phrase="with probe-then-tune", needs_source=True, advice="5 to 200 labels a class.")
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


@STRATEGIES.register(
    label="Auto-RGN",
    phrase="with rates that follow the gradients",
    needs_source=True,
    advice="When it is not known which block has to change.",
)
def auto_rgn(blocks: int, *, body_rate: BodyRate = GENTLE) -> tuple[Phase, ...]:
    """Auto-RGN. Each epoch a block learns in proportion to its gradient norm over its weight norm (Lee 2023)."""
    return (Phase("everything tuned in proportion to its gradients", 1.0, (body_rate,) * blocks, 1.0, False, modifiers=(Relative(),)),)
