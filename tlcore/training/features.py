"""The prefix cache: what frozen blocks make of images is computed once and shared by epochs, seeds and strategies.

Everything is computed in chunks of one size, the last one padded, so that a run alone equals the same run in a study.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.training.network import Network

CHUNK = 256
LIMIT = 1_000_000_000  # bytes kept in one process

_kept: OrderedDict[tuple[Any, ...], tf.Tensor] = OrderedDict()


def features(net: Network, images: np.ndarray, data: str, prefix: int) -> tf.Tensor:
    """Output of the first ``prefix`` blocks in inference mode for raw uint8 images (n, h, w, c); 0 gives the prepared images.

    data: a name that stands for exactly these images.
    """
    key = (data, len(images), net.image, prefix, _digest(net, prefix))
    if key not in _kept:
        _kept[key] = _compute(net, images, prefix)
        _shrink()
    _kept.move_to_end(key)
    return _kept[key]


def forget() -> None:
    """Empty the cache."""
    _kept.clear()


def _digest(net: Network, prefix: int) -> str:
    digest = hashlib.sha256(repr([part.get_config() for part in net.blocks[:prefix]]).encode())
    for part in net.blocks[:prefix]:
        for variable in part.variables:
            digest.update(np.ascontiguousarray(variable.value).tobytes())
    return digest.hexdigest()


def _compute(net: Network, images: np.ndarray, prefix: int) -> tf.Tensor:
    name = ("features", prefix, images.shape[1:])
    if name not in net.graphs:
        net.graphs[name] = tf.function(lambda raw: _forward(net, raw, prefix))
    chunks = []
    for start in range(0, len(images), CHUNK):
        chunk = np.asarray(images[start : start + CHUNK])
        padded = np.zeros((CHUNK, *chunk.shape[1:]), chunk.dtype)
        padded[: len(chunk)] = chunk
        chunks.append(net.graphs[name](tf.constant(padded))[: len(chunk)])
    return tf.concat(chunks, 0)


def _forward(net: Network, raw: Any, prefix: int) -> Any:
    values = net.prepare(raw)
    for block in net.blocks[:prefix]:
        values = block(values, training=False)
    return values


def _shrink() -> None:
    while sum(tensor.shape.num_elements() * 4 for tensor in _kept.values()) > LIMIT and len(_kept) > 1:
        _kept.popitem(last=False)
