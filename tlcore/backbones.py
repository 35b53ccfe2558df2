"""Backbones: ordered lists of blocks, ending in a 64-unit embedding, the same for every objective.

An entry returns Keras blocks; ``facts["blocks"]`` says for each block its name and its parameters on 28 x 28 x 1
images, so that a page can draw the strip without Keras. The head is not a block: it is new for every task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlcore.registry import Annotated, Registry, one_of

if TYPE_CHECKING:
    import keras

BACKBONES = Registry("backbone")
EMBEDDING = 64  # units of the layer that transfers
MOMENTUM = 0.9  # .99 leaves moving statistics unset in short runs, which makes scratch look hopeless

Normalization = Annotated[
    str, one_of("What follows each convolution: batch statistics, groups of channels, or nothing.", "batch", "group", "none")
]


@BACKBONES.register(
    name="cnn-small",
    blocks=(("conv 32", 416), ("conv 64", 18_688), ("conv 64", 37_120), ("embedding 64", 37_120)),
)
def cnn_small(shape: tuple[int, int, int], *, normalization: Normalization = "batch") -> list[keras.Sequential]:
    """Small convolutional net. Three convolutions with pooling and an embedding: 4 blocks, about 90,000 parameters."""
    return _convolutions(shape, ((32, True), (64, True), (64, True)), normalization)


@BACKBONES.register(
    name="cnn-medium",
    blocks=(
        ("conv 32", 416),
        ("conv 64", 18_688),
        ("conv 96", 55_680),
        ("conv 128", 111_104),
        ("conv 128", 147_968),
        ("embedding 64", 73_984),
    ),
)
def cnn_medium(shape: tuple[int, int, int], *, normalization: Normalization = "batch") -> list[keras.Sequential]:
    """Medium convolutional net. Five convolutions and an embedding: 6 blocks, about 400,000 parameters."""
    layers = ((32, True), (64, False), (96, True), (128, False), (128, True))
    return _convolutions(shape, layers, normalization)


def _convolutions(shape: tuple[int, int, int], layers: tuple[tuple[int, bool], ...], normalization: str) -> list[keras.Sequential]:
    """One block a convolution (filters, pooled or not), then the embedding; works from 1 x 1 pixels up."""
    import keras

    height, width, channels = shape
    blocks = []
    for place, (filters, pooled) in enumerate(layers, start=1):
        pool = (2 if pooled and height > 1 else 1, 2 if pooled and width > 1 else 1)
        parts = [
            keras.layers.Input((height, width, channels)),
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=normalization == "none", name="conv"),
            *([keras.layers.MaxPooling2D(pool, name="pool")] if pool != (1, 1) else []),  # first: a quarter is left to normalize
            *_normalization(normalization),
            keras.layers.ReLU(name="relu"),
        ]
        blocks.append(keras.Sequential(parts, name=f"block{place}"))
        height, width, channels = height // pool[0], width // pool[1], filters
    window = (max(1, height // 3), max(1, width // 3))
    embedding = [
        keras.layers.Input((height, width, channels)),
        *([keras.layers.AveragePooling2D(window, name="shrink")] if window != (1, 1) else []),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(EMBEDDING, use_bias=normalization == "none", name="dense"),
        *_normalization(normalization),
        keras.layers.ReLU(name="relu"),
    ]
    blocks.append(keras.Sequential(embedding, name=f"block{len(layers) + 1}"))
    return blocks


def _normalization(kind: str) -> list[keras.layers.Layer]:
    import keras

    if kind == "batch":
        return [keras.layers.BatchNormalization(momentum=MOMENTUM, name="norm")]
    return [keras.layers.GroupNormalization(8, name="norm")] if kind == "group" else []
