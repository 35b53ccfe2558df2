"""Strategies that choose which blocks are trained."""

from __future__ import annotations

from tlcore.registry import Annotated, InputError, number, switch, whole
from tlcore.strategies.modifiers import Renew
from tlcore.strategies.phase import GENTLE, STRATEGIES, BodyRate, Phase, within

Fresh = Annotated[
    int,
    whole(
        "How many of the last blocks start anew, as in Yosinski 2014, instead of from the source.", 0, 32, label="Blocks that start anew"
    ),
]


@STRATEGIES.register(label="From scratch", phrase="from scratch", needs_source=False, advice="Always as the baseline.")
def scratch(blocks: int) -> tuple[Phase, ...]:
    """From scratch. Nothing is transferred: every block starts at random and is trained."""
    return (Phase("everything from scratch", 1.0, (1.0,) * blocks),)


@STRATEGIES.register(
    label="Frozen", phrase="with all blocks frozen", needs_source=True, advice="Up to 5 labels a class, or when every second counts."
)
def linear_probe(blocks: int) -> tuple[Phase, ...]:
    """Frozen: only a new head. All blocks keep what they learned; a linear head is trained on top (Alain & Bengio 2016)."""
    return (Phase("head only", 1.0, (0.0,) * blocks),)


@STRATEGIES.register(
    label="Partly frozen", phrase="partly frozen", needs_source=True, advice="5 to 20 labels a class: all but the last blocks."
)
def freeze(
    blocks: int,
    *,
    frozen: Annotated[int, whole("How many blocks, counted from the input, keep what they learned.", 0, 32, label="Frozen blocks")] = 2,
    body_rate: BodyRate = GENTLE,
    fresh: Fresh = 0,
) -> tuple[Phase, ...]:
    """Freeze the first blocks. The rest is tuned together with a new head (Yosinski 2014)."""
    within(blocks, "Frozen blocks", frozen)
    within(blocks, "Blocks that start anew", fresh)
    if frozen + fresh > blocks:
        raise InputError(f"{frozen} blocks frozen and {fresh} that start anew are more than the {blocks} there are: take fewer of one.")
    gentle = blocks - frozen - fresh
    title = f"{_first(frozen, blocks)} frozen" + (f", last {fresh} new" if fresh else "")
    return (Phase(title, 1.0, (0.0,) * frozen + (body_rate,) * gentle + (1.0,) * fresh, fresh=fresh),)


@STRATEGIES.register(label="All tuned", phrase="with everything tuned at once", needs_source=True, advice="More than 200 labels a class.")
def full(blocks: int, *, body_rate: BodyRate = GENTLE, fresh: Fresh = 0) -> tuple[Phase, ...]:
    """Tune everything at once. All transferred blocks and a new head are trained from the first step."""
    within(blocks, "Blocks that start anew", fresh)
    title = "everything tuned" + (f", last {fresh} of {blocks} blocks new" if fresh else "")
    return (Phase(title, 1.0, (body_rate,) * (blocks - fresh) + (1.0,) * fresh, fresh=fresh),)


@STRATEGIES.register(
    label="Some blocks",
    phrase="with some blocks tuned",
    needs_source=True,
    advice="When only the look of the images changed: the first block. When only the meaning of the labels changed: the last.",
)
def surgical(
    blocks: int,
    *,
    block: Annotated[int, whole("The block that is tuned, counted from the input.", 1, 32, label="Tuned block")] = 1,
    width: Annotated[int, whole("How many blocks in a row are tuned, that one included.", 1, 32, label="Blocks in a row")] = 1,
    with_head: Annotated[bool, switch("Train the new head together with the block; without it the head stays as drawn.")] = True,
    body_rate: Annotated[float, number("Learning rate of the tuned blocks, as a share of the head's.", 0.001, 1.0, log=True)] = GENTLE,
) -> tuple[Phase, ...]:
    """Surgical: tune some blocks. One, or some in a row; every other stays frozen, and which is best depends on the shift (Lee 2023)."""
    within(blocks, "Tuned block", block, least=1)
    last = block + width - 1
    if last > blocks:
        raise InputError(f"{width} blocks in a row from block {block} on end at {last}, but this backbone has {blocks}: take fewer.")
    factors = tuple(body_rate if block <= place <= last else 0.0 for place in range(1, blocks + 1))
    named = f"block {block}" if width == 1 else f"blocks {block} to {last}"
    return (Phase(f"{named} of {blocks} tuned", 1.0, factors, head=1.0 if with_head else 0.0),)


@STRATEGIES.register(
    label="Frozen at random",
    phrase="with blocks frozen at random",
    needs_source=False,
    advice="As a control: what the architecture alone gives.",
)
def random_frozen(
    blocks: int,
    *,
    frozen: Annotated[int, whole("How many blocks, counted from the input, stay as they were drawn.", 0, 32, label="Frozen blocks")] = 2,
) -> tuple[Phase, ...]:
    """Frozen random blocks. The control without a source: the first blocks stay at random, their statistics fitted to the images."""
    within(blocks, "Frozen blocks", frozen)
    factors = (0.0,) * frozen + (1.0,) * (blocks - frozen)
    return (Phase(f"{_first(frozen, blocks)} random and frozen", 1.0, factors, modifiers=(Renew(),)),)


def _first(frozen: int, blocks: int) -> str:
    """Some of the blocks, counted from the input, in words.

    >>> _first(0, 4), _first(3, 4), _first(4, 4)
    ('no block', 'first 3 of 4 blocks', 'all 4 blocks')
    """
    return "no block" if not frozen else f"all {blocks} blocks" if frozen == blocks else f"first {frozen} of {blocks} blocks"
