"""What a spec is made of: the catalogues it chooses from, and the settings that every run has."""

from __future__ import annotations

from typing import Any

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.heads import HEADS
from tlcore.objectives import OBJECTIVES
from tlcore.registry import Knob, Registry
from tlcore.schedules import SCHEDULES
from tlcore.strategies import STRATEGIES

CATALOGUES: dict[str, Registry] = {
    "dataset": DATASETS,
    "backbone": BACKBONES,
    "objective": OBJECTIVES,
    "strategy": STRATEGIES,
    "head": HEADS,
    "schedule": SCHEDULES,
}

BUDGET: dict[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob("whole", "How often every training example is seen.", 1, 2000, label="Epochs", name="epochs", default=25),
        Knob("whole", "Examples for each step of gradient descent.", 1, 1024, label="Batch size", name="batch_size", default=8),
        Knob("number", "Step size of Adam.", 1e-6, 1e6, log=True, label="Learning rate", name="learning_rate", default=5e-3),
        Knob(
            "number",
            "Share by which kernels shrink in a step, times the learning rate.",
            0.0,
            10.0,
            label="Weight decay",
            name="weight_decay",
            default=0.0,
        ),
        Knob(
            "whole",
            "Epochs without a lower validation loss after which a run ends at its best; 0 never does.",
            0,
            2000,
            label="Patience",
            name="patience",
            default=0,
        ),
        Knob(
            "switch",
            "Score the source task with its own head after each epoch.",
            label="Watch forgetting",
            name="watch_source",
            default=False,
        ),
        Knob("whole", "Draws the labels, the start weights and the order together.", 0, 2**31 - 1, label="Seed", name="seed", default=0),
    )
}
LABELS = Knob(
    "whole",
    "How many labelled examples of each class the net may learn from.",
    1,
    100_000,
    label="Labels per class",
    name="labels_per_class",
)
DEFAULTS: dict[str, dict[str, Any]] = {"pretrain": {"epochs": 1, "batch_size": 32, "learning_rate": 2e-3}, "finetune": {}}


def defaults(kind: str, objective: str = "supervised", dataset: str = "") -> dict[str, Any]:
    """What the settings that every run has are where nobody sets them; an objective may need larger batches, few examples more epochs.

    >>> defaults("pretrain", "simclr")["batch_size"], defaults("finetune")["batch_size"], defaults("pretrain", dataset="wine")["epochs"]
    (128, 8, 40)
    """
    own = OBJECTIVES[objective].facts.get("budget", {}) if kind == "pretrain" else {}
    own = own | (DATASETS[dataset].facts.get("budget", {}) if kind == "pretrain" and dataset else {})
    return {name: knob.default for name, knob in BUDGET.items()} | DEFAULTS[kind] | own
