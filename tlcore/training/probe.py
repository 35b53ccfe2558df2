"""What an encoder is worth on a target, measured without training it: a linear probe and nearest neighbours on its embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tlcore.datasets import load
from tlcore.science.probe import nearest, probe
from tlcore.training.features import features, passed, prepared
from tlcore.training.network import Network

LABELS = 20  # a class, of the target's training pool, or as many as it has
PENALTY = 0.01  # of the linear probe
NEIGHBOURS = 5
FEW = 500  # images of the validation part that are named while the pretraining goes
NEARLY = 1e-3  # largest gradient that is left in the linear probe then: what it names is the same, and it takes a tenth of the time


class Trial:
    """The same while a pretraining goes: on the same labels, and on some images of the same part. chance: how often their commonest class comes."""

    def __init__(self, dataset: str, seed: int) -> None:
        self.data = load(dataset)
        self.chosen = self.data.draw(min(LABELS, int(self.data.facts["pool_per_class"])), seed)
        part = self.data.validation
        some = np.linspace(0, len(part) - 1, min(FEW, len(part))).astype(int)
        self.known, self.true = np.asarray(self.data.train.labels)[self.chosen], np.asarray(part.labels)[some]
        self.raw = np.asarray(self.data.train.images)[self.chosen], np.asarray(part.images)[some]
        self.images: list[Any] = []
        self.chance = float(np.bincount(self.true).max() / len(self.true))

    def scores(self, net: Network, alive: Callable[[], object]) -> dict[str, float]:
        """Shares named rightly by the nearest neighbours and by a linear probe."""
        self.images = self.images or [prepared(net, each, alive) for each in self.raw]
        blocks = range(len(net.parts) - 1)
        learned, seen = (np.asarray(passed(net, each, blocks, alive), "float64") for each in self.images)
        kernel, bias = probe(learned, self.known, len(self.data.classes), PENALTY, exact=NEARLY)
        said = {"knn": nearest(learned, self.known, seen, NEIGHBOURS), "linear": (seen @ kernel + bias).argmax(1)}
        return {name: float((each == self.true).mean()) for name, each in said.items()}


def probed(net: Network, dataset: str, seed: int, alive: Callable[[], object]) -> dict[str, Any]:
    """Shares of the target's validation part that are named rightly. Its test part stays closed: it is for who moves there."""
    data = load(dataset, alive=alive)
    labels = min(LABELS, int(data.facts["pool_per_class"]))
    chosen, last = data.draw(labels, seed), len(net.parts) - 1
    learned = _embedded(net, np.asarray(data.train.images)[chosen], f"{data.id}/train/{labels}/{seed}", last, alive)
    seen = _embedded(net, data.validation.images, f"{data.id}/validation", last, alive)
    known, true = np.asarray(data.train.labels)[chosen], np.asarray(data.validation.labels)
    kernel, bias = probe(learned, known, len(data.classes), PENALTY)
    told = {"dataset": dataset, "part": "validation", "images": len(true), "labels_per_class": labels}
    linear, near = (seen @ kernel + bias).argmax(1), nearest(learned, known, seen, NEIGHBOURS)
    return {**told, "linear": float((linear == true).mean()), "knn": float((near == true).mean())}


def _embedded(net: Network, images: np.ndarray, name: str, last: int, alive: Callable[[], object]) -> np.ndarray:
    return np.asarray(features(net, images, name, last, alive), "float64")
