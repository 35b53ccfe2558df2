"""What trained nets make of images, without Keras: one layer after the other in inference mode, with matrix products alone.

A net is told as plain JSON, layer by layer: ``{"kind", "name", "options"}``, where the kind is Keras's name of it and the options are
those that its function here asks for. So whoever looks at a run needs neither TensorFlow nor the seconds of its import.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tlcore.registry import InputError

Values = Any  # float32 arrays (n, ...)
Weights = Mapping[str, np.ndarray]
Layer = Mapping[str, Any]

CHUNK = 100  # images at a time: what a convolution unfolds of them is nine times as large as they are


def forward(layers: Sequence[Layer], weights: Weights, values: Values) -> Values:
    """What layers make of values (n, ...), float32. weights: by ``layer/variable``, with no name of the net before.

    InputError for a layer that is not known here, and for weights that are missing.
    """
    values = np.asarray(values, "float32")
    if len(values) > CHUNK:
        return np.concatenate([forward(layers, weights, values[begin : begin + CHUNK]) for begin in range(0, len(values), CHUNK)])
    for layer in layers:
        if layer["kind"] not in LAYERS:
            raise InputError(f"This net has a layer of the kind {layer['kind']}, which cannot be looked into yet.")
        own = {path.rpartition("/")[2]: each for path, each in weights.items() if path.startswith(f"{layer['name']}/")}
        try:
            values = LAYERS[layer["kind"]](values, own, **layer["options"])
        except KeyError as missing:
            raise InputError(f"The weights of this net lack {layer['name']}/{missing.args[0]}: train it again.") from missing
    return values


def options(kind: str) -> tuple[str, ...]:
    """Names of the options that a kind of layer has to be told with; none for one that is not known here."""
    if kind not in LAYERS:
        return ()
    return tuple(name for name, each in inspect.signature(LAYERS[kind]).parameters.items() if each.kind is each.KEYWORD_ONLY)


def _dense(values: Values, own: Weights, *, activation: str, use_bias: bool) -> Values:
    return _active(_shifted(values @ own["kernel"], own, use_bias), activation)


def _convolution(values: Values, own: Weights, *, activation: str, use_bias: bool, padding: str, strides: Sequence[int]) -> Values:
    """Each pixel from its neighbourhood: all neighbourhoods as rows of one matrix."""
    kernel = own["kernel"]
    _same(padding, strides, (1, 1))
    edges = [((side - 1) // 2, side // 2) for side in kernel.shape[:2]]
    padded = np.pad(values, ((0, 0), *edges, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], (1, 2))  # (n, h, w, c, kh, kw)
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, int(np.prod(kernel.shape[:3])))
    made = (rows @ kernel.reshape(-1, kernel.shape[3])).reshape(*values.shape[:3], -1)
    return _active(_shifted(made, own, use_bias), activation)


def _transposed(values: Values, own: Weights, *, activation: str, use_bias: bool, padding: str, strides: Sequence[int]) -> Values:
    """Each pixel adds its kernel to a larger image; what hangs over is cut off as TensorFlow cuts it."""
    kernel = own["kernel"]  # (kh, kw, out, in)
    (tall, wide, units, _), (down, right) = kernel.shape, strides
    _same(padding, (), ())
    count, height, width, _ = values.shape
    large = np.zeros((count, height * down + max(tall - down, 0), width * right + max(wide - right, 0), units), "float32")
    added = (values.reshape(-1, values.shape[3]) @ kernel.reshape(-1, kernel.shape[3]).T).reshape(count, height, width, tall, wide, units)
    for row in range(tall):
        for column in range(wide):
            large[:, row : row + height * down : down, column : column + width * right : right] += added[:, :, :, row, column]
    top, left = max(tall - down, 0) // 2, max(wide - right, 0) // 2
    made = large[:, top : top + height * down, left : left + width * right]
    return _active(_shifted(made, own, use_bias), activation)


def _max_pooling(values: Values, own: Weights, *, pool_size: Sequence[int], padding: str) -> Values:
    return _windows(values, pool_size, padding).max((2, 4))


def _average_pooling(values: Values, own: Weights, *, pool_size: Sequence[int], padding: str) -> Values:
    return _windows(values, pool_size, padding).mean((2, 4))


def _windows(values: Values, size: Sequence[int], padding: str) -> Values:
    """Windows beside each other, (n, h, size, w, size, c); what fills none is left out."""
    if padding != "valid":
        raise InputError(f"This net pools with the padding {padding}, which cannot be looked into yet.")
    count, height, width, channels = values.shape
    rows, columns = height // size[0], width // size[1]
    whole = values[:, : rows * size[0], : columns * size[1]]
    return whole.reshape(count, rows, size[0], columns, size[1], channels)


def _batch_norm(values: Values, own: Weights, *, epsilon: float) -> Values:
    scale = own["gamma"] / np.sqrt(own["moving_variance"] + epsilon)
    return values * scale + (own["beta"] - own["moving_mean"] * scale)


def _group_norm(values: Values, own: Weights, *, groups: int, epsilon: float) -> Values:
    """Each group of channels of each example by its own mean and spread."""
    apart = values.reshape(len(values), -1, groups, values.shape[-1] // groups)
    mean, variance = apart.mean((1, 3), keepdims=True), apart.var((1, 3), keepdims=True)
    return ((apart - mean) / np.sqrt(variance + epsilon)).reshape(values.shape) * own["gamma"] + own["beta"]


def _relu(values: Values, own: Weights) -> Values:
    return np.maximum(values, 0)


def _flatten(values: Values, own: Weights) -> Values:
    return values.reshape(len(values), -1)


def _reshape(values: Values, own: Weights, *, target_shape: Sequence[int]) -> Values:
    return values.reshape(len(values), *target_shape)


def _crop(values: Values, own: Weights, *, height: int, width: int) -> Values:
    top, left = (values.shape[1] - height) // 2, (values.shape[2] - width) // 2
    return values[:, top : top + height, left : left + width]


def _same(padding: str, strides: Sequence[int], wanted: Sequence[int]) -> None:
    if padding != "same" or tuple(strides) != tuple(wanted):
        raise InputError("This net has a convolution that is padded or strided otherwise than those that can be looked into.")


def _shifted(values: Values, own: Weights, use_bias: bool) -> Values:
    return values + own["bias"] if use_bias else values


def _active(values: Values, activation: str) -> Values:
    if activation not in ACTIVATIONS:
        raise InputError(f"This net has the activation {activation}, which cannot be looked into yet.")
    return ACTIVATIONS[activation](values)


def sigmoid(values: Values) -> Values:
    """1 / (1 + e^-x), with no overflow on either side."""
    return 0.5 * (1 + np.tanh(0.5 * values))


ACTIVATIONS: dict[str, Callable[[Values], Values]] = {
    "linear": lambda values: values,
    "relu": lambda values: np.maximum(values, 0),
    "sigmoid": sigmoid,
}
LAYERS: dict[str, Callable[..., Values]] = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "MaxPooling2D": _max_pooling,
    "AveragePooling2D": _average_pooling,
    "BatchNormalization": _batch_norm,
    "GroupNormalization": _group_norm,
    "ReLU": _relu,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "CenterCrop": _crop,
}
