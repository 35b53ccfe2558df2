"""Studies that re-run a published finding: the arms that its gates compare, all with the same labels, net and order in a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tlcore.spec import RunSpec
from tlcore.studies.arms import arm_spec, scratch_long
from tlcore.studies.questions import Seeds
from tlcore.studies.study import STUDIES, Member

Given = dict[str, Any]


@STUDIES.register(finding=True)
def kumar(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """Does tuning distort good features? Probe, tuning and probe-then-tune from many styles to one (Kumar 2022)."""
    for seed in range(seeds):
        for arm in ("linear_probe", "full", "lp_ft"):
            yield Member(arm, None, seed, arm_spec(source, seed, False, arm, given))
        yield Member("probe of all styles", None, seed, arm_spec(source, seed, False, "linear_probe", {**given, "view": "mixed"}))


SHIFTS: dict[str, Given] = {
    "noisy images": {"view": "noisy"},
    "inverted images": {"view": "inverted"},
    "other names": {"relabelled": True},
}


@STUDIES.register(finding=True)
def lee(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """Which block should be tuned? The first, the last or all, after a shift of the images or of the names (Lee 2023)."""
    last = len(source.blocks)
    tuned: dict[str, tuple[str, Given]] = {
        "first block": ("surgical", {"block": 1, "with_head": False}),
        "last block": ("surgical", {"block": last, "with_head": True}),
        "all blocks": ("full", {}),
    }
    for seed in range(seeds):
        for shift, knobs in SHIFTS.items():
            for what, (strategy, own) in tuned.items():
                spec = arm_spec(source, seed, False, strategy, {**given, **knobs, **own, "head": "source", "body_rate": 1.0})
                yield Member(f"{shift}: {what}", None, seed, spec)


FEW, MANY = 10, 300  # labels a class


@STUDIES.register(finding=True, own_labels=True)
def raghu(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """What is left with many labels? Scratch, all blocks and the lower half transferred, with few labels and with many (Raghu 2019)."""
    half = len(source.blocks) // 2
    for seed in range(seeds):
        for labels in (FEW, MANY):
            for arm, strategy, knobs in (("scratch", "scratch", {}), ("full", "full", {}), ("lower half", "full", {"fresh": half})):
                spec = arm_spec(source, seed, False, strategy, {**given, **knobs, "labels_per_class": labels})
                yield Member(f"{arm}, {labels} labels", None, seed, spec)


TWIN = 1000  # added to a seed for a second run on the same labels in another order


@STUDIES.register(finding=True)
def neyshabur(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """What is transferred? Two tunings from one source against two from scratch, and sources of shuffled blocks (Neyshabur 2020)."""
    for seed in range(seeds):
        parent = replace(source, seed=source.seed + seed)
        for arm, strategy in (("scratch", "scratch"), ("full", "full")):
            for name, own in ((arm, seed), (f"{arm}, twin", seed + TWIN)):
                yield Member(name, None, seed, arm_spec(parent, own, True, strategy, given))
        for view in ("blocks-2", "blocks-4"):
            cut = replace(parent, knobs={**parent.knobs, "view": view})
            yield Member(f"source of {view}", None, seed, arm_spec(cut, seed, True, "full", given))


HE_FEW, HE_MANY = 5, 300  # labels a class


@STUDIES.register(finding=True, own_labels=True)
def he(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """Does scratch catch up with time? Tuning against five times the epochs from scratch, with few labels and with many (He 2019)."""
    for seed in range(seeds):
        for labels in (HE_FEW, HE_MANY):
            own = {**given, "labels_per_class": labels}
            yield Member(f"full, {labels} labels", None, seed, arm_spec(source, seed, False, "full", own))
            yield Member(f"scratch, {labels} labels", None, seed, scratch_long(source, seed, own))


SIZES = (5, 10, 20, 40, 80, 160, 300)  # labels a class from scratch
TUNED = SIZES[:5]


@STUDIES.register(finding=True, own_labels=True)
def hernandez(source: RunSpec, given: Given, *, seeds: Seeds = 5) -> Iterator[Member]:
    """How much data is a source worth? The loss of tuning on few labels, and from scratch on few to many (Hernandez 2021)."""
    for seed in range(seeds):
        for arm, strategy, sizes in (("scratch", "scratch", SIZES), ("tuned", "lp_ft", TUNED)):
            for labels in sizes:
                spec = arm_spec(source, seed, False, strategy, {**given, "labels_per_class": labels})
                yield Member(f"{arm}, {labels} labels", None, seed, spec)
