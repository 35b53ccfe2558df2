"""The answers of studies: when all runs of one have finished, what they say together is kept with it."""

from __future__ import annotations

from tlcore.spec import RunSpec
from tlcore.store import Store
from tlcore.strategies import STRATEGIES


def conclude(store: Store) -> None:
    """Answer every study that is complete and has no answer yet."""
    for study_id in store.unanswered():
        members = store.members(study_id)
        record = store.study(study_id)
        if record is None or not members:
            continue
        from tlcore.science.answer import Setting, answer

        rows = [
            {"arm": each.arm, "frozen": each.frozen, "seed": each.seed, "accuracy": each.run.accuracy}
            for each in members
            if each.run.accuracy is not None
        ]
        spec = next((each.run.spec for each in members if each.run.spec.source), members[0].run.spec)
        store.summarize(study_id, answer(record.question, rows, Setting(spec.amount, _source(spec), len(spec.blocks), _phrases())))


def _source(spec: RunSpec) -> str:
    return spec.source.dataset if spec.source else spec.dataset


def _phrases() -> dict[str, str]:
    return {entry.name: str(entry.facts["phrase"]) for entry in STRATEGIES}
