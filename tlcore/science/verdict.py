"""The verdict on a difference: helps, harms, equivalent or inconclusive, and how many seeds would tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.science import statistics
from tlcore.science.statistics import FEWEST, Paired

MARGIN = 0.01  # differences within a point of accuracy are as good as none
LEAST = 0.005  # of a difference that is worth a word
LEVEL = 0.05


@dataclass(frozen=True)
class Contrast:
    """One comparison of a card: an arm with another over the same seeds, in shares of accuracy.

    p: of the paired t test, adjusted for all comparisons of the card (Holm). equivalence: p of the two one-sided tests within a point.
    label: helps, harms, equivalent or inconclusive; few seeds are always inconclusive. more_seeds: about how many more would tell,
    0 where it is told, None where more than 200 would be needed.
    """

    arm: str
    frozen: int | None
    against: str
    against_frozen: int | None
    found: Paired
    p: float | None
    equivalence: float
    label: str
    more_seeds: int | None

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        low, high = self.found.interval or (None, None)
        if self.found.n < FEWEST:
            low = high = None
        named = {"arm": self.arm, "frozen": self.frozen, "against": self.against, "against_frozen": self.against_frozen}
        test = {"t": _finite(self.found.t), "p": self.p, "p_alone": self.found.p, "sign_flip": self.found.sign_flip}
        size = {"dz": _finite(self.found.dz), "gz": _finite(self.found.gz)}
        signs = {"positive": self.found.positive, "negative": self.found.negative}
        told = {"equivalence": self.equivalence, "label": self.label, "more_seeds": self.more_seeds}
        return {**named, "n": self.found.n, "mean": self.found.mean, "low": low, "high": high, **test, **size, **signs, **told}


@dataclass(frozen=True)
class Asked:
    """A comparison before it is judged. differences: one a seed, in shares."""

    arm: str
    frozen: int | None
    against: str
    against_frozen: int | None
    differences: Sequence[float]


def judge(card: Sequence[Asked]) -> list[Contrast]:
    """The comparisons of one card, judged together, in the order given."""
    found = [statistics.paired(each.differences) for each in card]
    told = [place for place, each in enumerate(found) if each.p is not None]
    adjusted: Mapping[int, float] = dict(zip(told, statistics.holm([found[place].p or 0.0 for place in told]), strict=True))
    return [_judged(each, found[place], adjusted.get(place)) for place, each in enumerate(card)]


def _judged(asked: Asked, found: Paired, p: float | None) -> Contrast:
    equivalence = statistics.equivalence(asked.differences, MARGIN)
    label = _label(found, p, equivalence)
    named = (asked.arm, asked.frozen, asked.against, asked.against_frozen)
    return Contrast(*named, found, p, equivalence, label, 0 if label != "inconclusive" else _more(found))


def _label(found: Paired, p: float | None, equivalence: float) -> str:
    if found.n < FEWEST or found.interval is None or p is None:
        return "inconclusive"
    low, high = found.interval
    if p < LEVEL and low > 0 and found.mean >= LEAST:
        return "helps"
    if p < LEVEL and high < 0 and found.mean <= -LEAST:
        return "harms"
    return "equivalent" if equivalence < LEVEL else "inconclusive"


def _more(found: Paired) -> int | None:
    """Seeds that would show a difference of this size, or that it is none; whichever comes first, and never below five in all."""
    if found.n < FEWEST:
        return FEWEST - found.n
    needed = [statistics.seeds_to_agree(found.mean, found.sd or 0.0, MARGIN)]
    if found.dz and math.isfinite(found.dz) and abs(found.mean) >= LEAST:
        needed.append(statistics.seeds_for(found.dz))
    known = [each for each in needed if each is not None]
    return max(1, min(known) - found.n) if known else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
