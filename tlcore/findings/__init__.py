"""Published findings, run again: ``python -m tlcore reproduce NAME``. What fails is reported as failing."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tlcore.findings import claims
from tlcore.findings.gate import FINDINGS, Gate, Outcome, judge
from tlcore.findings.measured import Measured
from tlcore.registry import InputError
from tlcore.spec import versions
from tlcore.store import Run, Store
from tlcore.studies import Study

__all__ = ["FEWEST", "FINDINGS", "Gate", "Outcome", "claims", "judge", "reproduce"]

FEWEST = 5  # seeds


def reproduce(store: Store, name: str, seeds: int = FEWEST, told: Callable[[Run], None] = lambda run: None) -> dict[str, Any]:
    """Train a finding's study in this process, judge its gates and keep them with the study.

    Returns JSON values: finding, paper, claim, study (its id), seeds, gates, versions, cores. InputError under five seeds.
    """
    entry = FINDINGS[name]
    if seeds < FEWEST:
        raise InputError(f"A finding needs at least {FEWEST} seeds to be judged: give {FEWEST} or more.")
    done: list[str] = []

    def complete(study: Study) -> Measured:
        from tlcore.engine import inline

        record = store.submit_study(study)
        done.append(inline.complete_study(store, record.id, told).id)
        return Measured(store, record.id)

    outcomes = judge(entry(complete, seeds))
    found = {"finding": name, "paper": entry.facts["paper"], "claim": entry.title, "study": done[0], "seeds": seeds}
    found |= {"gates": [each.plain() for each in outcomes], "versions": versions(), "cores": os.cpu_count()}
    record = store.study(done[0])
    store.summarize(done[0], {**((record.summary if record else None) or {}), "finding": found})
    return found
