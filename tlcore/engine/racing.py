"""The answer of a race: what each objective was worth, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlcore.objectives import OBJECTIVES
from tlcore.science.sentence import count
from tlcore.store import MemberRecord, Run, Store, StudyRecord
from tlcore.studies import apart, label

WATTS = 10.0  # that one busy core is taken to draw: an assumption, said wherever an energy is


def raced(store: Store, record: StudyRecord, members: Sequence[MemberRecord], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer of ``tlcore.science.race``, with ``costs``: for each racer ``{"arm", "seconds", "images", "parameters", "energy"}``.

    seconds, images: of one pretraining, the mean over its seeds; images count every view that the encoder saw. energy: in watt-hours,
    seconds x cores x 10 W / 3600.
    """
    from tlcore.science.race import answer

    first = str(record.settings["dataset"])
    placed = [{**row, "arm": apart(row["arm"])[0], "target": apart(row["arm"])[1] or first} for row in rows]
    found = answer(placed, label, conditions(record, members))
    return {**found, "costs": costs(store.sources(record.id)), "gains": None, "forgotten": []}


def costs(sources: Sequence[Run]) -> list[dict[str, Any]]:
    """What a pretraining by each objective cost."""
    groups: dict[str, list[Run]] = {}
    for run in sources:
        if run.result:
            groups.setdefault(run.objective, []).append(run)
    return [_cost(objective, runs) for objective, runs in groups.items()]


def _cost(objective: str, runs: Sequence[Run]) -> dict[str, Any]:
    results = [run.result or {} for run in runs]
    seconds = sum(float(each["seconds"]) for each in results) / len(runs)
    views = OBJECTIVES[objective].facts.get("views", 1)
    images = sum(run.epochs * each["train_size"] * views for run, each in zip(runs, results, strict=True)) / len(runs)
    held = results[0]["parameters"]
    energy = seconds * results[0]["threads"] * WATTS / 3600
    return {"arm": objective, "seconds": seconds, "images": images, "parameters": sum(held["blocks"]) + held["head"], "energy": energy}


def conditions(record: StudyRecord, members: Sequence[MemberRecord]) -> str:
    """What holds for every number of a race."""
    sources = {each.run.spec.source.objective: each.run.spec.source for each in members if each.run.spec.source}
    epochs = sorted({spec.epochs for spec in sources.values()})
    spec = next(iter(sources.values()))
    most = count(epochs[-1], "epoch")
    same = most if len(epochs) == 1 else f"{epochs[0]} to {most}, each objective its own"
    moved = "a probe on frozen blocks" if record.settings.get("moved") == "linear_probe" else "a probe, then all blocks tuned"
    seen = next((each.run.result["validation_size"] for each in members if each.run.result), 0)
    return (
        f"Pretrained on {spec.dataset} for {same} in batches of {spec.batch_size}, measured by {moved}; a source model of its own for each "
        f"seed, no setting tuned. The validation part ({seen:,} images) is not counted among the labels, nor is pretraining."
    )
