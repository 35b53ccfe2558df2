"""Objectives that name something: the class, or how an image was turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.objectives.task import OBJECTIVES, Batch, Task

if TYPE_CHECKING:
    import keras

TURNS = 4  # quarter turns that can be told apart


@OBJECTIVES.register(labels=True, names=True, target=True, sees="an image and must name its class", loss=("cross-entropy", "an image"))
def supervised(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Supervised: name the class. It sees an image and names its class, and learns from its mistakes (cross-entropy)."""
    from tlcore.objectives import losses

    return Task(
        logits(embedding, classes),
        lambda outputs, images, labels: losses.softmax_ce_from_logits(outputs, labels),
        {"accuracy": right},
        whole=False,
    )


@OBJECTIVES.register(
    labels=False,
    pictures=True,
    views=TURNS,
    makes=("upright", "turned by 90°", "turned by 180°", "turned by 270°"),
    sees="an image turned by quarters and must say how far",
    loss=("cross-entropy", "a turned image"),
)
def rotation(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Rotation: find the way up. It sees an image turned by 0, 90, 180 and 270 degrees, and says which (Gidaris 2018)."""
    from tlcore.objectives import losses

    def turned(images: Any, labels: Any, chance: Any) -> Batch:
        import keras

        inputs = keras.ops.concatenate([_square(keras.ops.rot90(images, turns, axes=(1, 2)), shape) for turns in range(TURNS)])
        said = keras.ops.repeat(keras.ops.arange(TURNS, dtype="int32"), keras.ops.shape(images)[0])
        return Batch(inputs, inputs, said)

    return Task(
        logits(embedding, TURNS),
        lambda outputs, images, labels: losses.softmax_ce_from_logits(outputs, labels),
        {"pretext_accuracy": right},
        make=turned,
    )


def logits(embedding: int, count: int) -> keras.Sequential:
    """A head that gives so many logits, no probabilities."""
    import keras

    return keras.Sequential([keras.layers.Input((embedding,)), keras.layers.Dense(count, name="logits")], name="head")


def right(outputs: Any, images: Any, labels: Any) -> Any:
    """Whether the largest logit is that of the class, (n,)."""
    import keras

    return keras.metrics.sparse_categorical_accuracy(labels, outputs)


def _square(images: Any, shape: tuple[int, int, int]) -> Any:
    """A turned image in its first shape: one that is not square comes out with its sides changed."""
    import keras

    if shape[0] == shape[1]:
        return images
    return keras.ops.image.resize(images, shape[:2], interpolation="bilinear")
