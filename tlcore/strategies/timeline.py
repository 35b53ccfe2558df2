"""The painted timeline: for every epoch and block frozen, slow or full, as a text that fits into an address.

``12x00001-13xssss1``: twelve epochs in which four blocks are frozen and the head learns, then thirteen in which the blocks
learn at a tenth of the rate. 0 is frozen, s slow, 1 full; the blocks come in order, then the head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from tlcore.registry import Annotated, InputError, switch, text
from tlcore.strategies.phase import STRATEGIES, Phase, spread

STEPS = {"0": 0.0, "s": 0.1, "1": 1.0}  # what can be painted
LONGEST = 2000  # letters of a painted timeline
Columns = tuple[str, ...]  # a column an epoch: a letter a block, then the head's

Paint = Annotated[
    str,
    text(
        "Epochs, and what learns in them, the head last: 12x00001-13xssss1. 0 is frozen, s slow, 1 full.",
        LONGEST,
        label="Timeline",
    ),
]


@STRATEGIES.register(
    label="Painted",
    phrase="with a painted timeline",
    needs_source=True,
    timed=True,
    advice="When you have an idea of your own what should learn when.",
)
def timeline(
    blocks: int,
    epochs: int,
    *,
    paint: Paint = "",
    statistics: Annotated[bool, switch("Let BatchNorm follow the new data where a block is trained.", label="BatchNorm follows")] = False,
) -> tuple[Phase, ...]:
    """Painted timeline. Frozen, slow or full, block by block and epoch by epoch, as you paint it; the last column goes on to the end."""
    columns = columns_of(paint, blocks, epochs)
    found = []
    for column, same in groupby(columns):
        *body, head = (STEPS[letter] for letter in column)
        found.append(Phase(_title(column), len(list(same)) / epochs, tuple(body), head, statistics))
    return tuple(found)


def columns_of(paint: str, blocks: int, epochs: int) -> Columns:
    """What was painted, as one column for each epoch; InputError where it does not fit the net or the run.

    >>> columns_of("1x001-2xss1", 2, 4)
    ('001', 'ss1', 'ss1', 'ss1')
    """
    columns: list[str] = []
    for part in (paint or _first(blocks, epochs)).split("-"):
        found = re.fullmatch(r"(\d{1,4})x([0s1]+)", part, re.ASCII)
        if found is None or not int(found[1]):
            raise InputError(f"The timeline has {part[:40]!r} in it: write epochs and states like 12x00001-13xssss1, or paint it.")
        if len(found[2]) != blocks + 1:
            raise InputError(
                f"The timeline paints {len(found[2]) - 1} blocks and a head, but this net has {blocks} blocks: paint it again."
            )
        columns += [found[2]] * int(found[1])
    if len(columns) > epochs:
        raise InputError(
            f"The timeline is painted for {len(columns)} epochs and the run has {epochs}: paint it again, or take more epochs."
        )
    columns += columns[-1:] * (epochs - len(columns))
    idle = next((place for place, column in enumerate(columns, start=1) if not column.strip("0")), None)
    if idle is not None:
        raise InputError(f"Nothing is trained in epoch {idle} of the timeline: leave at least the head on.")
    return tuple(columns)


def painted(columns: Iterable[str]) -> str:
    """The text for columns.

    >>> painted(("001", "001", "ss1"))
    '2x001-1xss1'
    """
    return "-".join(f"{len(list(same))}x{column}" for column, same in groupby(columns))


def nearest(phases: Sequence[Phase], epochs: int) -> Columns:
    """Any strategy's phases as columns, each factor as the step that is nearest on a scale of ratios.

    >>> nearest((Phase("", 0.5, (0.0, 0.04)), Phase("", 0.5, (0.1, 0.5))), 2)
    ('0s1', 's11')
    """
    columns: list[str] = []
    for phase, first, last in spread(tuple(phases), epochs):
        columns += ["".join(_letter(factor) for factor in (*phase.factors, phase.head))] * (last - first)
    return tuple(columns)


def exact(phases: Sequence[Phase]) -> bool:
    """Whether such phases can be painted as they are: no other factor, and nothing beside factors."""
    factors = {factor for phase in phases for factor in (*phase.factors, phase.head)}
    return factors <= set(STEPS.values()) and not any(phase.modifiers or phase.fresh for phase in phases)


def _letter(factor: float) -> str:
    return "0" if not factor else "s" if factor < 0.1**0.5 else "1"


def _first(blocks: int, epochs: int) -> str:
    """What is there before anybody painted: the head first, then everything gently."""
    half = epochs // 2
    return painted(["0" * blocks + "1"] * half + ["s" * blocks + "1"] * (epochs - half))


def _title(column: str) -> str:
    """What learns in a column, in words.

    >>> _title("00001"), _title("0ss11"), _title("ss110")
    ('head only', 'blocks 2 and 3 slow, block 4 tuned', 'blocks 1 and 2 slow, blocks 3 and 4 tuned, head frozen')
    """
    body, head = column[:-1], column[-1]
    said = [
        f"{_blocks([place for place, letter in enumerate(body, start=1) if letter == wanted])} {word}"
        for wanted, word in (("s", "slow"), ("1", "tuned"))
        if wanted in body
    ]
    if not said:
        return "head only" if head == "1" else "head only, slowly"
    return ", ".join(said + {"0": ["head frozen"], "s": ["head slow"]}.get(head, []))


def _blocks(places: Sequence[int]) -> str:
    """Numbers of blocks in words.

    >>> _blocks([2]), _blocks([1, 2]), _blocks([1, 2, 3, 5])
    ('block 2', 'blocks 1 and 2', 'blocks 1, 2, 3 and 5')
    """
    if len(places) == 1:
        return f"block {places[0]}"
    return f"blocks {', '.join(map(str, places[:-1]))} and {places[-1]}"
