"""Objectives: what a net is trained for. Each returns the task that stands on top of the encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlcore.registry import Registry

if TYPE_CHECKING:
    import keras

OBJECTIVES = Registry("objective")


@dataclass(frozen=True)
class Task:
    """A head on the embedding, and what is measured at its output.

    loss: (outputs, images, labels) -> loss of each example, shape (n,); images are the preprocessed ones in [0, 1].
    metrics: name -> the same signature; a value for each example, averaged over an epoch.
    """

    head: keras.Sequential
    loss: Callable[[Any, Any, Any], Any]
    metrics: Mapping[str, Callable[[Any, Any, Any], Any]] = field(default_factory=dict)


@OBJECTIVES.register(labels=True)
def supervised(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Supervised: name the class. It sees an image and names its class, and learns from its mistakes (cross-entropy)."""
    import keras

    head = keras.Sequential([keras.layers.Input((embedding,)), keras.layers.Dense(classes, name="logits")], name="head")

    def cross_entropy(outputs: Any, images: Any, labels: Any) -> Any:
        """Written out: where runs must repeat to the last bit, TensorFlow's own takes several times the operations."""
        named = keras.ops.one_hot(labels, classes, dtype=outputs.dtype)
        return -keras.ops.sum(named * keras.ops.log_softmax(outputs), axis=-1)

    return Task(
        head,
        cross_entropy,
        {"accuracy": lambda outputs, images, labels: keras.metrics.sparse_categorical_accuracy(labels, outputs)},
    )


@OBJECTIVES.register(labels=False)
def autoencoder(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Autoencoder: redraw the image. Mean squared error over pixels; the bottleneck is the embedding that transfers."""
    import keras

    height, width, channels = shape
    small = (-(-height // 4), -(-width // 4), 32)
    head = keras.Sequential(
        [
            keras.layers.Input((embedding,)),
            keras.layers.Dense(small[0] * small[1] * small[2], activation="relu", name="grow"),
            keras.layers.Reshape(small, name="grid"),
            keras.layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu", name="up1"),
            keras.layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu", name="up2"),
            keras.layers.Conv2D(channels, 3, padding="same", activation="sigmoid", name="pixels"),
            keras.layers.CenterCrop(height, width, name="crop"),
        ],
        name="head",
    )
    return Task(head, lambda outputs, images, labels: keras.ops.mean((outputs - images) ** 2, axis=(1, 2, 3)))
