"""Fine-tuning strategies as data: each returns the phases of a run, and nothing else.

A phase is a share of the epochs and one learning-rate factor for each block of the backbone; a factor of 0 means
frozen. The head is always new and has a factor of its own. What is not a factor is a modifier that the phase names.
Strategies are compared as tuples and drawn as a strip.

Facts of an entry: label, its name in legends and tables; phrase, its name within a sentence; needs_source; advice, when it is
worth a try; timed, whether it is told the number of epochs; live, the knobs that can be turned while a run goes.
"""

from __future__ import annotations

from tlcore.strategies import blocks, pace, parts, ties, timeline
from tlcore.strategies.modifiers import MARK, ONLY, Branch, Keep, Modifier, Only, Pull, Relative, Renew, is_branch
from tlcore.strategies.phase import GENTLE, STRATEGIES, Kind, Phase, plan, spread

__all__ = [
    "GENTLE",
    "MARK",
    "ONLY",
    "STRATEGIES",
    "Branch",
    "Keep",
    "Kind",
    "Modifier",
    "Only",
    "Phase",
    "Pull",
    "Relative",
    "Renew",
    "blocks",
    "is_branch",
    "pace",
    "parts",
    "plan",
    "spread",
    "ties",
    "timeline",
]
