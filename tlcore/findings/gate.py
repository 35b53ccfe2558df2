"""Gates: what a finding claims, fixed before anything is measured, and whether it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.registry import Registry
from tlcore.science.statistics import equivalence, holm, one_sided, paired

FINDINGS = Registry("finding")
LEVEL = 0.05
SHARE = 0.8  # of the seeds that must have the right sign


@dataclass(frozen=True)
class Gate:
    """One claim as differences over seeds that should be over zero (or within ``margin`` of it).

    title: the claim in words. differences: one a seed, in ``unit``. margin: with one, the claim is that there is no difference beyond it.
    """

    title: str
    differences: Sequence[float]
    unit: str = "accuracy"
    margin: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How a gate came out. verdict: pass, fail or inconclusive. p: one-sided, adjusted for all gates of the finding (Holm)."""

    title: str
    verdict: str
    mean: float
    unit: str
    p: float
    right: int
    n: int

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def judge(gates: Sequence[Gate]) -> list[Outcome]:
    """Pass: a one-sided paired t test (for no difference: two one-sided tests) under .05 after Holm, with four of five seeds on the right
    side. Fail: as clearly the other way round. Else inconclusive.
    """
    adjusted = holm([_p(gate) for gate in gates])
    return [_outcome(gate, p) for gate, p in zip(gates, adjusted, strict=True)]


def _p(gate: Gate) -> float:
    if gate.margin is not None:
        return equivalence(gate.differences, gate.margin)
    return one_sided(gate.differences)


def _outcome(gate: Gate, p: float) -> Outcome:
    found = paired(gate.differences)
    right = found.positive if gate.margin is None else sum(abs(each) < gate.margin for each in gate.differences)
    verdict = "pass" if p < LEVEL and right >= SHARE * found.n else "fail" if _against(gate) else "inconclusive"
    return Outcome(gate.title, verdict, found.mean, gate.unit, p, right, found.n)


def _against(gate: Gate) -> bool:
    """Whether the opposite is as clear: a mean under zero, or a difference beyond the margin."""
    if gate.margin is None:
        return one_sided([-each for each in gate.differences]) < LEVEL
    beyond = min(one_sided([sign * each - gate.margin for each in gate.differences]) for sign in (1, -1))
    return beyond < LEVEL
