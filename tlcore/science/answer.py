"""The answer of a study: what every arm reached, the comparisons judged together, and what can be said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.science import sentence
from tlcore.science.statistics import FEWEST, interval, mean
from tlcore.science.verdict import Asked, Contrast, judge

BASELINE = "scratch"
SPREAD = 3  # seeds from which a standard error says something
Row = Mapping[str, Any]
Place = tuple[str, int | None]  # an arm, and its frozen blocks or its labels where they vary


@dataclass(frozen=True)
class Setting:
    """What a sentence must name, for no number holds without it.

    labels: "5 labels a class of mnist". epochs: of every arm. validation: images beside the labels. fixed: one source for all seeds.
    grid: whether learning rates were chosen on validation. phrases: of each arm within a sentence, as "from scratch".
    """

    labels: str
    source: str
    blocks: int
    epochs: int
    validation: int
    fixed: bool
    grid: bool
    phrase: Callable[[str], str]


def answer(question: str, rows: Sequence[Row], setting: Setting) -> dict[str, Any]:
    """What a study keeps, as JSON values.

    rows: one a place and seed: ``{"arm", "frozen", "seed", "accuracy", "val"}`` and what else a question asks for, shares from 0 to 1.
    val: accuracy on the validation part, by which depths are chosen, so that the test part stays honest.
    Returns ``{"label", "sentence", "said": {"verdict", "means", "conditions"}, "arms": [{"arm", "frozen", "n", "mean", "low", "high"}],
    "difference", "verdict", "contrasts", "best", "cheapest"}``: difference and verdict are of the first contrast, named before anything
    was measured but for its depth.
    """
    groups = _groups(rows, "accuracy")
    arms = [_arm(place, list(values.values())) for place, values in groups.items()]
    best = _asked(question, _groups(rows, "val"))
    contrasts = judge([each for each in _card(question, groups, best, setting) if each.differences])
    said = sentence.Told(question, arms, contrasts, best, setting).parts()
    plain = [each.plain() for each in contrasts]
    found = {"arms": arms, "contrasts": plain, "best": _named(best), "cheapest": _cheapest(rows, question)}
    first = plain[0] if plain else None
    verdict = {**_verdict(contrasts[0]), "sentence": f"{said['verdict']} {said['conditions']}"} if contrasts else None
    whole = " ".join(each for each in said.values() if each)
    return {"label": _word(contrasts), "sentence": whole, "said": said, **found, "difference": first, "verdict": verdict}


def _groups(rows: Sequence[Row], measure: str) -> dict[Place, dict[int, float]]:
    groups: dict[Place, dict[int, float]] = {}
    for row in rows:
        if row.get(measure) is not None:
            groups.setdefault((row["arm"], row["frozen"]), {})[row["seed"]] = row[measure]
    return groups


def _arm(place: Place, values: list[float]) -> dict[str, Any]:
    low, high = interval(values) or (None, None)
    return {"arm": place[0], "frozen": place[1], "n": len(values), "mean": mean(values), "low": low, "high": high}


def _asked(question: str, seen: Mapping[Place, Mapping[int, float]]) -> Place | None:
    """The place that is compared: probe-then-tune, named before anything is measured; of depths the best on validation."""
    if question == "freezing":
        mine = {
            place: mean(list(values.values())) for place, values in seen.items() if place[0] == "freeze" or place[0].startswith("surgical")
        }
        return max(mine, key=lambda place: (mine[place], place[1] or 0), default=None)
    wanted = "full" if question == "forgetting" else "lp_ft"
    return min((place for place in seen if place[0] == wanted), key=lambda place: place[1] or 0, default=None)


def _card(question: str, groups: Mapping[Place, Mapping[int, float]], best: Place | None, setting: Setting) -> list[Asked]:
    """All comparisons that are looked at together, the one that was asked for first."""
    if best is None:
        return []
    if question == "label_budget":
        return [
            _apart(groups, place, (BASELINE, place[1])) for place in sorted(groups, key=lambda each: each[1] or 0) if place[0] == best[0]
        ]
    others: list[Place] = [(BASELINE, None), ("scratch_long", None)]
    if question == "freezing":
        ends = [("freeze", depth) for depth in (0, setting.blocks) if ("freeze", depth) != best]
        others += [("random_frozen", best[1]), ("self", best[1]), ("self_tuned", best[1]), ("tuned", best[1]), *ends]
    else:
        others += [("random_frozen", None)]
    asked = [_apart(groups, best, other) for other in others if other in groups]
    if question in ("arms", "forgetting"):
        known = {best[0], *(other[0] for other in others)}
        asked += [_apart(groups, place, (BASELINE, None)) for place in groups if place[0] not in known]
    return asked


def _apart(groups: Mapping[Place, Mapping[int, float]], place: Place, other: Place) -> Asked:
    mine, base = groups.get(place, {}), groups.get(other, {})
    return Asked(*place, *other, [mine[seed] - base[seed] for seed in sorted(mine) if seed in base])


def _named(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"arm": place[0], "frozen": place[1]}


def _cheapest(rows: Sequence[Row], question: str) -> int | None:
    """The most blocks that can be frozen within one standard error of the best depth, both on validation (Breiman 1984)."""
    seen = {place[1]: list(values.values()) for place, values in _groups(rows, "val").items() if place[0] == "freeze"}
    if question != "freezing" or not seen or min(map(len, seen.values())) < SPREAD:
        return None
    means = {depth: mean(values) for depth, values in seen.items()}
    top = max(means, key=lambda depth: means[depth])
    spread = sum((value - means[top]) ** 2 for value in seen[top]) / (len(seen[top]) - 1)
    within = means[top] - (spread / len(seen[top])) ** 0.5
    return max(depth for depth, value in means.items() if depth is not None and value >= within)


def _word(contrasts: Sequence[Contrast]) -> str:
    """The word of the card: a verdict from five seeds on."""
    return contrasts[0].label.capitalize() if contrasts and contrasts[0].found.n >= FEWEST else "Measured"


def _verdict(first: Contrast) -> dict[str, Any]:
    low, high = first.found.interval or (None, None)
    told = {"label": first.label, "mean": first.found.mean, "p": first.p, "seeds": first.found.n, "more_seeds": first.more_seeds}
    return {**told, "interval": None if first.found.n < FEWEST else [low, high]}
