"""The answer of a study: means, intervals from five seeds on, and one generated sentence that says what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.science.statistics import interval, mean

BASELINE = "scratch"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """What the sentence must name. labels: "5 labels a class of mnist"; phrases: of each arm, as "from scratch"."""

    labels: str
    source: str
    blocks: int
    phrases: Mapping[str, str]


def answer(question: str, rows: Sequence[Row], setting: Setting) -> dict[str, Any]:
    """What a study keeps. rows: ``{"arm", "frozen", "seed", "accuracy"}``, accuracies as shares.

    Returns ``{"label", "sentence", "arms": [{"arm", "frozen", "n", "mean", "low", "high"}], "difference"}``; difference is
    that of the best arm to training from scratch over the same seeds: ``{"arm", "frozen", "against", "n", "mean", "low", "high"}``.
    """
    groups = _groups(rows)
    arms = [_arm(key, list(values.values())) for key, values in groups.items()]
    best = _asked(question, arms)
    difference = _difference(groups, best)
    sentence = _freezing(arms, best, difference, setting) if question == "freezing" else _arms(arms, best, difference, setting)
    return {"label": "Measured", "sentence": sentence, "arms": arms, "difference": difference}


def _groups(rows: Sequence[Row]) -> dict[tuple[str, int | None], dict[int, float]]:
    groups: dict[tuple[str, int | None], dict[int, float]] = {}
    for row in rows:
        groups.setdefault((row["arm"], row["frozen"]), {})[row["seed"]] = row["accuracy"]
    return groups


def _arm(key: tuple[str, int | None], values: list[float]) -> dict[str, Any]:
    low, high = interval(values) or (None, None)
    return {"arm": key[0], "frozen": key[1], "n": len(values), "mean": mean(values), "low": low, "high": high}


def _asked(question: str, arms: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The arm that is compared with scratch: probe-then-tune, named before anything is measured; in a study of freezing the best depth."""
    if question != "freezing":
        return next((arm for arm in arms if arm["arm"] == "lp_ft"), None)
    return max((arm for arm in arms if arm["frozen"] is not None), key=lambda arm: float(arm["mean"]), default=None)


def _difference(groups: dict[tuple[str, int | None], dict[int, float]], arm: dict[str, Any] | None) -> dict[str, Any] | None:
    base = groups.get((BASELINE, None))
    if arm is None or not base:
        return None
    mine = groups[arm["arm"], arm["frozen"]]
    values = [mine[seed] - base[seed] for seed in mine if seed in base]
    return None if not values else {**_arm((arm["arm"], arm["frozen"]), values), "against": BASELINE}


def _arms(arms: list[dict[str, Any]], asked: dict[str, Any] | None, difference: dict[str, Any] | None, setting: Setting) -> str:
    ranked = sorted(arms, key=lambda arm: -arm["mean"])
    told = [f"{_percent(arm['mean'])} {setting.phrases[arm['arm']]}" for arm in ranked]
    seeds = min(arm["n"] for arm in arms)
    said = f"With {setting.labels} and {_seeds(seeds)}, the mean test accuracy was {_and(told)}"
    if asked is None or difference is None:
        return f"{said}."
    return (
        f"{said}: what was learned from {setting.source}, {setting.phrases[asked['arm']]}, came {_apart(difference)} training from scratch."
    )


def _freezing(arms: list[dict[str, Any]], best: dict[str, Any] | None, difference: dict[str, Any] | None, setting: Setting) -> str:
    if best is None:
        return "No run with a frozen block has finished."
    depth = {0: "nothing", setting.blocks: "everything"}.get(best["frozen"], f"the first {best['frozen']} of {setting.blocks} blocks")
    said = (
        f"With {setting.labels} and {_seeds(best['n'])}, the highest mean test accuracy was {_percent(best['mean'])}, with {depth} frozen"
    )
    said += _neighbours(arms, best, setting)
    return f"{said}." if difference is None else f"{said}; that is {_apart(difference)} training from scratch."


def _neighbours(arms: list[dict[str, Any]], best: dict[str, Any], setting: Setting) -> str:
    ends = {arm["frozen"]: arm["mean"] for arm in arms if arm["frozen"] in (0, setting.blocks) and arm["frozen"] != best["frozen"]}
    told = [f"{_percent(value)} with {'nothing' if depth == 0 else 'everything'} frozen" for depth, value in sorted(ends.items())]
    return f", against {_and(told)}" if told else ""


def _apart(difference: dict[str, Any]) -> str:
    """How far apart, and from five seeds on how surely.

    >>> _apart({"mean": 0.2287, "low": None, "high": None})
    '22.9 points above'
    >>> _apart({"mean": -0.01, "low": -0.04, "high": 0.02})
    '1.0 points (95 % interval −4.0 to +2.0) below'
    """
    points = 100 * difference["mean"]
    spread = ""
    if difference["low"] is not None:
        spread = f" (95 % interval {100 * difference['low']:+.1f} to {100 * difference['high']:+.1f})".replace("-", "\N{MINUS SIGN}")
    return f"{abs(points):.1f} points{spread} {'above' if points >= 0 else 'below'}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' if count != 1 else ''}"


def _and(parts: Sequence[str]) -> str:
    """Parts as a list in words.

    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
