"""Studies: one question, many runs. Each entry turns a source recipe and a target into its members."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tlcore.registry import Annotated, InputError, Registry, switch, whole
from tlcore.spec import BUDGET, RunSpec, digest
from tlcore.strategies import STRATEGIES

STUDIES = Registry("study")

Seeds = Annotated[int, whole("How often everything is repeated with other labels, start weights and order.", 1, 50)]
FixSource = Annotated[
    bool,
    switch("Take one trained source for all seeds, which is faster; the answer then holds for that one source.", label="One source model"),
]


@dataclass(frozen=True)
class Member:
    """One run of a study. frozen: frozen blocks where the study varies them, else None."""

    arm: str
    frozen: int | None
    seed: int
    spec: RunSpec


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
        own = {knob.name: given.pop(knob.name) for knob in entry.knobs if knob.name in given}
        knobs = STUDIES.settings(question, own)
        if "seed" in given:
            raise InputError("A study repeats itself over seeds: give seeds, how many, instead of seed.")
        members = tuple(entry(source, {"dataset": dataset, **given}, **knobs))
        labels = given.get("labels_per_class")
        amount = "all labels" if labels is None else f"{labels} label{'s' if labels != 1 else ''} a class"
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
        return digest([self.question, *([each.arm, each.frozen, each.seed, each.spec.key] for each in self.members)])


def arm_spec(source: RunSpec, seed: int, fix_source: bool, strategy: str, given: dict[str, Any]) -> RunSpec:
    """The run of one arm and seed; an arm from scratch has the source's net and sees what the source would see."""
    if not STRATEGIES[strategy].facts["needs_source"]:
        alike = {"backbone": source.backbone, "image": source.image, **source.settings("backbone")}
        return RunSpec.make("finetune", strategy=strategy, seed=seed, **{**given, **alike})
    parent = source if fix_source else replace(source, seed=BUDGET["seed"].check(source.seed + seed))
    return RunSpec.make("finetune", source=parent, strategy=strategy, seed=seed, **given)


@STUDIES.register
def arms(source: RunSpec, given: dict[str, Any], *, seeds: Seeds = 3, fix_source: FixSource = False) -> Iterator[Member]:
    """Did transfer help? From scratch, frozen, everything tuned at once, and probe-then-tune, on the same labels."""
    for seed in range(seeds):
        for strategy in ("scratch", "linear_probe", "full", "lp_ft"):
            spec = arm_spec(source, seed, fix_source, strategy, given)
            yield Member(strategy, None, seed, spec)


@STUDIES.register
def freezing(source: RunSpec, given: dict[str, Any], *, seeds: Seeds = 3, fix_source: FixSource = False) -> Iterator[Member]:
    """How much should I freeze? Accuracy for every number of frozen blocks, with scratch beside it."""
    for seed in range(seeds):
        yield Member("scratch", None, seed, arm_spec(source, seed, fix_source, "scratch", given))
        for frozen in range(len(source.blocks) + 1):
            spec = arm_spec(source, seed, fix_source, "freeze", {**given, "frozen": frozen})
            yield Member("freeze", frozen, seed, spec)


def first() -> Study:
    """The start page's experiment: from printed letters to handwritten digits with five labels a class."""
    source = RunSpec.make("pretrain", dataset="glyphs")
    return Study.make("arms", source=source, dataset="mnist", labels_per_class=5)
