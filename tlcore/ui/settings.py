"""The settings of a run: all of them as text, and those that are not the usual ones."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tlcore.spec import BUDGET, CATALOGUES, RunSpec, course
from tlcore.ui import words


def settings(spec: RunSpec) -> dict[str, str]:
    """Every choice of a run under the label that its form gives it, as text."""
    chosen: dict[str, Any] = {
        "Kind": spec.kind,
        "Data": spec.dataset,
        "Labels per class": "all" if spec.labels_per_class is None else spec.labels_per_class,
        "Net": spec.backbone,
        "Objective": spec.objective,
        "Strategy": words.arm(spec.strategy),
        "Head starts": CATALOGUES["head"][spec.head].title,
        "Schedule": CATALOGUES["schedule"][spec.schedule].title,
        "Source": words.title(spec.source) if spec.source else "none",
        "Image": " x ".join(map(str, spec.image)),
        **({"Probed on": spec.probe} if spec.probe else {}),
        **({"Imported weights": spec.origin[:12]} if spec.origin else {}),
    }
    chosen |= {knob.label: getattr(spec, name) for name, knob in BUDGET.items()}
    for catalogue in CATALOGUES:
        labels = {knob.name: knob.label for knob in CATALOGUES[catalogue][getattr(spec, catalogue)].knobs}
        chosen |= {labels[name]: value for name, value in spec.settings(catalogue).items()}
    by_hand = [f"{course.said(each.name)} {course.told(each.name, each.value)} after epoch {each.epoch}" for each in spec.changes]
    return {name: text(value) for name, value in chosen.items()} | ({"Changed by hand": "; ".join(by_hand)} if by_hand else {})


def changed(spec: RunSpec) -> dict[str, Any]:
    """The settings that differ from what would be taken without them; data set, strategy and seed are not among them."""
    always: dict[str, Any] = {"dataset": spec.dataset, "seed": spec.seed} | ({"strategy": spec.strategy} if spec.kind == "finetune" else {})
    standard = RunSpec.make(spec.kind, source=spec.source, objective=spec.objective, **always)
    named = ("backbone", "labels_per_class", "image", "head", "schedule", "probe", "origin", *BUDGET)
    found = {name: getattr(spec, name) for name in named if getattr(spec, name) != getattr(standard, name)}
    if spec.objective != "supervised":
        found = {"objective": spec.objective, **found}
    if spec.changes:
        found["changes"] = [asdict(each) for each in spec.changes]
    return found | {name: value for name, value in spec.knobs.items() if standard.knobs.get(name) != value}


def text(value: Any) -> str:
    """A value of a setting as it is read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
