"""The arms of studies that are no strategy of their own, and how every arm is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tlcore.objectives import OBJECTIVES
from tlcore.spec import BUDGET, RunSpec
from tlcore.strategies import STRATEGIES

LONG = 5  # times the epochs of scratch-long

CONTROLS = {  # arm -> (label, phrase within a sentence)
    "scratch_long": (f"From scratch, {LONG} times as long", f"from scratch with {LONG} times the epochs"),
    "tuned": ("Copied and tuned", "copied and tuned"),
    "self": ("From the target itself, frozen", "from a source trained on the target itself, frozen alike"),
    "self_tuned": ("From the target itself, tuned", "from a source trained on the target itself, tuned"),
    "distill_outputs": ("Distilled answers (LwF)", "with distillation of old answers (LwF)"),
}


def label(arm: str) -> str:
    """The name of an arm in legends and tables.

    >>> label("lp_ft"), label("surgical 1-2"), label("scratch_long")
    ('Probe, then tune', 'Blocks 1 to 2 tuned', 'From scratch, 5 times as long')
    """
    if tuned := span(arm):
        return _blocks(*tuned).capitalize() + " tuned"
    name, target = apart(arm)
    if target:
        return f"{label(name)}, on {target}"
    if arm in OBJECTIVES:
        return OBJECTIVES[arm].title.partition(":")[0]
    return CONTROLS[arm][0] if arm in CONTROLS else str(STRATEGIES[arm].facts["label"]) if arm in STRATEGIES else arm


def phrase(arm: str) -> str:
    """The name of an arm within a sentence."""
    if apart(arm)[0] in OBJECTIVES:
        return f"pretrained by {label(arm)}"
    if tuned := span(arm):
        return f"with {_blocks(*tuned)} tuned"
    return CONTROLS[arm][1] if arm in CONTROLS else str(STRATEGIES[arm].facts["phrase"]) if arm in STRATEGIES else arm


def on(name: str, target: str) -> str:
    """An arm of a study with several targets; with none named it is the arm alone."""
    return f"{name} on {target}" if target else name


def apart(arm: str) -> tuple[str, str]:
    """The arm and the target it is measured on, "" where the study has one.

    >>> apart(on("simclr", "digits")), apart("scratch")
    (('simclr', 'digits'), ('scratch', ''))
    """
    name, _, target = arm.partition(" on ")
    return name, target


def surgical(first: int, last: int) -> str:
    """The arm that tunes some blocks in a row, counted from 1."""
    return f"surgical {first}-{last}"


def span(arm: str) -> tuple[int, int] | None:
    """The first and the last tuned block of such an arm; None of another.

    >>> span(surgical(1, 2)), span("surgical")
    ((1, 2), None)
    """
    name, _, blocks = arm.partition(" ")
    if name != "surgical" or not blocks:
        return None
    first, last = blocks.split("-")
    return int(first), int(last)


def _blocks(first: int, last: int) -> str:
    return f"block {first}" if first == last else f"blocks {first} to {last}"


def arm_spec(source: RunSpec, seed: int, fix_source: bool, strategy: str, given: dict[str, Any]) -> RunSpec:
    """The run of one arm and seed; an arm without a source has the source's net and sees what the source would see."""
    if not STRATEGIES[strategy].facts["needs_source"]:
        alike = {"backbone": source.backbone, "image": source.image, **source.settings("backbone")}
        return RunSpec.make("finetune", strategy=strategy, seed=seed, **{**given, **alike})
    parent = source if fix_source else reseeded(source, seed)
    return RunSpec.make("finetune", source=parent, strategy=strategy, seed=seed, **given)


def reseeded(source: RunSpec, seed: int) -> RunSpec:
    """The source of another seed, with its teacher where it has one: a seed changes everything at once."""
    teacher = reseeded(source.source, seed) if source.source else None
    return replace(source, seed=BUDGET["seed"].check(source.seed + seed), source=teacher)


def scratch_long(source: RunSpec, seed: int, given: dict[str, Any]) -> RunSpec:
    """From scratch with more epochs: transfer partly buys speed (He 2019)."""
    epochs = min(LONG * int(given.get("epochs", BUDGET["epochs"].default)), int(BUDGET["epochs"].maximum or 0))
    return arm_spec(source, seed, True, "scratch", {**given, "epochs": epochs})


def itself(source: RunSpec, seed: int, given: dict[str, Any]) -> RunSpec:
    """The same-task control: a source trained on the target's own labels of that seed, with the budget of the arms."""
    alike = {"backbone": source.backbone, "image": source.image, **source.settings("backbone")}
    budget = {name: given.get(name, knob.default) for name, knob in BUDGET.items() if name in ("epochs", "batch_size", "learning_rate")}
    kept = {name: given[name] for name in ("dataset", "labels_per_class") if name in given}
    return RunSpec.make("pretrain", seed=seed, **kept, **budget, **alike)
