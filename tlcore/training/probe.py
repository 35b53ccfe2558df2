"""What an encoder is worth on a target, measured without training it: a linear probe and nearest neighbours on its embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tlcore.datasets import load
from tlcore.science.probe import nearest, probe
from tlcore.training.features import features
from tlcore.training.network import Network

LABELS = 20  # a class, of the target's training pool, or as many as it has
PENALTY = 0.01  # of the linear probe
NEIGHBOURS = 5


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
