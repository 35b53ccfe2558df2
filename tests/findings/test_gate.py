"""Gates: pass, fail or inconclusive, by the rule that was fixed in advance."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.findings import FINDINGS, Gate, judge


def around(mean, sd=0.01, n=5):
    values = np.random.default_rng(n).normal(size=n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


@pytest.mark.parametrize(
    ("differences", "margin", "verdict"),
    [
        (around(0.05), None, "pass"),
        (around(-0.05), None, "fail"),
        (around(0.001), None, "inconclusive"),
        (around(0.001, 0.002), 0.01, "pass"),
        (around(0.05, 0.002), 0.01, "fail"),
        (around(0.005, 0.02), 0.01, "inconclusive"),
        ([0.3, 0.3, 0.3, -0.01, -0.01], None, "inconclusive"),
    ],
    ids=["over zero", "under zero", "near zero", "no difference", "beyond the margin", "unsure", "three of five seeds are too few"],
)
def test_a_gate(differences, margin, verdict):
    assert judge([Gate("claim", differences, margin=margin)])[0].verdict == verdict


def test_gates_of_one_finding_are_judged_together():
    alone = judge([Gate("claim", around(0.01))])[0]
    together = judge([Gate("claim", around(0.01)), *(Gate(f"other {place}", around(0.0)) for place in range(4))])[0]
    assert alone.verdict == "pass" and together.p == pytest.approx(5 * alone.p)


@pytest.mark.parametrize("entry", list(FINDINGS), ids=lambda entry: entry.name)
def test_every_finding_names_its_paper_and_its_gates(entry):
    assert entry.facts["paper"][-4:].isdigit() or "20" in entry.facts["paper"]
    assert "Gates: (1)" in entry.function.__doc__
