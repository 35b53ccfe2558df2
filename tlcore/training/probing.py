"""Looking at finished nets: scores on other data, features of each block, and the way between two nets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.datasets import Dataset, load
from tlcore.spec import RunSpec
from tlcore.training.features import features, outputs
from tlcore.training.network import Network, network
from tlcore.training.renewal import renew

Weights = Mapping[str, np.ndarray]
POINTS = 11  # between two nets, both ends included
LOOKED = 1000  # images whose features are compared


def accuracy(spec: RunSpec, weights: Weights, **knobs: Any) -> float:
    """Accuracy of a run's net on the test part of its data set with other knobs, as ``view="noisy"``."""
    data = load(spec.dataset, {**spec.settings("dataset"), **knobs})
    net = _net(spec, data, weights)
    test = data.open_test()
    logits = outputs(net, features(net, test.images, f"{data.id}/test", 0, _nothing), 0, _nothing)
    return float((np.asarray(logits).argmax(1) == np.asarray(test.labels)).mean())


def block_features(spec: RunSpec, weights: Weights, dataset: str) -> list[np.ndarray]:
    """Features of up to 1,000 validation images of a data set behind each block, (n, channels): means over space where there is one."""
    data = load(dataset)
    net = _net(spec, data, weights)
    values = features(net, np.asarray(data.validation.images[:LOOKED]), f"{data.id}/looked", 0, _nothing)
    found = []
    for place in range(len(net.parts) - 1):
        values = net.forward(values, [place])
        found.append(np.asarray(tf.reduce_mean(values, list(range(1, len(values.shape) - 1))) if len(values.shape) > 2 else values))
    return found


def barrier(spec: RunSpec, one: Weights, other: Weights) -> float:
    """How far the loss rises on the straight way between two nets, over the line between its ends (Frankle 2020); at least 0.

    Loss on the validation part; BatchNorm statistics are measured anew on training images at each of eleven points.
    """
    data = load(spec.dataset, spec.settings("dataset"))
    shares = np.linspace(0, 1, POINTS)
    losses = [_loss(spec, data, {path: share * one[path] + (1 - share) * other[path] for path in one}) for share in shares]
    return max(loss - (share * losses[-1] + (1 - share) * losses[0]) for share, loss in zip(shares, losses, strict=True))


def _loss(spec: RunSpec, data: Dataset, weights: Weights) -> float:
    net = _net(spec, data, {path: values.astype("float32") for path, values in weights.items()})
    renew(net, features(net, np.asarray(data.train.images[:LOOKED]), f"{data.id}/way", 0, _nothing), _nothing)
    seen = features(net, data.validation.images, f"{data.id}/validation", 0, _nothing)
    labels = tf.constant(np.asarray(data.validation.labels), tf.int32)
    return float(np.mean(np.asarray(net.measures["loss"](outputs(net, seen, 0, _nothing), seen, labels))))


def _net(spec: RunSpec, data: Dataset, weights: Weights) -> Network:
    net = network(spec, len(data.classes))
    net.load(weights)
    return net


def _nothing() -> None:
    """Nobody is asked while a finished net is looked at."""
