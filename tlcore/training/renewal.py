"""AdaBN (Li 2017): BatchNorm statistics measured anew on the images at hand, layer after layer, without a gradient step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tlcore.training.features import CHUNK
from tlcore.training.network import Network

MOST = 2048  # images that the statistics are measured on


def renew(net: Network, images: Any, alive: Callable[[], object]) -> None:
    """Set mean and variance of every BatchNorm to the moments of its inputs, pooled over up to 2,048 prepared images (n, h, w, c).

    A layer sees what the layers before it make with their own new statistics; branches count.
    """
    chunks = [np.asarray(images[start : start + CHUNK]) for start in range(0, min(len(images), MOST), CHUNK)]
    for place, part in enumerate(net.parts[:-1]):
        for layer in part.layers:
            alive()
            if isinstance(layer, keras.layers.BatchNormalization):
                _measure(layer, chunks)
            extra = net.beside[place].get(layer.name)
            chunks = [np.asarray(layer(chunk, training=False) + (extra(chunk) if extra else 0)) for chunk in chunks]


def _measure(layer: keras.layers.BatchNormalization, chunks: list[np.ndarray]) -> None:
    axes = tuple(range(chunks[0].ndim - 1))
    count = sum(chunk.size // chunk.shape[-1] for chunk in chunks)
    mean = sum(chunk.sum(axes, dtype="float64") for chunk in chunks) / count
    variance = sum(((chunk - mean) ** 2).sum(axes, dtype="float64") for chunk in chunks) / count
    layer.moving_mean.assign(mean.astype("float32"))
    layer.moving_variance.assign(variance.astype("float32"))
