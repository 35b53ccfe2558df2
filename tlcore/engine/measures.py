"""What the curves of a study add to its answer: gains over time, costs, and what was forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlcore.store import MemberRecord, Store

Place = tuple[str, int | None]
Curve = Sequence[Mapping[str, Any]]


def measures(
    store: Store, members: Sequence[MemberRecord], rows: Sequence[Mapping[str, Any]], verdict: Mapping[str, Any] | None
) -> dict[str, Any]:
    """``{"costs", "gains", "forgotten"}`` as JSON values; rows name the runs that count, verdict the two arms that are compared.

    costs: of each place trainable parameters, and seconds of an epoch. gains: Taylor & Stone's measures between the mean validation
    curves. forgotten: of each place the accuracy of the source task at the end minus that at the start, where it was watched.
    """
    curves = store.epochs_of([row["run"] for row in rows])
    results = {each.run.id: each.run.result or {} for each in members}
    places: dict[Place, dict[int, str]] = {}
    for row in rows:
        places.setdefault((row["arm"], row["frozen"]), {})[row["seed"]] = row["run"]
    return {
        "costs": [_cost(place, [(results[run], curves[run]) for run in runs.values()]) for place, runs in places.items()],
        "gains": _gains(places, curves, results, verdict) if verdict else None,
        "forgotten": [found for place, runs in places.items() if (found := _forgotten(place, [curves[run] for run in runs.values()]))],
    }


def _cost(place: Place, runs: Sequence[tuple[Mapping[str, Any], Curve]]) -> dict[str, Any]:
    seconds = [row["seconds"] for _, curve in runs for row in curve if row["seconds"] is not None]
    trainable = runs[0][0].get("parameters", {}).get("trainable")
    return {"arm": place[0], "frozen": place[1], "trainable": trainable, "seconds": sum(seconds) / len(seconds) if seconds else None}


def _gains(
    places: Mapping[Place, Mapping[int, str]], curves: Mapping[str, Curve], results: Mapping[str, Any], verdict: Mapping[str, Any]
) -> Any:
    """Between the two arms of the verdict, over the seeds that both have; steps are examples seen."""
    mine, base = (places.get(place, {}) for place in ((verdict["arm"], verdict["frozen"]), (verdict["against"], verdict["against_frozen"])))
    seeds = [seed for seed in mine if seed in base]
    moved, scratch = (_means([curves[runs[seed]] for seed in seeds]) for runs in (mine, base))
    if len(moved) != len(scratch) or len(moved) < 2:
        return None
    from dataclasses import asdict

    from tlcore.science.transfer import gains

    shown = results[mine[seeds[0]]].get("train_size", 1)
    found = gains([shown * epoch for epoch in range(len(moved))], moved, scratch, threshold=scratch[-1])
    return {**asdict(found), "threshold": scratch[-1]}


def _means(curves: Sequence[Curve]) -> list[float]:
    """The mean validation accuracy after each epoch that all have."""
    length = min((len(curve) for curve in curves), default=0)
    columns = [[curve[epoch]["val_accuracy"] for curve in curves] for epoch in range(length)]
    return [sum(column) / len(column) for column in columns] if all(None not in column for column in columns) else []


def _forgotten(place: Place, curves: Sequence[Curve]) -> dict[str, Any] | None:
    ends = [[row["source_accuracy"] for row in curve if row["source_accuracy"] is not None] for curve in curves]
    lost = [found[-1] - found[0] for found in ends if len(found) > 1]
    if not lost:
        return None
    from tlcore.science.statistics import interval, mean

    low, high = interval(lost) or (None, None)
    return {"arm": place[0], "frozen": place[1], "n": len(lost), "mean": mean(lost), "low": low, "high": high}
