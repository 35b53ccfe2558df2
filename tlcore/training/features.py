"""Passes in inference mode, and the prefix cache: what frozen blocks make of images is computed once and shared by
epochs, seeds and strategies.

Everything is computed in chunks of one size, the last one padded, so that a run alone equals the same run in a study.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.training.network import Network

CHUNK = 256  # examples in one pass
LIMIT = 1_000_000_000  # bytes kept in one process

_kept: OrderedDict[tuple[Any, ...], tf.Tensor] = OrderedDict()


def features(net: Network, images: np.ndarray, data: str, prefix: int, alive: Callable[[], object]) -> tf.Tensor:
    """Output of the first ``prefix`` blocks for raw uint8 images (n, h, w, c); 0 gives the prepared images.

    data: a name that stands for exactly these images. alive: called between chunks; what it raises ends the pass.
    """
    key = (data, net.image, prefix, _digest(net, prefix))
    if key not in _kept:
        prepared = features(net, images, data, 0, alive) if prefix else None
        _kept[key] = _chunked(net, "prepare", images, alive) if prepared is None else _chunked(net, range(prefix), prepared, alive)
        _shrink()
    _kept.move_to_end(key)
    return _kept[key]


def outputs(net: Network, features: tf.Tensor, prefix: int, alive: Callable[[], object]) -> tf.Tensor:
    """What the blocks after ``prefix`` and the head make of features."""
    return _chunked(net, range(prefix, len(net.parts)), features, alive)


def passed(net: Network, images: tf.Tensor, parts: range, alive: Callable[[], object]) -> tf.Tensor:
    """What some parts make of their input as the net is now; nothing is kept, for a net that learns is another one next time."""
    return _chunked(net, parts, images, alive)


def prepared(net: Network, images: np.ndarray, alive: Callable[[], object]) -> tf.Tensor:
    """Raw uint8 images as the net takes them; nothing is kept."""
    return _chunked(net, "prepare", images, alive)


def forget() -> None:
    """Empty the cache."""
    _kept.clear()


def _digest(net: Network, prefix: int) -> str:
    digest = hashlib.sha256("".join(net.made[:prefix]).encode())
    for place in range(prefix):
        for variable in net.held(place):
            digest.update(np.ascontiguousarray(variable.value).tobytes())
    return digest.hexdigest()


def _chunked(net: Network, what: Any, values: Any, alive: Callable[[], object]) -> tf.Tensor:
    """Prepare raw images, or send values through some parts."""
    name = (what, *values.shape[1:])
    if name not in net.graphs:
        net.graphs[name] = tf.function(net.prepare if what == "prepare" else lambda given: net.forward(given, what))
    chunks = []
    for start in range(0, len(values), CHUNK):
        alive()
        chunk = np.asarray(values[start : start + CHUNK])
        padded = np.zeros((CHUNK, *chunk.shape[1:]), chunk.dtype)
        padded[: len(chunk)] = chunk
        chunks.append(net.graphs[name](tf.constant(padded))[: len(chunk)])
    return tf.concat(chunks, 0)


def _shrink() -> None:
    while sum(tensor.shape.num_elements() * 4 for tensor in _kept.values()) > LIMIT and len(_kept) > 1:
        _kept.popitem(last=False)
