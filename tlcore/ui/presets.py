"""Presets of the painting: each strategy as it is painted for so many epochs, and in one sentence what of it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.strategies import STRATEGIES, Branch, Keep, Only, Phase, Pull, Relative, Renew, plan
from tlcore.strategies.timeline import STEPS, nearest, painted

UNPAINTED = {
    Only: "its limit to some variables of each block",
    Branch: "its small layers beside frozen blocks",
    Pull: "its pull to the source",
    Keep: "its tie to the source",
    Relative: "its rates that follow the gradients",
    Renew: "its BatchNorm statistics measured anew",
}


@dataclass(frozen=True)
class Preset:
    """A strategy on the canvas. text: the painting. statistics: whether BatchNorm follows. told: how near it is, in one sentence."""

    text: str
    statistics: bool
    told: str


def preset(strategy: str, blocks: int, epochs: int) -> Preset:
    """A strategy with its default knobs.

    >>> preset("lp_ft", 2, 4).text, preset("l2_sp", 2, 4).told
    ('2x001-2xsss', 'L2-SP without its pull to the source: that cannot be painted.')
    """
    phases = plan(strategy, blocks, {}, epochs)
    follows = any(phase.statistics for phase in phases if any(phase.factors))
    return Preset(painted(nearest(phases, epochs)), follows, _told(strategy, phases))


def _told(strategy: str, phases: Sequence[Phase]) -> str:
    label = str(STRATEGIES[strategy].facts["label"])
    missing = list(dict.fromkeys(UNPAINTED[type(each)] for phase in phases for each in phase.modifiers))
    if not STRATEGIES[strategy].facts["needs_source"]:
        missing.append("its start at random")
    rounded = {factor for phase in phases for factor in (*phase.factors, phase.head)} - set(STEPS.values())
    rates = "with its rates rounded to ×0.1 and full" if rounded else ""
    if not missing:
        return f"{label} {rates}." if rates else f"{label}, just as it is. Change what you like."
    said = ", ".join(each for each in (rates, f"without {' and '.join(missing)}") if each)
    here = "here the blocks themselves learn" if UNPAINTED[Branch] in missing else "that cannot be painted"
    return f"{label} {said}: {here}."
