"""Small specs, and the rows that a run measures."""

from typing import Any

from tlcore.spec import RunSpec
from tlcore.studies import Study


def source(seed: int = 0, **given: Any) -> RunSpec:
    """A source recipe."""
    return RunSpec.make("pretrain", dataset="glyphs", epochs=4, seed=seed, **given)


def scratch(seed: int = 0, **given: Any) -> RunSpec:
    """A run that needs no source; the same as in a study."""
    given = {"labels_per_class": 5, "epochs": 6, "image": (28, 28, 1), **given}
    return RunSpec.make("finetune", dataset="digits", strategy="scratch", seed=seed, **given)


def target(seed: int = 0, parent: RunSpec | None = None, **given: Any) -> RunSpec:
    """A run that comes from a source."""
    given = {"labels_per_class": 5, "epochs": 6, **given}
    return RunSpec.make("finetune", source=parent or source(), dataset="digits", seed=seed, **given)


def study(question: str = "arms", seeds: int = 2, **given: Any) -> Study:
    """A study on the digits."""
    return Study.make(question, source=source(), dataset="digits", **{"labels_per_class": 5, "epochs": 6, "seeds": seeds, **given})


def rows(first: int, last: int) -> list[dict[str, Any]]:
    """Epochs first to last, each with numbers of its own."""
    return [
        {"epoch": epoch, "loss": 2 / (epoch + 1), "accuracy": epoch / 10, "val_loss": 2.1, "val_accuracy": 0.1, "seconds": 0.25}
        | {"rate": 0.005, "source_accuracy": 0.9}
        for epoch in range(first, last + 1)
    ]
