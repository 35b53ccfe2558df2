"""A study: one question with all its runs, known by them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError, Registry
from tlcore.spec import BUDGET, RunSpec, digest

STUDIES = Registry("study")
GRID = (0.3, 1.0, 3.0)  # times the learning rate: the same for every arm
TIER = 1000  # seeds of one tier; its runs come before those of the next


@dataclass(frozen=True)
class Member:
    """One run of a study.

    frozen: frozen blocks where the study varies them, else None. tier: 0 for what the question asks, 1 for its controls, which
    come later. Runs that differ in the learning rate alone stand in one place: the best on validation counts.
    """

    arm: str
    frozen: int | None
    seed: int
    spec: RunSpec
    tier: int = 0

    @property
    def identity(self) -> tuple[str, int | None, int, str]:
        """Its place in the study, and the key of the run that fills it."""
        return self.arm, self.frozen, self.seed, self.spec.key

    @property
    def shard(self) -> int:
        """What a worker trains in one go: the runs of a seed within a tier."""
        return self.tier * TIER + self.seed


@dataclass(frozen=True)
class Study:
    """One question with all its runs; ``settings`` are the keywords it was made from, as plain JSON values."""

    question: str
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    members: tuple[Member, ...] = ()

    @classmethod
    def make(cls, question: str, /, *, source: RunSpec, dataset: str = "mnist", **given: Any) -> Study:
        """Check and expand. ``given``: knobs of the study, the rest are settings of each run (labels_per_class, epochs, ...)."""
        entry = STUDIES[question]
        if "strategy" in given:
            raise InputError(f"The study {question} chooses the strategies itself: leave strategy out.")
        if not OBJECTIVES[given.get("objective", "supervised")].facts.get("names"):
            raise InputError(f"A study compares accuracies, and {given['objective']} names no classes: leave objective out.")
        own = {knob.name: given.pop(knob.name) for knob in entry.knobs if knob.name in given}
        knobs = STUDIES.settings(question, own)
        if "seed" in given:
            raise InputError("A study repeats itself over seeds: give seeds, how many, instead of seed.")
        if entry.facts.get("own_labels") and "labels_per_class" in given:
            raise InputError(f"The study {question} varies the labels itself: leave labels_per_class out.")
        if source.origin and not knobs.get("fix_source", False):
            raise InputError("An imported source is one model, not one for each seed: choose one source model (fix_source), or a recipe.")
        grid = knobs.get("grid", False)
        members = tuple(each for member in entry(source, {"dataset": dataset, **given}, **knobs) for each in _rates(member, grid))
        labels = given.get("labels_per_class")
        amount = "all labels" if labels is None else f"{labels} label{'s' if labels != 1 else ''} a class"
        amount = "from few to many labels" if entry.facts.get("own_labels") else amount
        repeats = f"{knobs['seeds']} seed{'s' if knobs['seeds'] != 1 else ''}"
        title = f"{entry.title} From {source.dataset} to {dataset}, {amount}, {repeats}"
        settings = {"source": json.loads(source.to_json()), "dataset": dataset, **given, **knobs}
        return cls(question, title, settings, members)

    @classmethod
    def from_plain(cls, plain: Any) -> Study:
        """The study of ``{"study": question, "source": {...}, ...}``, as ``to_json`` writes it."""
        given = dict(plain) if isinstance(plain, dict) else {"source": ""}
        source = given.pop("source", {})
        if not isinstance(source, dict):
            raise InputError("This is not a study: give a JSON object with study, source, dataset and what else should differ.")
        return cls.make(given.pop("study", ""), source=RunSpec.from_plain({"kind": "pretrain", **source}), **given)

    def to_json(self) -> str:
        """The study as canonical JSON."""
        return json.dumps({"study": self.question, **self.settings}, sort_keys=True, separators=(",", ":"))

    @cached_property
    def key(self) -> str:
        """The name of the answer: the same runs in the same places answer the same question, however it was put."""
        return digest([self.question, *(list(each.identity) for each in self.members)])


def _rates(member: Member, grid: bool) -> tuple[Member, ...]:
    """The member, or one for each learning rate of the grid."""
    if not grid:
        return (member,)
    check = BUDGET["learning_rate"].check
    return tuple(
        replace(member, spec=replace(member.spec, learning_rate=check(float(f"{factor * member.spec.learning_rate:.3g}"))))
        for factor in GRID
    )
