"""Auto-RGN (Lee 2023): how much each block wants to change, as its gradient norm over its weight norm."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.strategies import ONLY, Phase
from tlcore.training.calls import Calls
from tlcore.training.loop import order
from tlcore.training.network import Network

BATCHES = 5


def factors(net: Network, calls: Calls, phase: Phase, epoch: int) -> dict[str, float]:
    """Factor of each kernel and bias for an epoch, by path: its block's share of the largest ratio; normalization stays as it is."""
    ratios = relative(net, calls, epoch)
    most = max(ratios) or 1.0
    last = len(net.parts) - 1
    shares = {path: factor * ratios[net.owner[path]] / most for path, factor in net.trained(phase).items() if net.owner[path] < last}
    return {**shares, **{path: factor for path, factor in net.trained(phase).items() if net.owner[path] == last}}


def relative(net: Network, calls: Calls, epoch: int) -> list[float]:
    """|gradient| / |weights| of each block's kernels and biases, the mean of five batches in inference mode."""
    images, labels = calls.learned(0), calls.labels
    chosen = order(len(labels), calls.spec.seed, range(epoch, epoch + 1))[0]
    rows = [chosen[calls.cuts[place] : calls.cuts[place + 1]] for place in range(min(BATCHES, len(calls.cuts) - 1))]
    norms = np.mean([np.asarray(_graph(net)(tf.gather(images, row), tf.gather(labels, row))) for row in rows], axis=0)
    weights = [float(tf.linalg.global_norm([each.value for each in _kernels(net, place)])) for place in range(len(net.parts) - 1)]
    return [float(norm) / max(weight, 1e-12) for norm, weight in zip(norms, weights, strict=True)]


def _kernels(net: Network, place: int) -> list[Any]:
    return [variable for variable in net.held(place) if variable.trainable and variable.name not in ONLY["norm"]]


def _graph(net: Network) -> Any:
    """Gradient norm of each block on a batch, (blocks,); made once a network."""
    if "relative" not in net.graphs:
        places = range(len(net.parts) - 1)
        held = [_kernels(net, place) for place in places]

        def norms(images: Any, labels: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = net.forward(images, range(len(net.parts)))
                loss = tf.reduce_mean(net.measures["loss"](outputs, images, labels))
            return tf.stack([tf.linalg.global_norm(each) for each in tape.gradient(loss, held)])

        shape = [tf.TensorSpec([None, *net.image]), net.known]
        net.graphs["relative"] = tf.function(norms, input_signature=shape)
    return net.graphs["relative"]
