"""Where each run of a study stands: of runs that differ in the learning rate alone, the one that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.engine.answers import chosen, place
from tlcore.store import MemberRecord, Run, StudyRecord
from tlcore.studies import STUDIES
from tlcore.ui import words

Place = tuple[str, int | None]  # an arm, and its frozen blocks or its labels where they vary
CONTROLS = ("scratch_long", "random_frozen", "self", "self_tuned")


@dataclass(frozen=True)
class Standing:
    """A run and where it stands; ``place`` is frozen blocks, or labels a class where those vary."""

    arm: str
    place: int | None
    seed: int
    run: Run

    @property
    def row(self) -> dict[str, Any]:
        """As the charts take it."""
        return {"arm": self.arm, "frozen": self.place, "seed": self.seed, "accuracy": self.run.accuracy}


def standing(record: StudyRecord, members: Sequence[MemberRecord]) -> list[Standing]:
    """One run for each arm, place and seed, in the study's order; one that is not measured yet stands for all that will be there."""
    counts = {row["run"] for row in chosen(record.question, list(members))} if record.settings.get("grid") else set()
    found: dict[tuple[str, int | None, int], Standing] = {}
    for member in members:
        at = place(record.question, member)
        key = (member.arm, at, member.seed)
        if key not in found or member.run.id in counts:
            found[key] = Standing(member.arm, at, member.seed, member.run)
    return list(found.values())


def measured(runs: Sequence[Standing]) -> list[dict[str, Any]]:
    """Rows of the runs that have an accuracy."""
    return [each.row for each in runs if each.run.accuracy is not None]


def named(question: str, arm: str, place: int | None) -> str:
    """What a place is called in tables.

    >>> named("label_budget", "lp_ft", 5), named("freezing", "freeze", 3)
    ('Probe, then tune, 5 labels a class', '3 frozen')
    """
    if by_labels(question):
        return words.arm(arm) if place is None and question != "race" else f"{words.arm(arm)}, {words.labels(place)}"
    return words.arm(arm, place)


def against(question: str, found: Mapping[str, Any]) -> str:
    """A comparison in words; old answers name no places.

    >>> against("label_budget", {"arm": "lp_ft", "frozen": 5, "against": "scratch", "against_frozen": 5})
    'Probe, then tune against from scratch, 5 labels a class'
    """
    place, other = found.get("frozen"), found.get("against_frozen")
    if by_labels(question) and place == other:
        return f"{words.arm(found['arm'])} against {words.lower(named(question, found['against'], other))}"
    return f"{named(question, found['arm'], place)} against {words.lower(named(question, found['against'], other))}"


def by_labels(question: str) -> bool:
    """Whether the labels a class vary within an arm."""
    return question in STUDIES and bool(STUDIES[question].facts.get("by_labels"))


def by_place(question: str, runs: Sequence[Standing]) -> dict[str, list[Standing]]:
    """The runs of each place, by its name, in the study's order."""
    found: dict[str, list[Standing]] = {}
    for each in runs:
        found.setdefault(named(question, each.arm, each.place), []).append(each)
    return found
