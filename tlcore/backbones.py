"""Backbones: ordered lists of blocks, ending in a 64-unit embedding, the same for every objective.

An entry returns Keras blocks. Facts tell of them without Keras: ``blocks``, for each its name and its parameters on
28 x 28 x 1 images with BatchNorm, so that a page can draw the strip; ``weighs``, a function from the image's shape to the sizes of each block's
layer; ``tables``, whether it reads tables too. The head is not a block: it is new for every task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.registry import Annotated, Registry, one_of

if TYPE_CHECKING:
    import keras

BACKBONES = Registry("backbone")
EMBEDDING = 64  # units of the layer that transfers
MOMENTUM = 0.9  # .99 leaves moving statistics unset in short runs, which makes scratch look hopeless
SMALL = ((32, True), (64, True), (64, True))  # filters of each convolution, and whether it is pooled
MEDIUM = ((32, True), (64, False), (96, True), (128, False), (128, True))
LAYERS = (128, 128)  # units of the dense layers before the embedding

Shape = tuple[int, int, int]  # height, width, channels
Normalization = Annotated[
    str, one_of("What follows each layer: batch statistics, groups of channels, or nothing.", "batch", "group", "none")
]


class Weighs(NamedTuple):
    """Sizes of the one layer of a block that weighs: its kernel has area x inputs x units numbers."""

    area: int
    inputs: int
    units: int


def _stages(shape: Shape, layers: tuple[tuple[int, bool], ...]) -> Iterator[tuple[Shape, int, tuple[int, int]]]:
    """For each convolution, then the embedding: the shape that comes in, the units, and the window that is pooled."""
    height, width, channels = shape
    for filters, pooled in layers:
        pool = (2 if pooled and height > 1 else 1, 2 if pooled and width > 1 else 1)
        yield (height, width, channels), filters, pool
        height, width, channels = height // pool[0], width // pool[1], filters
    yield (height, width, channels), EMBEDDING, (max(1, height // 3), max(1, width // 3))


def _weighs(layers: tuple[tuple[int, bool], ...], shape: Shape) -> list[Weighs]:
    *convolutions, ((height, width, channels), units, window) = _stages(shape, layers)
    dense = Weighs(1, (height // window[0]) * (width // window[1]) * channels, units)
    return [*(Weighs(9, came[2], filters) for came, filters, _ in convolutions), dense]


def _dense(shape: Shape) -> list[Weighs]:
    height, width, channels = shape
    units = (height * width * channels, *LAYERS, EMBEDDING)
    return [Weighs(1, came, made) for came, made in pairwise(units)]


def _facts(kind: str, weighs: Callable[[Shape], list[Weighs]]) -> dict[str, Any]:
    """What an entry says of itself; each layer has BatchNorm's four numbers a unit behind it."""
    layers = weighs((28, 28, 1))
    named = zip((*(kind for _ in layers[1:]), "embedding"), layers, strict=True)
    blocks = tuple((f"{called} {each.units}", each.area * each.inputs * each.units + 4 * each.units) for called, each in named)
    return {"blocks": blocks, "weighs": weighs}


@BACKBONES.register(name="cnn-small", **_facts("conv", partial(_weighs, SMALL)))
def cnn_small(shape: Shape, *, normalization: Normalization = "batch") -> list[keras.Sequential]:
    """Small convolutional net. Three convolutions with pooling and an embedding: 4 blocks, about 90,000 parameters."""
    return _convolutions(shape, SMALL, normalization)


@BACKBONES.register(name="cnn-medium", **_facts("conv", partial(_weighs, MEDIUM)))
def cnn_medium(shape: Shape, *, normalization: Normalization = "batch") -> list[keras.Sequential]:
    """Medium convolutional net. Five convolutions and an embedding: 6 blocks, about 400,000 parameters."""
    return _convolutions(shape, MEDIUM, normalization)


@BACKBONES.register(**_facts("dense", _dense), tables=True)
def mlp(shape: Shape, *, normalization: Normalization = "none") -> list[keras.Sequential]:
    """Dense net for tables. Two dense layers and an embedding: 3 blocks; it knows of no neighbours, so columns may stand in any order.

    Without normalization unless told otherwise: on a few hundred rows the statistics of small batches are noise.
    """
    import keras

    blocks = []
    for place, each in enumerate(_dense(shape), start=1):
        first = [keras.layers.Input(shape), keras.layers.Flatten(name="flatten")] if place == 1 else [keras.layers.Input((each.inputs,))]
        blocks.append(keras.Sequential([*first, *_layer(each.units, normalization)], name=f"block{place}"))
    return blocks


def _layer(units: int, normalization: str) -> list[keras.layers.Layer]:
    """A dense layer with what follows it."""
    import keras

    dense = keras.layers.Dense(units, use_bias=normalization == "none", name="dense")
    return [dense, *_normalization(normalization), keras.layers.ReLU(name="relu")]


def _convolutions(shape: Shape, layers: tuple[tuple[int, bool], ...], normalization: str) -> list[keras.Sequential]:
    """One block a convolution, then the embedding; works from 1 x 1 pixels up."""
    import keras

    *convolutions, (last, units, window) = _stages(shape, layers)
    blocks = []
    for place, (came, filters, pool) in enumerate(convolutions, start=1):
        parts = [
            keras.layers.Input(came),
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=normalization == "none", name="conv"),
            *([keras.layers.MaxPooling2D(pool, name="pool")] if pool != (1, 1) else []),  # first: a quarter is left to normalize
            *_normalization(normalization),
            keras.layers.ReLU(name="relu"),
        ]
        blocks.append(keras.Sequential(parts, name=f"block{place}"))
    embedding = [
        keras.layers.Input(last),
        *([keras.layers.AveragePooling2D(window, name="shrink")] if window != (1, 1) else []),
        keras.layers.Flatten(name="flatten"),
        *_layer(units, normalization),
    ]
    blocks.append(keras.Sequential(embedding, name=f"block{len(layers) + 1}"))
    return blocks


def _normalization(kind: str) -> list[keras.layers.Layer]:
    import keras

    if kind == "batch":
        return [keras.layers.BatchNormalization(momentum=MOMENTUM, name="norm")]
    return [keras.layers.GroupNormalization(8, name="norm")] if kind == "group" else []
