"""What is known of each example, as far as the objective asks for it: its class, its factors, a number, or what a teacher says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tlcore.datasets import Dataset, Known, Part
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.training.features import features, outputs
from tlcore.training.network import network

Chosen = np.ndarray | None


def labels(part: Part, chosen: Chosen = None) -> np.ndarray:
    """Classes, (n,) int."""
    return _some(part.labels, chosen)


def factors(part: Part, chosen: Chosen = None) -> np.ndarray:
    """A column a factor, (n, k) int."""
    return _some(part.factors, chosen)


class Scaled:
    """The number that is known of each example as a share of its declared range, (n, 1) float32."""

    def __init__(self, data: Dataset) -> None:
        self.known: Known = data.facts["values"]

    def __call__(self, part: Part, chosen: Chosen = None) -> np.ndarray:
        return ((_some(part.values, chosen) - self.known.low) / (self.known.high - self.known.low)).astype("float32")[:, None]

    def back(self, shares: np.ndarray) -> np.ndarray:
        """Numbers in their own unit, (n,), from shares (n, 1)."""
        return self.known.low + np.asarray(shares, "float64")[:, 0] * (self.known.high - self.known.low)


class Taught:
    """Class and logits of a teacher in inference mode, (n, 1 + classes) float32: asked once for each example, for it does not learn."""

    def __init__(self, spec: RunSpec, data: Dataset, teacher: Mapping[str, np.ndarray] | None, alive: Callable[[], object]) -> None:
        if spec.source is None or teacher is None:
            raise InputError("The weights of the teacher are missing: pretrain it again.")
        self.spec, self.data, self.alive, self.teacher = spec, data, alive, teacher

    def __call__(self, part: Part, chosen: Chosen = None) -> np.ndarray:
        assert self.spec.source is not None
        net = network(self.spec.source, len(self.data.classes), "teacher")  # a twin: the student may have the same structure
        net.load(self.teacher)
        name = f"{self.data.id}/{part.name}" + ("" if chosen is None else f"/{self.spec.labels_per_class}/{self.spec.seed}")
        seen = features(net, _some(part.images, chosen), name, 0, self.alive)
        said = np.asarray(outputs(net, seen, 0, self.alive))
        return np.concatenate([labels(part, chosen)[:, None].astype("float32"), said], axis=1)


def answers(spec: RunSpec, data: Dataset, source: Mapping[str, np.ndarray] | None, alive: Callable[[], object]) -> Any:
    """What gives the answers for a part of the data, or for some of its examples: (part, chosen) -> array.

    source: the weights of the source, which are the teacher's where there is one.
    """
    needs = OBJECTIVES[spec.objective].facts.get("needs")
    if needs == "teacher":
        return Taught(spec, data, source, alive)
    return Scaled(data) if needs == "values" else factors if needs == "factors" else labels


def _some(values: Any, chosen: Chosen) -> np.ndarray:
    return np.asarray(values) if chosen is None else np.asarray(values)[chosen]
