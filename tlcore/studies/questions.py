"""The questions: each entry turns a source recipe and a target into the members of a study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tlcore.objectives import OBJECTIVES
from tlcore.registry import Annotated, InputError, one_of, switch, text, whole
from tlcore.spec import RunSpec
from tlcore.strategies.timeline import LONGEST
from tlcore.studies.arms import arm_spec, itself, scratch_long, surgical
from tlcore.studies.study import STUDIES, Member, Study

Given = dict[str, Any]
Seeds = Annotated[int, whole("How often everything is repeated with other labels, start weights and order.", 1, 50)]
FixSource = Annotated[
    bool,
    switch("Take one trained source for all seeds, which is faster; the answer then holds for that one source.", label="One source model"),
]
Controls = Annotated[bool, switch("Add what transfer must beat: scratch for longer, and blocks frozen at random.")]
Grid = Annotated[
    bool,
    switch("Try three learning rates in every arm and count the best on validation; three times the work.", label="Tune the learning rate"),
]
Timeline = Annotated[
    str,
    text(
        "One more arm, painted as on Fine-tune: its text, such as 12x00001-13xssss1. Empty for none.", LONGEST, label="A painted timeline"
    ),
]
LADDER = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # labels a class


@STUDIES.register
def arms(
    source: RunSpec,
    given: Given,
    *,
    seeds: Seeds = 3,
    fix_source: FixSource = False,
    controls: Controls = False,
    grid: Grid = False,
    timeline: Timeline = "",
) -> Iterator[Member]:
    """Did transfer help? From scratch, frozen, everything tuned at once, and probe-then-tune, on the same labels."""
    for seed in range(seeds):
        for strategy in ("scratch", "linear_probe", "full", "lp_ft"):
            yield Member(strategy, None, seed, arm_spec(source, seed, fix_source, strategy, given))
        yield from _painted(source, seed, fix_source, timeline, given)
        if controls:
            yield Member("scratch_long", None, seed, scratch_long(source, seed, given), 1)
            random = arm_spec(source, seed, fix_source, "random_frozen", {**given, "frozen": len(source.blocks)})
            yield Member("random_frozen", None, seed, random, 1)


@STUDIES.register
def freezing(
    source: RunSpec,
    given: Given,
    *,
    seeds: Seeds = 5,
    mode: Annotated[
        str,
        one_of("Freeze from the input on, or tune any run of blocks in a row and freeze all others.", "depth", "surgical", label="Freeze"),
    ] = "depth",
    rest: Annotated[
        str,
        one_of(
            "What the blocks above the frozen ones start from; Yosinski 2014 let them start anew.", "transferred", "fresh", label="The rest"
        ),
    ] = "transferred",
    fix_source: FixSource = False,
    controls: Controls = True,
    grid: Grid = False,
) -> Iterator[Member]:
    """How much should I freeze? Accuracy for every number of frozen blocks, with scratch beside it."""
    for seed in range(seeds):
        yield Member("scratch", None, seed, arm_spec(source, seed, fix_source, "scratch", given))
        yield from (_surgical if mode == "surgical" else _depths)(source, seed, fix_source, rest, given)
        if controls:
            yield Member("scratch_long", None, seed, scratch_long(source, seed, given), 1)
            if mode == "depth":
                yield from _controls(source, seed, rest, given)


def _depths(source: RunSpec, seed: int, fix_source: bool, rest: str, given: Given) -> Iterator[Member]:
    """Transferred and frozen; where the rest starts anew also transferred and tuned (AnB and AnB+)."""
    blocks = len(source.blocks)
    for frozen in range(0 if rest == "transferred" else 1, blocks + 1):
        fresh = blocks - frozen if rest == "fresh" else 0
        yield Member("freeze", frozen, seed, arm_spec(source, seed, fix_source, "freeze", {**given, "frozen": frozen, "fresh": fresh}))
        if rest == "fresh":
            yield Member("tuned", frozen, seed, arm_spec(source, seed, fix_source, "full", {**given, "fresh": fresh}))


def _controls(source: RunSpec, seed: int, rest: str, given: Given) -> Iterator[Member]:
    """The same-task controls (BnB and BnB+) and blocks frozen at random, at every depth."""
    blocks, own = len(source.blocks), itself(source, seed, given)
    for frozen in range(0 if rest == "transferred" else 1, blocks + 1):
        fresh = blocks - frozen if rest == "fresh" else 0
        if frozen:
            yield Member("random_frozen", frozen, seed, arm_spec(source, seed, True, "random_frozen", {**given, "frozen": frozen}), 1)
            yield Member("self", frozen, seed, arm_spec(own, seed, True, "freeze", {**given, "frozen": frozen, "fresh": fresh}), 1)
        if rest == "fresh" or not frozen:
            yield Member("self_tuned", frozen, seed, arm_spec(own, seed, True, "full", {**given, "fresh": fresh}), 1)


def _surgical(source: RunSpec, seed: int, fix_source: bool, rest: str, given: Given) -> Iterator[Member]:
    """Every run of blocks in a row, tuned while all others stay frozen."""
    blocks = len(source.blocks)
    for first in range(1, blocks + 1):
        for last in range(first, blocks + 1):
            knobs = {**given, "block": first, "width": last - first + 1}
            yield Member(surgical(first, last), None, seed, arm_spec(source, seed, fix_source, "surgical", knobs))


@STUDIES.register(own_labels=True, by_labels=True)
def label_budget(
    source: RunSpec,
    given: Given,
    *,
    seeds: Seeds = 5,
    most: Annotated[int, whole("Labels a class at the right end of the curve.", 1, 5000, label="Labels per class up to")] = 50,
    fix_source: FixSource = False,
    grid: Grid = False,
) -> Iterator[Member]:
    """How many labels does transfer save? From scratch, frozen and probe-then-tune, from one label a class on."""
    amounts = sorted({each for each in LADDER if each < most} | {most})
    for seed in range(seeds):
        for labels in amounts:
            for strategy in ("scratch", "linear_probe", "lp_ft"):
                yield Member(strategy, None, seed, arm_spec(source, seed, fix_source, strategy, {**given, "labels_per_class": labels}))


@STUDIES.register
def forgetting(
    source: RunSpec, given: Given, *, seeds: Seeds = 5, fix_source: FixSource = False, grid: Grid = False, timeline: Timeline = ""
) -> Iterator[Member]:
    """What is forgotten? Every strategy's gain on the target against its loss on the source task, with the source's own head."""
    if not OBJECTIVES[source.objective].facts.get("names"):
        raise InputError(f"A source trained as {source.objective} names no classes that could be forgotten: choose a supervised one.")
    watched = {**given, "watch_source": True}
    for seed in range(seeds):
        yield Member("scratch", None, seed, arm_spec(source, seed, fix_source, "scratch", given))
        for strategy in ("linear_probe", "full", "lp_ft", "gradual", "l2_sp", "lora", "bias_only", "distill"):
            yield Member(strategy, None, seed, arm_spec(source, seed, fix_source, strategy, watched))
        yield Member("distill_outputs", None, seed, arm_spec(source, seed, fix_source, "distill", {**watched, "keep": "outputs"}))
        yield from _painted(source, seed, fix_source, timeline, watched)


def _painted(source: RunSpec, seed: int, fix_source: bool, timeline: str, given: Given) -> Iterator[Member]:
    """The arm that somebody painted, if there is one."""
    if timeline:
        yield Member("timeline", None, seed, arm_spec(source, seed, fix_source, "timeline", {**given, "paint": timeline}))


def first() -> Study:
    """The start page's experiment: from printed letters to handwritten digits with five labels a class."""
    source = RunSpec.make("pretrain", dataset="glyphs")
    return Study.make("arms", source=source, dataset="mnist", labels_per_class=5)
