"""What a race of objectives allows to say: each against blocks frozen at random, and against training from scratch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tlcore.science.sentence import count, labelled
from tlcore.science.statistics import FEWEST, holm, interval, mean, one_sided
from tlcore.science.verdict import Asked, judge

RANDOM, SCRATCH = "random_frozen", "scratch"
JUDGED = 20  # labels a class at which a racer is judged, fixed before anything is measured (VTAB's probes, Zhai 2020)
LEVEL = 0.05
NOTHING = "no measurable benefit here"
Row = Mapping[str, Any]
Values = dict[int, float]  # accuracy by seed
Cells = dict[tuple[str, str, int | None], Values]  # by arm, target and labels a class, None for all


def answer(rows: Sequence[Row], phrase: Callable[[str], str], conditions: str) -> dict[str, Any]:
    """What a race keeps, as JSON values.

    rows: one a cell and seed: ``{"arm", "target", "frozen", "seed", "accuracy"}``, where frozen is the labels a class.
    Returns what ``tlcore.science.answer`` returns, and ``standings``: for each target and racer, best first, ``{"arm", "target", "labels",
    "n", "mean", "gain", "low", "high", "p", "beats", "over_scratch"}`` at the labels where racers are judged. gain: over random blocks. p:
    one-sided, of the paired t test, adjusted for all racers of the target (Holm). beats: whether it is under .05; None under five seeds.
    """
    cells = _cells(rows)
    standings = [each for target in _targets(cells) for each in _standings(cells, target)]
    contrasts = judge([asked for each in standings for asked in _asked(cells, each)])
    said = {"verdict": sentence(standings, phrase), "means": "", "conditions": conditions}
    arms = [_arm(cells, place) for place in cells]
    told = bool(standings) and all(each["n"] >= FEWEST for each in standings)
    label = _word(standings) if told else "Measured"
    whole = f"{said['verdict']} {conditions}"
    kept = {"label": label, "sentence": whole, "said": said, "arms": arms, "standings": standings}
    return {**kept, "contrasts": [each.plain() for each in contrasts], "difference": None, "verdict": None, "best": None, "cheapest": None}


def _word(standings: Sequence[Mapping[str, Any]]) -> str:
    """The word of the card: a racer that beats random blocks and is not above scratch has not helped."""
    if not any(each["beats"] for each in standings):
        return "Inconclusive"
    return "Helps" if any(each["beats"] and (each["over_scratch"] or 0) > 0 for each in standings) else "Below scratch"


def _cells(rows: Sequence[Row]) -> Cells:
    found: Cells = {}
    for row in rows:
        if row.get("accuracy") is not None:
            found.setdefault((row["arm"], row["target"], row["frozen"]), {})[row["seed"]] = row["accuracy"]
    return found


def _targets(cells: Cells) -> list[str]:
    return list(dict.fromkeys(target for _, target, _ in cells))


def judged_at(amounts: Sequence[int | None]) -> int | None:
    """The labels a class at which racers are judged: twenty, or the most below it, or the fewest above.

    >>> judged_at([1, 5, 20, None]), judged_at([1, 5]), judged_at([50, None])
    (20, 5, 50)
    """
    known = sorted(each for each in amounts if each is not None)
    under = [each for each in known if each <= JUDGED]
    return under[-1] if under else known[0] if known else None


def _standings(cells: Cells, target: str) -> list[dict[str, Any]]:
    """The racers of a target, best first."""
    at = judged_at(list({labels for _, where, labels in cells if where == target}))
    racers = [arm for arm, where, labels in cells if (where, labels) == (target, at) and arm not in (RANDOM, SCRATCH)]
    gains = {arm: _apart(cells, (arm, target, at), (RANDOM, target, at)) for arm in racers}
    known = [arm for arm in racers if gains[arm]]
    adjusted = dict(zip(known, holm([one_sided(gains[arm]) for arm in known]), strict=True))
    found = [_standing(cells, (arm, target, at), gains[arm], adjusted[arm]) for arm in known]
    return sorted(found, key=lambda each: -each["mean"])


def _standing(cells: Cells, place: tuple[str, str, int | None], gains: list[float], p: float) -> dict[str, Any]:
    arm, target, at = place
    low, high = interval(gains) or (None, None)
    told = len(gains) >= FEWEST
    over = _apart(cells, place, (SCRATCH, target, at))
    measured = {"n": len(gains), "mean": mean(list(cells[place].values())), "gain": mean(gains), "low": low, "high": high}
    judged = {"p": p if told else None, "beats": p < LEVEL if told else None, "over_scratch": mean(over) if over else None}
    return {"arm": arm, "target": target, "labels": at, **measured, **judged}


def _apart(cells: Cells, place: tuple[str, str, int | None], other: tuple[str, str, int | None]) -> list[float]:
    """Differences over the seeds that both have."""
    mine, base = cells.get(place, {}), cells.get(other, {})
    return [mine[seed] - base[seed] for seed in sorted(mine) if seed in base]


def _asked(cells: Cells, standing: Mapping[str, Any]) -> list[Asked]:
    """A racer against random blocks and against scratch, where it is judged."""
    arm, target, at = standing["arm"], standing["target"], standing["labels"]
    pairs = [(other, _apart(cells, (arm, target, at), (other, target, at))) for other in (RANDOM, SCRATCH)]
    several = len(_targets(cells)) > 1
    name = f"{arm} on {target}" if several else arm
    return [Asked(name, at, f"{other} on {target}" if several else other, at, gains) for other, gains in pairs if gains]


def _arm(cells: Cells, place: tuple[str, str, int | None]) -> dict[str, Any]:
    """One cell: its mean, and whether it alone beats random blocks by the one-sided test; None under five seeds."""
    arm, target, labels = place
    values = list(cells[place].values())
    low, high = interval(values) or (None, None)
    gains = [] if arm == RANDOM else _apart(cells, place, (RANDOM, target, labels))
    beats = one_sided(gains) < LEVEL if len(gains) >= FEWEST else None
    measured = {"n": len(values), "mean": mean(values), "low": low, "high": high}
    return {"arm": arm, "target": target, "frozen": labels, **measured, "gain": mean(gains) if gains else None, "beats": beats}


def sentence(standings: Sequence[Mapping[str, Any]], phrase: Callable[[str], str]) -> str:
    """Who was best where, and who gave nothing."""
    return " ".join(
        _told([each for each in standings if each["target"] == target], phrase)
        for target in dict.fromkeys(each["target"] for each in standings)
    )


def _scratch(standings: Sequence[Mapping[str, Any]], phrase: Callable[[str], str]) -> str:
    """What training from scratch reached with the same labels, and who is above it."""
    best = standings[0]
    if best["over_scratch"] is None:
        return ""
    above = [phrase(each["arm"]) for each in standings if each["over_scratch"] is not None and each["over_scratch"] > 0]
    who = f"{', '.join(above)} {'is' if len(above) == 1 else 'are'}" if above else "none is"
    who = "all are" if len(above) == len(standings) else who
    return f" From scratch reached {100 * (best['mean'] - best['over_scratch']):.1f} %: {who} above it on average."


def _told(standings: Sequence[Mapping[str, Any]], phrase: Callable[[str], str]) -> str:
    best, at = standings[0], standings[0]["labels"]
    amount = labelled(at) if at is None else f"{labelled(at)} a class"
    first = (
        f"On {best['target']} with {amount} and {count(best['n'], 'seed')}, {phrase(best['arm'])} came furthest: {100 * best['mean']:.1f} %"
    )
    first += f", {abs(100 * best['gain']):.1f} points {'over' if best['gain'] >= 0 else 'below'} blocks frozen at random."
    first += _scratch(standings, phrase)
    if best["beats"] is None:
        return f"{first} Fewer than {FEWEST} seeds draw no verdict."
    empty = [phrase(each["arm"]) for each in standings if not each["beats"]]
    if not empty:
        return f"{first} All {len(standings)} beat random blocks." if len(standings) > 1 else f"{first} It beats random blocks."
    return f"{first} {NOTHING.capitalize()}: {', '.join(empty)}."
