"""One example of each chart, full and empty, as pages call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tlcore.charts import (
    balance,
    budget,
    cloud,
    confusion,
    cosines,
    cost,
    curves,
    embedding,
    extras,
    forgetting,
    freezing,
    per_class,
    race,
    surgical,
    timeline,
    told,
    verdict,
)
from tlcore.charts.flags import Flag
from tlcore.spec import Place, Stretch
from tlcore.strategies import Only, Phase

EVIL = "<img src=x onerror=alert(1)>"


class Example(NamedTuple):
    """A chart: its table, its table without rows, and its figure."""

    table: Callable[[], Any]
    empty: Callable[[], Any]
    figure: Callable[..., dict[str, Any]]


def rows(epochs: int = 3, lift: float = 0.0) -> list[dict[str, Any]]:
    """What the store gives for a run of so many epochs; nothing of training at epoch 0."""
    found = []
    for epoch in range(epochs + 1):
        done = epoch / max(epochs, 1)
        row: dict[str, Any] = {
            "epoch": epoch,
            "val_loss": 2.3 - done,
            "val_accuracy": 0.1 + 0.7 * done + lift,
            "loss": None,
            "accuracy": None,
        }
        if epoch:
            row |= {"loss": 2.0 - done, "accuracy": 0.2 + 0.75 * done, "seconds": 0.1}
        found.append(row)
    return found


def arms(seeds: int = 3) -> list[dict[str, Any]]:
    """Accuracies of a freezing study on a net of four blocks, with scratch."""
    scratch = [{"arm": "scratch", "frozen": None, "seed": seed, "accuracy": 0.6 + 0.01 * seed} for seed in range(seeds)]
    return scratch + [
        {"arm": "freeze", "frozen": frozen, "seed": seed, "accuracy": 0.7 + 0.04 * frozen + 0.01 * seed}
        for frozen in range(5)
        for seed in range(seeds)
    ]


def pairs(seeds: int = 3) -> list[dict[str, Any]]:
    """Accuracies of two arms."""
    values = {"scratch": 0.65, "lp_ft": 0.88}
    return [
        {"arm": arm, "frozen": None, "seed": seed, "accuracy": value + 0.01 * seed * (arm == "lp_ft")}
        for arm, value in values.items()
        for seed in range(seeds)
    ]


def controls(seeds: int = 3) -> list[dict[str, Any]]:
    """The same with all that transfer is held against."""
    beside = [("scratch_long", None, 0.62), ("self_tuned", 0, 0.72)]
    beside += [(arm, frozen, value) for arm, value in (("random_frozen", 0.5), ("self", 0.66), ("tuned", 0.75)) for frozen in range(1, 5)]
    more = [
        {"arm": arm, "frozen": place, "seed": seed, "accuracy": value + 0.01 * seed}
        for arm, place, value in beside
        for seed in range(seeds)
    ]
    return arms(seeds) + more


def triangle(seeds: int = 2) -> list[dict[str, Any]]:
    """Accuracies of every run of tuned blocks of four, the longer the better."""
    return [
        {"arm": f"surgical {first}-{last}", "frozen": None, "seed": seed, "accuracy": 0.5 + 0.1 * (last - first) + 0.02 * seed}
        for first in range(1, 5)
        for last in range(first, 5)
        for seed in range(seeds)
    ]


def budgets(seeds: int = 3, gain: float = 0.1) -> list[dict[str, Any]]:
    """Accuracies by labels a class: scratch is behind at first and ahead at 20."""
    lines = {"scratch": (0.3, 0.6, 0.9), "linear_probe": (0.5, 0.6, 0.7), "lp_ft": (0.3 + gain, 0.6 + gain, 0.9 - gain / 2)}
    return [
        {"arm": arm, "frozen": labels, "seed": seed, "accuracy": value + 0.01 * seed}
        for arm, values in lines.items()
        for labels, value in zip((1, 5, 20), values, strict=True)
        for seed in range(seeds)
    ]


def raced(seeds: int = 3) -> list[dict[str, Any]]:
    """Accuracies of a race: SimCLR is ahead of random blocks, the VAE is not."""
    means = {"random_frozen": 0.5, "simclr": 0.7, "vae": 0.49, "scratch": 0.6}
    return [
        {"arm": arm, "frozen": labels, "seed": seed, "accuracy": mean + 0.01 * seed}
        for arm, mean in means.items()
        for labels in (1, 20, None)
        for seed in range(seeds)
    ]


def lost(seeds: int = 3) -> list[dict[str, Any]]:
    """Accuracies with the change of source accuracy: full gains most and forgets most, bias_only is behind in both."""
    values = {"scratch": (0.6, None), "linear_probe": (0.7, 0.0), "full": (0.9, -0.5), "bias_only": (0.65, -0.1)}
    return [
        {"arm": arm, "frozen": None, "seed": seed, "accuracy": accuracy + 0.01 * seed, "kept": kept}
        for arm, (accuracy, kept) in values.items()
        for seed in range(seeds)
    ]


COSTS = [
    {"arm": "scratch", "frozen": None, "trainable": 93_500, "seconds": 0.2},
    *(
        {"arm": "freeze", "frozen": frozen, "trainable": count, "seconds": 0.2 / (1 + frozen)}
        for frozen, count in enumerate((93_500, 37_000, 650))
    ),
]
SERIES = [
    curves.Series("From scratch", rows(), "scratch", 0),
    curves.Series("Frozen", rows(lift=0.1), "frozen", 0),
    curves.Series("Frozen", rows(lift=0.12), "frozen", 1),
    curves.Series(EVIL, rows(lift=0.05), "tuned", 0, 0.5),
]
COURSE = (
    Stretch(Place(0), 0, Phase("head only", 0.5, (0.0, 0.0, 0.0)), 0.005, 8),
    Stretch(Place(1, 4), 0, Phase("by hand", 0.5, (0.0, 0.1, 1.0), modifiers=(Only("bias"),)), 0.005, 8),
)
LAYERS = (("conv 32", 416), ("conv 64", 18_688), (EVIL, 37_120))
FORKS = [
    curves.Series("Run 1", rows(), "tuned"),
    curves.Series("Run 2", rows(lift=0.1), "tuned", begins=1, quiet=True),
]
NAMES = ["cat", "dog", EVIL]
CLASSES = [{"name": name, "precision": 0.8, "recall": 0.7, "count": 10} for name in NAMES]
PLACES = [[0.1 * place, (-1) ** place] for place in range(12)]
WATCHED = [
    {"epoch": epoch, "knn": 0.3 + 0.1 * epoch, "linear": 0.35 + 0.1 * epoch, "rank": 20.0 + epoch, f"val_{EVIL}_loss": 2.0 - 0.3 * epoch}
    for epoch in range(4)
]
EXAMPLES = {
    "embedding": Example(
        lambda: embedding.table(PLACES, [0, 1, 2] * 4, NAMES),
        lambda: embedding.table([], [], NAMES),
        lambda table, **more: embedding.figure(table, share=0.4, **more),
    ),
    "embedding of many classes": Example(
        lambda: embedding.table(PLACES, range(12), [EVIL] * 12),
        lambda: embedding.table([], [], NAMES),
        lambda table, **more: embedding.figure(table, share=0.4, **more),
    ),
    "extras": Example(
        lambda: extras.table(WATCHED), lambda: extras.table([]), lambda table, **more: extras.figure(table, group="losses", **more)
    ),
    "told": Example(
        lambda: told.table([4.5, 6.4, 8.6], [5.0, 6.1, 8.0]),
        lambda: told.table([], []),
        lambda table, **more: told.figure(table, name=EVIL, unit="pixels", **more),
    ),
    "curves": Example(lambda: curves.table(SERIES), lambda: curves.table([]), curves.figure),
    "curves with a timeline": Example(
        lambda: curves.table(FORKS),
        lambda: curves.table([]),
        lambda table, **more: curves.figure(
            table, height=220, timeline=timeline.segments(COURSE, LAYERS, 3), flags=[Flag(1.5, f"{EVIL}: block 1 trained")], **more
        ),
    ),
    "timeline": Example(
        lambda: timeline.table(COURSE, LAYERS, 3, 8, [COURSE[0].phase]), lambda: timeline.table((), LAYERS, 3), timeline.figure
    ),
    "freezing": Example(lambda: freezing.table(controls()), lambda: freezing.table([]), freezing.figure),
    "cost": Example(lambda: cost.table(COSTS), lambda: cost.table([]), cost.figure),
    "surgical": Example(lambda: surgical.table(triangle()), lambda: surgical.table([]), surgical.figure),
    "budget": Example(lambda: budget.table(budgets()), lambda: budget.table([]), budget.figure),
    "forgetting": Example(lambda: forgetting.table(lost(), {"full": EVIL}), lambda: forgetting.table([]), forgetting.figure),
    "race": Example(lambda: race.table(raced()), lambda: race.table([]), race.figure),
    "verdict": Example(lambda: verdict.table(pairs()), lambda: verdict.table([]), verdict.figure),
    "confusion": Example(
        lambda: confusion.table([[8, 1, 1], [2, 8, 0], [0, 0, 9]], NAMES), lambda: confusion.table([], []), confusion.figure
    ),
    "cloud": Example(
        lambda: cloud.table([(0, 0), (1, 2), (2, 1)], [0, 1, 2], NAMES),
        lambda: cloud.table([], [], []),
        lambda table, **more: cloud.figure(table, axes=("First direction, 40 %", "Second, 20 %"), **more),
    ),
    "cosines": Example(
        lambda: cosines.table([[0.9, -0.2, 0.1], [0.3, 0.2, 0.5], [0.0, 0.1, 0.8]], NAMES), lambda: cosines.table([], []), cosines.figure
    ),
    "per_class": Example(lambda: per_class.table(CLASSES), lambda: per_class.table([]), per_class.figure),
    "balance": Example(
        lambda: balance.table({"train": dict.fromkeys(NAMES, 6), "test": {"cat": 2, "dog": 3, EVIL: 1}}),
        lambda: balance.table({}),
        balance.figure,
    ),
}
